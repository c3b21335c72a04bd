// The softphone's page starts here: the shells are made, the effects are given to them, the view
// is drawn. Everything that decides is in reduce.ts.

import { computed, effect } from "@preact/signals";
import { render } from "preact";
import { findHost } from "./cti.ts";
import { Media } from "./media.ts";
import { Ringer } from "./ring.ts";
import { connect } from "./socket.ts";
import { screen, type Effect, type TimerName } from "./state.ts";
import { carryOut, dispatch, meter, state } from "./store.ts";
import { App } from "./view/app.tsx";
import { favicon, title } from "./words.ts";

/** Often enough that no second is seen to last two. */
const TICK_MS = 250;

const audio = document.createElement("audio");
audio.id = "far-audio";
audio.autoplay = true;

const timers = new Map<TimerName, ReturnType<typeof setTimeout>>();
carryOut(run);
const media = new Media(dispatch, audio, meter);
const ringer = new Ringer(dispatch);
const host = findHost(dispatch);
const connection = connect(dispatch);
void media.start();

function run(asked: Effect): void {
  switch (asked.effect) {
    case "send":
      return connection.send(asked.message);
    case "reconnect":
      return connection.reconnect();
    case "reload":
      return connection.reload();
    case "ticket":
      return connection.renew(asked.ticket);
    case "fetch_recent":
      return connection.fetchRecent();
    case "timer":
      return startTimer(asked.timer, asked.after_ms);
    case "stop_timer":
      return clearTimeout(timers.get(asked.timer));
    case "search":
      return host.search(asked.call, asked.number);
    case "show_record":
      return host.showRecord(asked.record);
    case "save_log":
      return host.saveLog(asked.call, asked.fields);
    case "show_panel":
      return host.showPanel();
    case "item":
      return host.item(asked.label, asked.icon);
    default:
      return runAudio(asked);
  }
}

type AudioEffect = Extract<
  Effect,
  {
    effect:
      | "open_media"
      | "close_media"
      | "media_answer"
      | "mute"
      | "ask_microphone"
      | "choose_device"
      | "meter"
      | "play_sound"
      | "test_sound"
      | "tone"
      | "key_sound"
      | "note_call";
  }
>;

function runAudio(asked: AudioEffect): void {
  switch (asked.effect) {
    case "open_media":
      return void media.open(asked.device);
    case "close_media":
      return media.close();
    case "media_answer":
      return void media.answer(asked.sdp);
    case "mute":
      return media.mute(asked.muted);
    case "ask_microphone":
      return void media.ask();
    case "choose_device":
      return void media.choose(asked.kind, asked.id);
    case "meter":
      return void media.showLevel(asked.running);
    case "play_sound":
      return void media.play();
    case "test_sound":
      return void ringer.once();
    case "tone":
      return ringer.play(asked.tone);
    case "key_sound":
      return ringer.key(asked.digit);
    case "note_call":
      return media.noteCall(asked.active);
  }
}

function startTimer(timer: TimerName, after_ms: number): void {
  clearTimeout(timers.get(timer));
  timers.set(timer, setTimeout(() => dispatch({ event: "timer", timer }), after_ms));
}

const seen = () => dispatch({ event: "visibility", visible: !document.hidden });
document.addEventListener("visibilitychange", seen);
seen();
setInterval(() => dispatch({ event: "tick", now_ms: Date.now() }), TICK_MS);

// Keys typed anywhere but into a field are keys of the telephone.
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typesInto(event.target)) return;
  const { sheet } = state.peek();
  if (event.key === "Escape" && sheet) return dispatch({ event: "sheet", sheet: null });
  const key = /^[0-9*#]$/u.test(event.key) && sheet !== "audio";
  if (key) dispatch({ event: "digit", digit: event.key });
});

function typesInto(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select");
}

// For a softphone in a tab of its own; inside a CRM the utility bar says it.
effect(() => {
  document.title = title(state.value);
});
const shown = computed(() => screen(state.value));
effect(() => {
  const icon = document.querySelector<HTMLLinkElement>("link[rel=icon]");
  if (icon) icon.href = favicon(shown.value);
});

/** The script may be here before the page is read to its end. */
function draw(): void {
  const root = document.getElementById("softphone");
  if (!root) return;
  root.replaceChildren();
  document.body.append(audio);
  render(<App />, root);
}
if (document.readyState === "loading") addEventListener("DOMContentLoaded", draw);
else draw();
