// The softphone's machine: which screen it shows, what each button sends, and the races between
// the person, the server, the host and the browser.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ANN, busy, call, CALL, Desk, desk, elsewhere, NOW, offline, online } from "./softphone-desk.mjs";

describe("the screen", () => {
  const rows = [
    ["ready", null, {}],
    ["away", null, { presence: "away" }],
    ["ringing", call("ringing"), {}],
    ["dialling", call("dialling"), {}],
    ["talking", call("talking"), {}],
    ["held", call("held"), {}],
    ["wrap_up", call("wrap_up"), {}],
    ["talking", call("talking"), { presence: "away" }],
  ];
  for (const [expected, shown, more] of rows) {
    test(`is ${expected} for a ${shown?.phase ?? "free"} line, presence ${more.presence ?? "ready"}`, () => {
      assert.equal(desk(shown, more).screen, expected);
    });
  }

  test("is connecting before the first view, offline without a server, and keeps a call in sight", () => {
    const page = new Desk();
    assert.equal(page.screen, "connecting");
    online(page);
    assert.equal(page.screen, "connecting");
    offline(page);
    assert.equal(page.screen, "offline");
    online(page);
    page.view(call("talking"));
    offline(page);
    assert.equal(page.screen, "talking");
  });

  test("is signed out whatever call was shown when the ticket is refused", () => {
    const page = desk(call("talking"));
    page.on("link", { link: "signed_out", note: "Reload.", retry_at_ms: null });
    assert.equal(page.screen, "signed_out");
  });
});

describe("a view", () => {
  test("that is older than the one shown is not drawn", () => {
    const page = desk(call("talking"), { sequence: 7 });
    page.view(call("ringing"), { sequence: 6 });
    assert.equal(page.screen, "talking");
    page.view(call("wrap_up"), { sequence: 8 });
    assert.equal(page.screen, "wrap_up");
  });

  test("of a restarted server counts from the start again", () => {
    const page = desk(call("talking"), { sequence: 700 });
    page.hears({ type: "goodbye" });
    offline(page);
    online(page);
    page.view(null, { sequence: 1 });
    assert.equal(page.screen, "ready");
  });

  test("without the call that rang says so, unless this page settled it itself", () => {
    const texts = (page) => page.state.toasts.map((toast) => toast.text);
    const missed = desk(call("ringing"));
    missed.view(null);
    assert.match(texts(missed).join(), /rings here no longer/);
    const taken = desk(call("ringing"));
    taken.view(call("talking"));
    assert.deepEqual(texts(taken), []);
    const left = desk(call("ringing"));
    left.view(null, { presence: "away" });
    assert.deepEqual(texts(left), []);
    const declined = desk(call("ringing"));
    declined.state = { ...declined.state, settled_call: CALL };
    declined.view(null);
    assert.deepEqual(texts(declined), []);
  });

  test("sets the clock by the server's, so that seconds count right on a computer that is late", () => {
    const page = desk(call("talking"), { now_ms: NOW + 90_000 });
    assert.equal(page.state.server_ahead_ms, 90_000);
  });
});

