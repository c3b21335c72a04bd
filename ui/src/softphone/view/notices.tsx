// What is wrong or unusual, each with the one thing to do about it; and messages that go by.

import type { JSX } from "preact";
import { activeCall, elsewhere, screen, type Press, type State } from "../state.ts";
import { dispatch, state } from "../store.ts";
import { Icon, press } from "./parts.tsx";

/** One strip under the header. */
interface Notice {
  id: string;
  tone: "error" | "warning" | "info";
  icon: string;
  text: string;
  action?: { label: string; press: Press };
}

/** The strips that are due, the gravest first. */
export function Notices(): JSX.Element {
  const due = notices(state.value);
  return (
    <div class="sp-notices" aria-live="polite">
      {due.map((notice) => (
        <div key={notice.id} class={`sp-notice sp-notice_${notice.tone}`} data-notice={notice.id}>
          <Icon name={notice.icon} />
          <span class="sp-notice__text">{notice.text}</span>
          {notice.action && <Action {...notice.action} />}
        </div>
      ))}
    </div>
  );
}

function Action({ label, press: name }: { label: string; press: Press }): JSX.Element {
  return (
    <button type="button" class="sp-notice__action" onClick={() => press(name)}>
      {label}
    </button>
  );
}

/** How many strips are shown at once: more would push the call out of sight. */
const NOTICE_COUNT_MAX = 2;

/** Chooses the strips. */
export function notices(now: State): Notice[] {
  const due = [serverNotice(now), mediaNotice(now), microphoneNotice(now), soundNotice(now)];
  const found = due.filter((notice) => notice !== null);
  const hosted = found.length === 0 ? hostNotice(now) : null;
  return (hosted ? [hosted] : found).slice(0, NOTICE_COUNT_MAX);
}

function serverNotice(now: State): Notice | null {
  if (!now.view?.call || now.link === "online" || now.link === "signed_out") return null;
  const wait = Math.max(0, Math.ceil(((now.retry_at_ms ?? now.clock_ms) - now.clock_ms) / 1000));
  const text = wait > 1 ? `Connection lost. Trying again in ${wait} s.` : "Reconnecting…";
  const action = { label: "Try now", press: "reconnect" } as const;
  return { id: "server", tone: "error", icon: "offline", text, action };
}

function mediaNotice(now: State): Notice | null {
  const call = activeCall(now);
  if (!call || now.link !== "online") return null;
  if (elsewhere(now)) {
    const action = { label: "Use this tab", press: "take_media" } as const;
    const text = "Another tab has the microphone.";
    return { id: "elsewhere", tone: "info", icon: "new_window", text, action };
  }
  if (now.view?.media_device === null && call.phase !== "ringing") {
    const action = { label: "Use this tab", press: "take_media" } as const;
    const text = "No tab has the microphone.";
    return { id: "nowhere", tone: "warning", icon: "muted", text, action };
  }
  if (now.media === "refused") {
    const text = now.media_note || "The phone server refused the audio.";
    const action = { label: "Try again", press: "retry_media" } as const;
    return { id: "refused", tone: "error", icon: "error", text, action };
  }
  if (now.media === "lost") {
    const text = `${now.media_note || "Audio was lost."} Connecting again…`;
    return { id: "lost", tone: "warning", icon: "warning", text };
  }
  return null;
}

function microphoneNotice(now: State): Notice | null {
  if (!now.view || elsewhere(now) || now.view.call?.phase === "wrap_up") return null;
  const heard = activeCall(now) ? " They cannot hear you." : "";
  const again = { label: "Try again", press: "ask_microphone" } as const;
  const base = { id: "microphone", icon: "muted", action: again } as const;
  switch (now.microphone) {
    case "prompt": {
      const action = { label: "Allow", press: "ask_microphone" } as const;
      const text = "Allow the microphone, to be heard on calls.";
      return { ...base, tone: heard ? "warning" : "info", text, action };
    }
    case "denied": {
      const text = `The microphone is blocked.${heard} Allow it beside the browser's address.`;
      return { ...base, tone: "error", text };
    }
    case "missing":
      return { ...base, tone: "error", text: `No microphone found.${heard} Plug one in.` };
    case "failed": {
      const text = `The microphone does not open.${heard} Another program may use it.`;
      return { ...base, tone: "error", text };
    }
    case "granted":
    case "unknown":
      return null;
  }
}

function soundNotice(now: State): Notice | null {
  if (now.sound_blocked && activeCall(now)) {
    const action = { label: "Turn sound on", press: "play_sound" } as const;
    const text = "The browser keeps the caller silent.";
    return { id: "sound", tone: "warning", icon: "volume_off", text, action };
  }
  if (!now.tone_blocked || now.tone !== "ringtone") return null;
  const text = "Ringing without sound: click anywhere to hear it.";
  return { id: "ringtone", tone: "warning", icon: "volume_off", text };
}

function hostNotice(now: State): Notice | null {
  if (now.link === "signed_out" || activeCall(now)) return null;
  if (now.host === "none") {
    const text = "Not inside a CRM: calls work, records do not pop.";
    return { id: "host", tone: "info", icon: "info", text };
  }
  if (now.host !== "failed") return null;
  const text = `The CRM around this page cannot be reached: ${now.host_note}`;
  return { id: "host", tone: "warning", icon: "warning", text };
}

/** Messages that go by themselves. */
export function Toasts(): JSX.Element {
  return (
    <div class="sp-toasts" role="status" aria-live="polite">
      {state.value.toasts.map(({ id, text, tone }) => (
        <div key={id} class={`sp-toast sp-toast_${tone}`}>
          <Icon name={tone === "info" ? "info" : tone} />
          <span>{text}</span>
          <button
            type="button"
            class="sp-tool"
            aria-label="Dismiss"
            onClick={() => dispatch({ event: "dismiss", toast: id })}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}

/** The screen when there is no server: what is wrong, and when it is tried again. */
export function NoServer(): JSX.Element {
  const { link, link_note, retry_at_ms } = state.value;
  const shown = screen(state.value);
  const out = shown === "signed_out";
  const wait = Math.ceil(((retry_at_ms ?? 0) - state.value.clock_ms) / 1000);
  return (
    <div class="sp-nowhere">
      {shown === "connecting" ? <span class="sp-spinner" /> : <Icon name="offline" />}
      <h1 tabIndex={-1} data-heading>
        {out ? "Signed out" : shown === "connecting" ? "Connecting…" : "No phone server"}
      </h1>
      <p>{link_note}</p>
      {link === "offline" && (
        <p class="sp-quiet">{wait > 1 ? `Trying again in ${wait} s.` : "Trying again…"}</p>
      )}
      {link === "offline" && (
        <button type="button" class="sp-button" onClick={() => press("reconnect")}>
          Try now
        </button>
      )}
      {out && (
        <button type="button" class="sp-button" onClick={() => press("reload")}>
          Reload
        </button>
      )}
    </div>
  );
}
