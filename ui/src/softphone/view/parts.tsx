// Pieces that several screens use: icons, the far party, round buttons, notices.

import { version } from "@salesforce-ux/design-system/package.json";
import type { ComponentChildren, JSX } from "preact";
import { busy, type Press } from "../state.ts";
import { dispatch, state } from "../store.ts";
import type { CallView } from "../wire.ts";
import { farNumber, farParty, hue, initials } from "../words.ts";

/** The address of an icon. With the version in it the browser keeps the sprite, so that an icon
 * can be drawn when the server is gone. */
function sprite(file: "utility" | "standard", name: string): string {
  return `/assets/icons/${file}.svg?v=${version}#${name}`;
}

/** An icon of the design system's utility sprite. */
export function Icon({ name }: { name: string }): JSX.Element {
  return (
    <svg class="sp-icon" aria-hidden="true">
      <use href={sprite("utility", name)} />
    </svg>
  );
}

/** The circle with the far party's initials; a head for somebody without a name. */
export function Avatar({ call, size }: { call: CallView; size: "m" | "l" }): JSX.Element {
  const name = call.record?.name || call.far_name || "";
  const letters = initials(name);
  const style = { "--hue": String(hue(name)) };
  return (
    <span class={`sp-avatar sp-avatar_${size}`} style={style} aria-hidden="true">
      {letters || <Icon name="user" />}
    </span>
  );
}

/** Name, number, and the record that popped. */
export function FarParty({ call, children }: PartyProps): JSX.Element {
  const number = farNumber(call);
  return (
    <div class="sp-party">
      <h1 class="sp-party__name" tabIndex={-1} data-heading>
        <PartyName call={call} />
      </h1>
      {number && <p class="sp-party__number">{number}</p>}
      <FindRecord call={call} />
      {children}
    </div>
  );
}

interface PartyProps {
  call: CallView;
  children?: ComponentChildren;
}

/** The name; inside a CRM it opens the record. */
function PartyName({ call }: { call: CallView }): JSX.Element {
  const { record } = call;
  if (!record || state.value.host !== "inside") return <>{farParty(call)}</>;
  const open = () => dispatch({ event: "open_record", record });
  return (
    <button type="button" class="sp-link" data-record-id={record.id} onClick={open}>
      <ObjectIcon object={record.object} />
      <span class="sp-link__text">{record.name || "Open record"}</span>
    </button>
  );
}

/** The way to a record when none has popped. */
function FindRecord({ call }: { call: CallView }): JSX.Element | null {
  const { host, searching, matches, unmatched } = state.value;
  if (host !== "inside" || call.record) return null;
  if (searching) return <p class="sp-party__record sp-quiet">Looking up the caller…</p>;
  if (matches || !/\d/u.test(call.far_number)) return null;
  return (
    <>
      {unmatched && <p class="sp-quiet">{unmatched}</p>}
      <button type="button" class="sp-find" onClick={() => press("find_record")}>
        <Icon name="search" />
        {unmatched ? "Search again" : "Find record"}
      </button>
    </>
  );
}

const OBJECT_ICONS: readonly string[] = ["account", "case", "contact", "lead", "opportunity"];

/** The icon of a record's object; one for all objects that have none of their own. */
export function ObjectIcon({ object }: { object: string }): JSX.Element {
  const name = object.toLowerCase();
  const known = OBJECT_ICONS.includes(name) ? name : "record";
  return (
    <svg class={`sp-object slds-icon-standard-${known}`} aria-hidden="true">
      <use href={sprite("standard", known)} />
    </svg>
  );
}

/** Several records match: the person chooses. */
export function Matches(): JSX.Element | null {
  const { matches, view } = state.value;
  if (!matches || matches.call !== view?.call?.id || view.call.record) return null;
  return (
    <section class="sp-matches" aria-label="Matching records">
      <h2 class="sp-matches__title">{matches.records.length} matches. Who is it?</h2>
      <ul>
        {matches.records.map((record) => (
          <li key={record.id}>
            <button
              type="button"
              class="sp-match"
              onClick={() => dispatch({ event: "choose_match", record })}
            >
              <ObjectIcon object={record.object} />
              <span class="sp-match__name">{record.name || record.id}</span>
              <span class="sp-quiet">{record.object}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface RoundProps {
  label: string;
  icon: string;
  tone?: "plain" | "on" | "answer" | "end";
  size?: "m" | "l";
  disabled?: boolean;
  expanded?: boolean;
  onPress: () => void;
}

/** A round button with its name below it. While a command waits it stays in place but does
 * nothing, so that the keyboard's focus is not lost. */
export function Round(props: RoundProps): JSX.Element {
  const { label, icon, tone = "plain", size = "m", disabled = false, expanded, onPress } = props;
  const waits = disabled || busy(state.value) || state.value.link !== "online";
  return (
    <button
      type="button"
      class={`sp-round sp-round_${tone} sp-round_${size}`}
      aria-disabled={waits}
      aria-expanded={expanded}
      onClick={() => waits || onPress()}
    >
      <span class="sp-round__circle">
        <Icon name={icon} />
      </span>
      <span class="sp-round__label">{label}</span>
    </button>
  );
}

/** A button that needs no more than being pressed. */
export function press(name: Press): void {
  dispatch({ event: "press", press: name });
}

/** The twelve keys. */
const KEYS: readonly (readonly [string, string])[] = [
  ["1", ""],
  ["2", "ABC"],
  ["3", "DEF"],
  ["4", "GHI"],
  ["5", "JKL"],
  ["6", "MNO"],
  ["7", "PQRS"],
  ["8", "TUV"],
  ["9", "WXYZ"],
  ["*", ""],
  ["0", "+"],
  ["#", ""],
];

const SPOKEN: Readonly<Record<string, string>> = { "*": "Star", "#": "Hash" };

/** The keypad, before a call and in it. */
export function Keys(): JSX.Element {
  return (
    <div class="sp-keys" role="group" aria-label="Keys">
      {KEYS.map(([digit, letters]) => (
        <button
          key={digit}
          type="button"
          class="sp-key"
          aria-label={SPOKEN[digit] ?? digit}
          onClick={() => dispatch({ event: "digit", digit })}
        >
          <span class="sp-key__digit" data-letters={letters}>
            {digit}
          </span>
        </button>
      ))}
    </div>
  );
}