describe("a button", () => {
  const rows = [
    ["answer", "ringing", { command: "answer", call: CALL }],
    ["decline", "ringing", { command: "decline", call: CALL }],
    ["hang_up", "dialling", { command: "hang_up", call: CALL }],
    ["hang_up", "talking", { command: "hang_up", call: CALL }],
    ["hold", "talking", { command: "hold", call: CALL }],
    ["resume", "held", { command: "resume", call: CALL }],
    ["mute", "talking", { command: "mute", call: CALL, muted: true }],
    ["unmute", "talking", { command: "mute", call: CALL, muted: false }],
    ["take_media", "talking", { command: "take_media" }],
  ];
  for (const [press, phase, expected] of rows) {
    test(`${press} while ${phase} sends its command once, however often it is pressed`, () => {
      const page = desk(call(phase));
      page.press(press);
      assert.ok(busy(page.state));
      page.press(press);
      const [sent, ...more] = page.sent(expected.command);
      assert.deepEqual(more, []);
      const { type, id, ...command } = sent;
      assert.deepEqual(command, expected);
      page.replies(expected.command);
      assert.ok(!busy(page.state));
    });
  }

  test("gives two commands two ids, also after a reload", () => {
    const page = desk(call("talking"));
    page.press("hold");
    page.replies("hold");
    page.press("mute");
    const ids = [...page.sent("hold"), ...page.sent("mute")].map(({ id }) => id);
    assert.equal(new Set(ids).size, 2);
    assert.ok(ids.every((id) => id.startsWith("page-")));
  });

  test("that is refused says the server's words and can be pressed again", () => {
    const page = desk(call("ringing"));
    page.press("answer");
    page.replies("answer", { accepted: false, reason: "The call was answered by Ben." });
    assert.equal(page.state.toasts.at(-1).text, "The call was answered by Ben.");
    assert.ok(!busy(page.state));
  });

  test("without a connection sends nothing and says so", () => {
    const page = desk(call("talking"));
    offline(page);
    page.press("hang_up");
    assert.deepEqual(page.sent("hang_up"), []);
    assert.match(page.state.toasts.at(-1).text, /cannot be reached/u);
  });

  test("that nobody answers is freed after eight seconds", () => {
    const page = desk(call("talking"));
    page.press("hold");
    page.on("tick", { now_ms: NOW + 7_900 });
    assert.ok(busy(page.state));
    page.on("tick", { now_ms: NOW + 8_000 });
    assert.ok(!busy(page.state));
    assert.match(page.state.toasts.at(-1).text, /did not answer/u);
    assert.doesNotThrow(() => page.replies("hold"));
  });

  test("is freed by a lost connection, since its reply will not come", () => {
    const page = desk(call("talking"));
    page.press("hold");
    offline(page);
    assert.ok(!busy(page.state));
  });
});

describe("presence", () => {
  test("is asked of the server and shown as the server says", () => {
    const page = desk();
    page.on("presence", { presence: "away" });
    page.on("presence", { presence: "away" });
    assert.equal(page.sent("set_presence").length, 1);
    assert.equal(page.screen, "ready");
    page.replies("set_presence");
    page.view(null, { presence: "away" });
    assert.equal(page.screen, "away");
  });
});

describe("dialling", () => {
  const rows = [
    ["(415) 555-1212", "(415) 555-1212"],
    ["  tel:+1-415-555-1212\u200e\n", "+1-415-555-1212"],
    ["1-800-FLOWERS", "1-800-FLOWERS"],
    ["*99", "*99"],
  ];
  for (const [typed, sent] of rows) {
    test(`${JSON.stringify(typed)} sends ${sent}`, () => {
      const page = desk();
      page.on("dial", { number: typed, record: null });
      assert.equal(page.sent("dial")[0].number, sent);
    });
  }

  for (const typed of ["", "   ", "+", "()-", "1".repeat(65)]) {
    test(`${JSON.stringify(typed.slice(0, 8))} of ${typed.length} characters sends nothing and says why`, () => {
      const page = desk();
      page.on("dial", { number: typed, record: null });
      assert.deepEqual(page.sent("dial"), []);
      assert.equal(page.state.toasts.length, 1);
    });
  }

  test("keeps the number until it is accepted, and Redial dials it again", () => {
    const page = desk();
    page.on("number", { number: "4155551212" });
    page.on("dial", { number: "4155551212", record: null });
    assert.equal(page.state.number, "4155551212");
    page.replies("dial");
    assert.equal(page.state.number, "");
    page.press("redial");
    assert.equal(page.sent("dial").at(-1).number, "4155551212");
  });

  test("again after a reload takes the last outbound call of the list", () => {
    const page = desk();
    const past = (direction, far_number) => ({ call: far_number, direction, far_number });
    page.on("recent", { calls: [past("inbound", "1"), past("outbound", "2")], note: "" });
    page.press("redial");
    assert.equal(page.sent("dial")[0].number, "2");
  });

  test("by a click in the CRM goes out at once with its record, and a repeated click is one call", () => {
    const page = desk();
    page.on("host_dial", { number: "4155551212", record: ANN });
    page.on("host_dial", { number: "4155551212", record: ANN });
    assert.equal(page.sent("dial").length, 1);
    assert.deepEqual(page.sent("dial")[0].record, ANN);
    assert.ok(page.asked("show_panel").length > 0);
  });

  test("by a click during a call does not disturb it", () => {
    const page = desk(call("talking"));
    page.on("host_dial", { number: "4155551212", record: ANN });
    assert.deepEqual(page.sent("dial"), []);
    assert.match(page.state.toasts[0].text, /Finish this call first/u);
  });
});

