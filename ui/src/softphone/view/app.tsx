// The page as a whole: header, notices, the screen of the state, and what is spoken of it.

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { screen, waits, type Screen, type State } from "../state.ts";
import { dispatch, state } from "../store.ts";
import type { Presence } from "../wire.ts";
import { announcement } from "../words.ts";
import { AudioSheet } from "./audio.tsx";
import { Alerting, Connected } from "./call.tsx";
import { Idle } from "./idle.tsx";
import { NoServer, Notices, Toasts } from "./notices.tsx";
import { Icon } from "./parts.tsx";
import { WrapUp } from "./wrap-up.tsx";

/** The softphone. */
export function App(): JSX.Element {
  const now = state.value;
  const shown = screen(now);
  const root = useRef<HTMLDivElement>(null);
  useFocusOn(shown, root);
  const audio = now.sheet === "audio";
  return (
    <div
      class="sp-app"
      ref={root}
      data-state={shown}
      data-link={now.link}
      data-call-id={now.view?.call?.id ?? ""}
      data-media={now.media}
      data-microphone={now.microphone}
      data-host={now.host}
    >
      <Header shown={shown} />
      <Notices />
      <main class="sp-screen" key={group(shown)} inert={audio}>
        <Shown shown={shown} now={now} />
      </main>
      {audio && <AudioSheet />}
      <Toasts />
      <Spoken shown={shown} now={now} />
    </div>
  );
}

/** Screens that look alike are one for the transition between screens. */
function group(shown: Screen): string {
  if (shown === "ready" || shown === "away") return "idle";
  if (shown === "talking" || shown === "held") return "talking";
  return shown;
}

function Shown({ shown, now }: { shown: Screen; now: State }): JSX.Element {
  const call = now.view?.call;
  switch (shown) {
    case "connecting":
    case "offline":
    case "signed_out":
      return <NoServer />;
    case "ringing":
    case "dialling":
      return call ? <Alerting call={call} /> : <NoServer />;
    case "talking":
    case "held":
      return call ? <Connected call={call} /> : <NoServer />;
    case "wrap_up":
      return call ? <WrapUp call={call} /> : <NoServer />;
    case "ready":
    case "away":
      return <Idle />;
  }
}

function Header({ shown }: { shown: Screen }): JSX.Element {
  const { view, sheet } = state.value;
  const known = shown !== "signed_out" && view !== null;
  return (
    <header class="sp-head">
      {known ? <PresenceSwitch /> : <span class="sp-head__title">Softphone</span>}
      <span class="sp-head__agent">{known ? view.agent_name : ""}</span>
      <button
        type="button"
        class="sp-tool"
        aria-label="Audio settings"
        aria-expanded={sheet === "audio"}
        onClick={() => dispatch({ event: "sheet", sheet: sheet === "audio" ? null : "audio" })}
      >
        <Icon name="settings" />
      </button>
    </header>
  );
}

const PRESENCES: readonly { presence: Presence; label: string }[] = [
  { presence: "ready", label: "Ready" },
  { presence: "away", label: "Away" },
];

function PresenceSwitch(): JSX.Element {
  const { view, link } = state.value;
  const disabled = link !== "online" || waits(state.value, "set_presence");
  return (
    <div class="sp-presence" role="group" aria-label="Presence">
      {PRESENCES.map(({ presence, label }) => (
        <button
          key={presence}
          type="button"
          class={`sp-presence__choice sp-presence__choice_${presence}`}
          aria-pressed={view?.presence === presence}
          aria-disabled={disabled}
          onClick={() => disabled || dispatch({ event: "presence", presence })}
        >
          {label}
        </button>
      ))}
    </div>
  );
}

/** A screen reader hears of each change; a ringing call interrupts it. */
function Spoken({ shown, now }: { shown: Screen; now: State }): JSX.Element {
  const text = announcement(now);
  const urgent = shown === "ringing";
  return (
    <div class="slds-assistive-text">
      <div aria-live="assertive">{urgent ? text : ""}</div>
      <div aria-live="polite">{urgent ? "" : text}</div>
    </div>
  );
}

/** When the button that had the focus goes away with its screen, the new heading takes it. */
function useFocusOn(shown: Screen, root: { current: HTMLDivElement | null }): void {
  const had = useRef(false);
  useEffect(() => {
    const note = () => {
      had.current = true;
    };
    const forget = () => {
      had.current = false;
    };
    root.current?.addEventListener("focusin", note);
    addEventListener("blur", forget);
    return () => removeEventListener("blur", forget);
  }, [root]);
  useEffect(() => {
    const lost = document.activeElement === null || document.activeElement === document.body;
    if (!had.current || !lost || !document.hasFocus()) return;
    root.current?.querySelector<HTMLElement>("[data-heading]")?.focus();
  }, [shown, root]);
}
