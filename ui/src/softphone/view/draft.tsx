// Outcome and notes: filled in while talking or in wrap-up, kept at the server as they are typed.

import type { JSX } from "preact";
import { NOTES_LENGTH_MAX } from "../reduce-person.ts";
import { dispatch, state } from "../store.ts";

/** The two fields of a call's log that a person fills in. */
export function DraftFields(): JSX.Element {
  const { draft, config } = state.value;
  const outcomes = config?.outcomes ?? [];
  const outcome = draft?.outcome ?? "";
  const unknown = outcome !== "" && !outcomes.includes(outcome);
  return (
    <div class="sp-draft">
      <div class="sp-field">
        <label class="sp-field__label" for="sp-outcome">
          Outcome
        </label>
        <div class="slds-select_container">
          <select
            id="sp-outcome"
            class="slds-select"
            value={outcome}
            onChange={(event) =>
              dispatch({ event: "outcome", outcome: event.currentTarget.value || null })
            }
          >
            <option value="">Not set</option>
            {outcomes.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
            {unknown && <option value={outcome}>{outcome}</option>}
          </select>
        </div>
      </div>
      <div class="sp-field sp-field_grows">
        <div class="sp-field__line">
          <label class="sp-field__label" for="sp-notes">
            Notes
          </label>
          <SavedMark />
        </div>
        <textarea
          id="sp-notes"
          class="slds-textarea"
          maxLength={NOTES_LENGTH_MAX}
          placeholder="What was it about?"
          value={draft?.notes ?? ""}
          onInput={(event) => dispatch({ event: "notes", notes: event.currentTarget.value })}
        />
      </div>
    </div>
  );
}

/** Says whether the server has what was typed. */
function SavedMark(): JSX.Element | null {
  const { draft } = state.value;
  if (!draft || draft.version === 0) return null;
  const saved = draft.version <= draft.saved;
  return <span class="sp-saved">{saved ? "Draft saved" : "Saving…"}</span>;
}
