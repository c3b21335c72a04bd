// The call is over: outcome and notes, and the button that logs it. A bar shows how long there is
// before the server logs by itself.

import type { JSX } from "preact";
import { busy, serverNow, type Log } from "../state.ts";
import { state } from "../store.ts";
import type { CallView } from "../wire.ts";
import { duration, ending } from "../words.ts";
import { DraftFields } from "./draft.tsx";
import { Avatar, FarParty, Icon, Matches, press } from "./parts.tsx";

/** The length of a wrap-up where the server's is not known: the default of its settings. */
const WRAP_UP_MS = 60_000;

/** The screen after a call. */
export function WrapUp({ call }: { call: CallView }): JSX.Element {
  return (
    <div class="sp-wrap">
      <div class="sp-talk__head">
        <Avatar call={call} size="m" />
        <FarParty call={call} />
        <div class="sp-talk__time">
          <span class="sp-time">{duration(call.talk_duration_ms)}</span>
          <span class="sp-tag">Wrap-up</span>
        </div>
      </div>
      <Countdown call={call} />
      <div class="sp-talk__notes">
        <Matches />
        <LogProblem />
        <DraftFields />
      </div>
      <SaveLog call={call} />
    </div>
  );
}

function Countdown({ call }: { call: CallView }): JSX.Element {
  const ends = call.wrap_up_ends_at_ms;
  const left = ends === null ? null : Math.max(0, ends - serverNow(state.value));
  const whole = ends !== null && call.ended_at_ms !== null ? ends - call.ended_at_ms : WRAP_UP_MS;
  return (
    <div class="sp-countdown">
      <p class="sp-countdown__text">
        <span>{ending(call.end_cause)}</span>
        {left !== null && (
          <span role="timer" aria-label="Time left for wrap-up">
            {`Logs by itself in ${duration(left + 999)}`}
          </span>
        )}
      </p>
      {left !== null && (
        <div
          class="sp-countdown__bar"
          style={{ "--left": String(Math.min(1, left / Math.max(1, whole))) }}
        />
      )}
    </div>
  );
}

/** What stands in the way of the log, field by field. */
function LogProblem(): JSX.Element | null {
  const { log } = state.value;
  const text = log ? problemText(log) : "";
  if (!log || !text) return null;
  return (
    <div class={log.stage === "failed" ? "sp-problem" : "sp-problem sp-problem_mild"} role="alert">
      <Icon name={log.stage === "failed" ? "error" : "info"} />
      <div>
        <p>{text}</p>
        {log.fields.length > 0 && (
          <ul>
            {log.fields.map(({ field, message }) => (
              <li key={field}>
                <strong>{field}</strong>
                {`: ${message}`}
              </li>
            ))}
          </ul>
        )}
        {log.stage === "failed" && (
          <p class="sp-quiet">Change it and save again; otherwise the server logs by itself.</p>
        )}
      </div>
    </div>
  );
}

function problemText(log: Log): string {
  switch (log.stage) {
    case "failed":
      return `The CRM did not save the log: ${log.message}`;
    case "silent":
      return "The CRM has not answered. The server will write the log by itself.";
    case "server":
      return "Not inside a CRM: the server writes the log by itself.";
    default:
      return "";
  }
}

function SaveLog({ call }: { call: CallView }): JSX.Element {
  const { log, link } = state.value;
  const again = log?.stage === "failed" || log?.stage === "silent";
  const under = log !== null && !again;
  const waits = busy(state.value) || link !== "online" || under;
  const text = log?.stage === "saved" || log?.stage === "server" ? "Saved" : "Saving…";
  return (
    <div class="sp-wrap__foot">
      <button
        type="button"
        class="sp-save"
        aria-label="Save log"
        aria-disabled={waits}
        onClick={() => waits || press("save_log")}
      >
        <Icon name={under ? "check" : "log_a_call"} />
        {under ? text : "Save log"}
      </button>
      {call.logging && !log && <p class="sp-quiet">Another tab is saving this log.</p>}
    </div>
  );
}
