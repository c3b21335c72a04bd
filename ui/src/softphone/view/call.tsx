// A call that is not over: ringing, being dialled, talking, held.

import { useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { serverNow } from "../state.ts";
import { dispatch, meter, state } from "../store.ts";
import type { CallView } from "../wire.ts";
import { duration } from "../words.ts";
import { DraftFields } from "./draft.tsx";
import { Avatar, FarParty, Keys, Matches, press, Round } from "./parts.tsx";

/** Ringing or being dialled: who it is, large, and what can be done. */
export function Alerting({ call }: { call: CallView }): JSX.Element {
  const inbound = call.phase === "ringing";
  const crowded = state.value.matches?.call === call.id && !call.record;
  const label = inbound ? "Incoming call" : call.far_rings ? "Ringing…" : "Calling…";
  return (
    <div class={inbound ? "sp-alert sp-alert_in" : "sp-alert"} data-crowded={crowded}>
      <p class="sp-alert__label">{label}</p>
      <div class="sp-alert__avatar">
        <Avatar call={call} size="l" />
      </div>
      <FarParty call={call}>
        <Dialled call={call} />
      </FarParty>
      <Matches />
      <div class="sp-alert__actions">{inbound ? <AnswerOrNot /> : <Cancel />}</div>
    </div>
  );
}

function AnswerOrNot(): JSX.Element {
  return (
    <>
      <Round
        label="Decline"
        icon="end_call"
        tone="end"
        size="l"
        onPress={() => press("decline")}
      />
      <Round label="Answer" icon="call" tone="answer" size="l" onPress={() => press("answer")} />
    </>
  );
}

function Cancel(): JSX.Element {
  return (
    <Round label="Hang up" icon="end_call" tone="end" size="l" onPress={() => press("hang_up")} />
  );
}

/** Which of our numbers was called, where the softphone layout shows it. */
function Dialled({ call }: { call: CallView }): JSX.Element | null {
  const shown = state.value.layout?.dialled ?? true;
  if (call.direction !== "inbound" || !call.dialled || !shown) return null;
  return <p class="sp-quiet">{`to ${call.dialled}`}</p>;
}

/** Talking, or the far end is held. */
export function Connected({ call }: { call: CallView }): JSX.Element {
  const { sheet, digits } = state.value;
  const keypad = sheet === "keypad";
  return (
    <div class={call.phase === "held" ? "sp-talk sp-talk_held" : "sp-talk"}>
      <div class="sp-talk__head">
        <Avatar call={call} size="m" />
        <FarParty call={call} />
        <TalkTime call={call} />
      </div>
      <Controls call={call} keypad={keypad} />
      {keypad ? (
        <div class="sp-talk__keys">
          <p class="sp-digits" aria-live="off">
            {digits || "Digits go to the far end"}
          </p>
          <Keys />
        </div>
      ) : (
        <div class="sp-talk__notes">
          <Matches />
          <DraftFields />
        </div>
      )}
    </div>
  );
}

function TalkTime({ call }: { call: CallView }): JSX.Element {
  const since = call.answered_at_ms ?? call.started_at_ms;
  const { text, tone } = talkTag(call);
  return (
    <div class="sp-talk__time">
      <span class="sp-time" role="timer" aria-label="Talk time">
        {duration(serverNow(state.value) - since)}
      </span>
      <span class={`sp-tag ${tone}`}>{text}</span>
    </div>
  );
}

/** The one word that matters most about a call that is on. */
function talkTag(call: CallView): { text: string; tone: string } {
  if (call.phase === "held") return { text: "On hold", tone: "sp-tag_wait" };
  if (call.media_lost) return { text: "No audio", tone: "sp-tag_wait" };
  if (call.muted) return { text: "Muted", tone: "sp-tag_wait" };
  return { text: "Connected", tone: "" };
}

function Controls({ call, keypad }: { call: CallView; keypad: boolean }): JSX.Element {
  const held = call.phase === "held";
  return (
    <div class="sp-controls" role="group" aria-label="Call">
      <MuteButton muted={call.muted} />
      <Round
        label={held ? "Resume" : "Hold"}
        icon={held ? "play" : "pause"}
        tone={held ? "on" : "plain"}
        onPress={() => press(held ? "resume" : "hold")}
      />
      <Round
        label="Keypad"
        icon="keypad"
        tone={keypad ? "on" : "plain"}
        expanded={keypad}
        disabled={held}
        onPress={() => dispatch({ event: "sheet", sheet: keypad ? null : "keypad" })}
      />
      <Round label="Hang up" icon="end_call" tone="end" onPress={() => press("hang_up")} />
    </div>
  );
}

/** Mute, with a ring that shows that the microphone hears something. */
function MuteButton({ muted }: { muted: boolean }): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => meter.look(), []);
  useSignalEffect(() => {
    place.current?.style.setProperty("--level", meter.level.value.toFixed(3));
  });
  return (
    <div class="sp-mute" ref={place}>
      <Round
        label={muted ? "Unmute" : "Mute"}
        icon={muted ? "muted" : "unmuted"}
        tone={muted ? "on" : "plain"}
        onPress={() => press(muted ? "unmute" : "mute")}
      />
    </div>
  );
}