describe("the keypad", () => {
  test("types a number before a call and sends tones in one", () => {
    const page = desk();
    for (const digit of ["4", "1", "*"]) page.on("digit", { digit });
    assert.equal(page.state.number, "41*");
    assert.deepEqual(page.sent("digits"), []);
    page.view(call("talking"));
    for (const digit of ["4", "#"]) page.on("digit", { digit });
    assert.deepEqual(page.sent("digits").map(({ digits }) => digits), ["4", "#"]);
    assert.equal(page.state.digits, "4#");
  });

  test("sends nothing while the far end is held, rings, or for a key that is none", () => {
    const held = desk(call("held"));
    held.on("digit", { digit: "1" });
    assert.deepEqual(held.sent("digits"), []);
    const ringing = desk(call("ringing"));
    ringing.on("digit", { digit: "1" });
    assert.deepEqual(ringing.sent("digits"), []);
    const talking = desk(call("talking"));
    talking.on("digit", { digit: "A" });
    assert.deepEqual(talking.sent("digits"), []);
  });

  test("does not wait for one digit before it sends the next", () => {
    const page = desk(call("talking"));
    page.on("digit", { digit: "1" });
    assert.ok(!busy(page.state));
    page.press("mute");
    assert.equal(page.sent("mute").length, 1);
  });
});

describe("ringing", () => {
  test("sounds until a button is pressed, and opens the host's panel once", () => {
    const page = desk(call("ringing"));
    assert.equal(page.state.tone, "ringtone");
    assert.equal(page.asked("show_panel").length, 1);
    page.view(call("ringing"));
    assert.equal(page.asked("show_panel").length, 1);
    page.press("answer");
    assert.equal(page.state.tone, null);
    page.replies("answer", { accepted: false, reason: "no" });
    assert.equal(page.state.tone, "ringtone");
    page.view(null);
    assert.equal(page.state.tone, null);
    assert.deepEqual(page.asked("tone").map(({ tone }) => tone), ["ringtone", null, "ringtone", null]);
  });

  test("of a call that went on through a reload opens the host's panel as well", () => {
    for (const phase of ["talking", "held", "wrap_up"]) {
      assert.equal(desk(call(phase)).asked("show_panel").length, 1, phase);
    }
    assert.deepEqual(desk().asked("show_panel"), []);
  });

  test("sounds in the page that has the microphone only", () => {
    const page = desk(call("ringing"), { media_device: "there" });
    assert.ok(elsewhere(page.state));
    assert.equal(page.state.tone, null);
  });

  test("at the far end is heard as ringback until it answers", () => {
    const page = desk(call("dialling", { direction: "outbound" }));
    assert.equal(page.state.tone, null);
    page.view(call("dialling", { direction: "outbound", far_rings: true }));
    assert.equal(page.state.tone, "ringback");
    page.view(call("talking", { direction: "outbound" }));
    assert.equal(page.state.tone, null);
  });

  test("tells the utility bar who it is, once for each change", () => {
    const page = desk();
    const before = page.asked("item").length;
    page.view(call("ringing", { far_name: "Ann Smith" }));
    page.view(call("ringing", { far_name: "Ann Smith" }));
    const items = page.asked("item").slice(before);
    assert.deepEqual(items, [
      { effect: "item", label: "Incoming: Ann Smith", icon: "incoming_call" },
    ]);
  });
});
