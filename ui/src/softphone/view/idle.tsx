// No call: the dial pad, and the recent calls.

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { cleanNumber, redialNumber } from "../reduce-person.ts";
import { busy, serverNow } from "../state.ts";
import { dispatch, state } from "../store.ts";
import type { RecentCall } from "../wire.ts";
import { duration, ending, farNumber, farParty, isEmergency, moment } from "../words.ts";
import { Icon, Keys, press } from "./parts.tsx";

const TABS = [
  { tab: "keypad", label: "Dial pad", icon: "keypad" },
  { tab: "recent", label: "Recent", icon: "recent" },
] as const;

/** The screen of an agent without a call. */
export function Idle(): JSX.Element {
  const { tab } = state.value;
  return (
    <div class="sp-idle">
      <h1 class="slds-assistive-text" tabIndex={-1} data-heading>
        {state.value.view?.presence === "away" ? "Away" : "Ready"}
      </h1>
      <Tabs />
      <div
        role="tabpanel"
        id="sp-panel"
        class="sp-panel"
        aria-labelledby={`sp-tab-${tab}`}
        key={tab}
      >
        {tab === "keypad" ? <DialPad /> : <Recent />}
      </div>
    </div>
  );
}

function Tabs(): JSX.Element {
  const chosen = state.value.tab;
  const move = (event: KeyboardEvent) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    const next = chosen === "keypad" ? "recent" : "keypad";
    dispatch({ event: "tab", tab: next });
    document.getElementById(`sp-tab-${next}`)?.focus();
  };
  return (
    <div class="sp-tabs" role="tablist" aria-label="Phone" onKeyDown={move}>
      {TABS.map(({ tab, label, icon }) => (
        <button
          key={tab}
          type="button"
          role="tab"
          id={`sp-tab-${tab}`}
          class="sp-tab"
          aria-selected={tab === chosen}
          aria-controls="sp-panel"
          tabIndex={tab === chosen ? 0 : -1}
          onClick={() => dispatch({ event: "tab", tab })}
        >
          <Icon name={icon} />
          {label}
        </button>
      ))}
    </div>
  );
}

function DialPad(): JSX.Element {
  const { number, config, link } = state.value;
  const again = redialNumber(state.value);
  const waits = busy(state.value) || link !== "online";
  const dial = () => waits || dispatch({ event: "dial", number, record: null });
  const emergency = isEmergency(number, config?.region ?? "");
  return (
    <form
      class="sp-dial"
      onSubmit={(event) => {
        event.preventDefault();
        dial();
      }}
    >
      <NumberField />
      <p class="sp-hint" role="status">
        {emergency && "This phone may not reach emergency services. Use another telephone."}
      </p>
      <Keys />
      <div class="sp-dial__row">
        <button
          type="button"
          class="sp-side"
          aria-label="Redial"
          title={again ? `Redial ${again}` : "Nothing to redial yet"}
          aria-disabled={waits || !again}
          onClick={() => waits || !again || press("redial")}
        >
          <Icon name="redo" />
        </button>
        <button type="submit" class="sp-call" aria-disabled={waits || !cleanNumber(number)}>
          <Icon name="call" />
          Dial
        </button>
        <button
          type="button"
          class="sp-side"
          aria-label="Delete the last digit"
          aria-disabled={!number}
          onClick={() => dispatch({ event: "number", number: [...number].slice(0, -1).join("") })}
        >
          <Icon name="back" />
        </button>
      </div>
    </form>
  );
}

function NumberField(): JSX.Element {
  const { number } = state.value;
  const field = useRef<HTMLInputElement>(null);
  // The end of a long number is what is being typed.
  useEffect(() => {
    if (field.current) field.current.scrollLeft = field.current.scrollWidth;
  }, [number]);
  return (
    <div class="sp-number">
      <label class="slds-assistive-text" for="sp-number">
        Number
      </label>
      <input
        id="sp-number"
        ref={field}
        class="sp-number__field"
        type="tel"
        autocomplete="off"
        spellcheck={false}
        placeholder="Enter a number"
        value={number}
        onInput={(event) => dispatch({ event: "number", number: event.currentTarget.value })}
      />
    </div>
  );
}

function Recent(): JSX.Element {
  const { recent, recent_note } = state.value;
  if (recent_note && !recent) return <p class="sp-empty">{recent_note}</p>;
  if (!recent) return <p class="sp-empty">Loading…</p>;
  if (recent.length === 0) {
    return <p class="sp-empty">No calls yet. Calls that you take and make are listed here.</p>;
  }
  return (
    <ul class="sp-recent">
      {recent.map((call) => (
        <RecentRow key={call.call} call={call} />
      ))}
    </ul>
  );
}

function RecentRow({ call }: { call: RecentCall }): JSX.Element {
  const missed = call.direction === "inbound" && call.answered_at_ms === null;
  const icon = missed ? "missed_call" : `${direction(call)}_call`;
  const callable = /\d/u.test(call.far_number);
  const name = farParty(call);
  const number = farNumber(call);
  const talked = call.answered_at_ms !== null;
  const far = { number: call.far_number, record: call.record };
  const dial = () => callable && dispatch({ event: "dial", ...far });
  const what = missed ? "Missed call" : call.direction === "inbound" ? "Inbound" : "Outbound";
  return (
    <li>
      <button
        type="button"
        class={missed ? "sp-past sp-past_missed" : "sp-past"}
        aria-disabled={!callable || busy(state.value)}
        title={callable ? `Call ${name}` : "This caller gave no number"}
        onClick={dial}
      >
        <span class="sp-past__icon">
          <Icon name={icon} />
        </span>
        <span class="sp-past__who">
          <span class="sp-past__name">{name}</span>
          <span class="sp-quiet">
            <span class="slds-assistive-text">{`${what}. `}</span>
            {[number, call.outcome ?? (talked ? "" : ending(call.end_cause))]
              .filter(Boolean)
              .join(" · ")}
          </span>
        </span>
        <span class="sp-past__when sp-quiet">
          <span>{moment(call.started_at_ms, serverNow(state.value))}</span>
          {talked && <span>{duration(call.talk_duration_ms)}</span>}
        </span>
      </button>
    </li>
  );
}

function direction(call: RecentCall): "incoming" | "outbound" {
  return call.direction === "inbound" ? "incoming" : "outbound";
}
