// The softphone's audio: opened for exactly the page that the server has given the microphone,
// again after every loss, and never in a second tab.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { call, Desk, desk, offline, online } from "./softphone-desk.mjs";

const media = (page, state, device = "here") =>
  page.on("media", { device, media: state, note: "" });

describe("audio", () => {
  test("opens while it rings, so that it is up on Answer, and closes in wrap-up", () => {
    const page = desk();
    assert.deepEqual(page.asked("open_media"), []);
    const before = page.asked("close_media").length;
    page.view(call("ringing"));
    assert.deepEqual(page.asked("open_media"), [{ effect: "open_media", device: "here" }]);
    page.on("offer", { device: "here", sdp: "v=0" });
    assert.deepEqual(page.effects.at(-1), { effect: "send", message: { type: "offer", sdp: "v=0" } });
    assert.deepEqual(page.hears({ type: "answer", sdp: "v=0" }), [
      { effect: "media_answer", sdp: "v=0" },
    ]);
    media(page, "on");
    page.view(call("talking"));
    page.view(call("held"));
    assert.equal(page.asked("open_media").length, 1);
    assert.equal(page.asked("close_media").length, before);
    page.view(call("wrap_up"));
    assert.equal(page.asked("close_media").length, before + 1);
    assert.equal(page.state.media, "off");
  });

  test("that was opened ahead of the first view is let go when the view wants none here", () => {
    assert.equal(desk().asked("close_media").length, 1);
    assert.equal(desk(call("talking"), { media_device: "there" }).asked("close_media").length, 1);
    assert.equal(desk(call("talking")).asked("close_media").length, 0);
  });

  test("stays closed in a second tab until this tab is used", () => {
    const page = desk(call("talking"), { media_device: "there" });
    assert.deepEqual(page.asked("open_media"), []);
    page.press("take_media");
    page.replies("take_media");
    page.view(call("talking"));
    assert.equal(page.asked("open_media").length, 1);
  });

  test("closes when another tab takes the microphone", () => {
    const page = desk(call("talking"));
    page.view(call("talking"), { media_device: "there" });
    assert.equal(page.asked("close_media").length, 1);
  });

  test("is offered again under the new name that a reconnected page has", () => {
    const page = desk(call("talking"));
    media(page, "on");
    offline(page);
    assert.equal(page.asked("close_media").length, 0);
    online(page);
    page.view(call("talking"), { this_device: "again", media_device: "again", sequence: 1 });
    assert.deepEqual(page.asked("open_media").at(-1), { effect: "open_media", device: "again" });
    page.on("offer", { device: "here", sdp: "old" });
    assert.notEqual(page.effects.at(-1).message?.sdp, "old");
  });

  test("that was lost is opened again, each time a little later, for as long as there is a call", () => {
    const page = desk(call("talking"));
    media(page, "on");
    const waits = [];
    for (let loss = 0; loss < 7; loss += 1) {
      media(page, "lost");
      waits.push(page.asked("timer").findLast(({ timer }) => timer === "media_retry").after_ms);
      page.on("timer", { timer: "media_retry" });
    }
    assert.deepEqual(waits, [250, 500, 1000, 2000, 4000, 5000, 5000]);
    assert.equal(page.asked("open_media").length, 8);
    media(page, "on");
    media(page, "lost");
    page.view(null);
    page.on("timer", { timer: "media_retry" });
    assert.equal(page.asked("open_media").length, 8);
  });

  test("that a superseded connection reports is not believed", () => {
    const page = desk(call("talking"));
    media(page, "on", "here");
    media(page, "lost", "before");
    assert.equal(page.state.media, "on");
  });

  test("that only this page believes in is opened anew after two seconds", () => {
    const lost = call("talking", { media_lost: true });
    const page = desk(lost);
    media(page, "on");
    assert.equal(page.asked("timer").at(-1).timer, "media_doubt");
    page.view(call("talking"));
    page.on("timer", { timer: "media_doubt" });
    assert.equal(page.asked("open_media").length, 1);
    page.view(lost);
    page.on("timer", { timer: "media_doubt" });
    assert.equal(page.asked("open_media").length, 2);
  });

  test("whose offer crossed the end of the call is refused without a word", () => {
    const page = desk();
    page.hears({ type: "media_refused", reason: "There is no call." });
    assert.equal(page.state.media, "off");
  });

  test("that the server refuses waits for the person", () => {
    const page = desk(call("talking"));
    page.hears({ type: "media_refused", reason: "No audio." });
    assert.equal(page.state.media, "refused");
    assert.equal(page.asked("open_media").length, 1);
    page.press("retry_media");
    assert.equal(page.asked("open_media").length, 2);
  });

  test("waits for a microphone that is denied or missing, and starts when it is there", () => {
    for (const problem of ["denied", "missing", "failed", "prompt"]) {
      const page = desk(call("talking"));
      page.on("microphone", { microphone: problem });
      media(page, "off");
      assert.equal(page.asked("open_media").length, 1, problem);
      page.on("microphone", { microphone: "granted" });
      assert.equal(page.asked("open_media").length, 2, problem);
    }
  });

  test("is muted in the page at once, and opened only when the server says so", () => {
    const page = desk(call("talking"));
    page.press("mute");
    assert.deepEqual(page.asked("mute"), [{ effect: "mute", muted: true }]);
    page.replies("mute");
    page.view(call("talking", { muted: true }));
    page.press("unmute");
    assert.equal(page.asked("mute").at(-1).muted, page.state.muted_here);
    page.replies("unmute".replace("un", ""));
    page.view(call("talking"));
    assert.deepEqual(page.asked("mute").at(-1), { effect: "mute", muted: false });
  });

  test("is noted for the next start of the page while a call is on", () => {
    const page = desk();
    page.view(call("talking"));
    page.view(call("wrap_up"));
    assert.deepEqual(page.asked("note_call").map(({ active }) => active), [true, false]);
  });
});

describe("the microphone's test", () => {
  test("runs while the audio settings are open", () => {
    const page = new Desk();
    page.on("sheet", { sheet: "audio" });
    page.on("sheet", { sheet: null });
    page.on("sheet", { sheet: "keypad" });
    assert.deepEqual(page.asked("meter").map(({ running }) => running), [true, false]);
  });
});
