// Audio settings: which microphone and speaker, whether they work, what the browser allows.

import { useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { AudioDevice, Microphone } from "../state.ts";
import { dispatch, meter, state } from "../store.ts";
import { Icon, press } from "./parts.tsx";

/** The sheet over the screen. */
export function AudioSheet(): JSX.Element {
  const { devices, microphone } = state.value;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <section class="sp-sheet" role="dialog" aria-labelledby="sp-audio">
      <div class="sp-sheet__head">
        <h2 id="sp-audio" ref={heading} tabIndex={-1}>
          Audio
        </h2>
        <button type="button" class="sp-tool" aria-label="Close audio settings" onClick={close}>
          <Icon name="close" />
        </button>
      </div>
      <Choice kind="input" label="Microphone" list={devices.inputs} chosen={devices.input} />
      <Level />
      <p class="sp-quiet">{MICROPHONE_WORDS[microphone]}</p>
      {microphone !== "granted" && (
        <button type="button" class="sp-button" onClick={() => press("ask_microphone")}>
          {microphone === "prompt" ? "Allow microphone" : "Try again"}
        </button>
      )}
      <Choice kind="output" label="Speaker" list={devices.outputs} chosen={devices.output} />
      <button type="button" class="sp-button" onClick={() => press("test_sound")}>
        <Icon name="volume_high" />
        Play the ringtone
      </button>
    </section>
  );
}

function close(): void {
  dispatch({ event: "sheet", sheet: null });
}

const MICROPHONE_WORDS: Readonly<Record<Microphone, string>> = {
  unknown: "Speak to see whether the microphone hears you.",
  prompt: "The browser will ask whether this page may use the microphone.",
  granted: "Speak: the bar moves when the microphone hears you.",
  denied:
    "The browser refuses the microphone to this page. Allow it with the icon beside the address, " +
    "then try again.",
  missing: "No microphone was found. Plug one in; it is noticed at once.",
  failed: "The microphone could not be opened. Another program may be using it.",
};

interface ChoiceProps {
  kind: "input" | "output";
  label: string;
  list: readonly AudioDevice[];
  chosen: string;
}

function Choice({ kind, label, list, chosen }: ChoiceProps): JSX.Element {
  const id = `sp-${kind}`;
  const real = list.filter((device) => device.id !== "" && device.id !== "default");
  return (
    <div class="sp-field">
      <label class="sp-field__label" for={id}>
        {label}
      </label>
      <div class="slds-select_container">
        <select
          id={id}
          class="slds-select"
          value={chosen}
          onChange={(event) => dispatch({ event: "device", kind, id: event.currentTarget.value })}
        >
          <option value="">System default</option>
          {real.map((device) => (
            <option key={device.id} value={device.id}>
              {device.label}
            </option>
          ))}
        </select>
      </div>
    </div>
  );
}

/** The level meter. For eyes only: its figure would flood a screen reader. */
function Level(): JSX.Element {
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => meter.look(), []);
  useSignalEffect(() => {
    bar.current?.style.setProperty("--level", meter.level.value.toFixed(3));
  });
  return (
    <div class="sp-level" aria-hidden="true" data-level ref={bar}>
      <div class="sp-level__bar" />
    </div>
  );
}
