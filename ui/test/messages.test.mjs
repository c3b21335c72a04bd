// The message service: who hears what, through the phone's frame, pages of the workspace and other
// windows; and which window has the phone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { Host } = await load("src/console/host.ts");
const messages = await load("src/console/messages.ts");
const { MessageService, isChannel, MESSAGES_A_SECOND_MAX, CHANNELS_MAX } = messages;
const { PageFrames } = await load("src/console/page_frames.ts");
const { PAGE_API } = await load("src/opencti/page_wire.ts");
const { PhoneLeader } = await load("src/console/phone_leader.ts");

const ok = { success: true, returnValue: null, errors: null };

function service() {
  const carried = [];
  const clock = { now_ms: 0 };
  const made = new MessageService((one) => carried.push(one), () => clock.now_ms);
  return { service: made, carried, clock };
}

/** A host whose phone is in a frame. */
function phone(channels) {
  const window = {};
  const posted = [];
  const host = new Host({
    desk: { setClickToDial: () => undefined },
    channels,
    frame: () => ({ window, origin: "https://phone.example" }),
    post: (_, message) => posted.push(message),
    callServer: () => assert.fail("the message service is the window's own"),
    pop: () => undefined,
    heard: () => undefined,
    note: () => undefined,
  });
  let callId = 0;
  const say = (methodName, args, more = {}) => {
    const data = { methodName, callId: callId++, apiVersion: 57, apiType: "opencti", args };
    const flags = { isCallbackRegistered: true, isListenerRegistered: methodName === "subscribe" };
    host.hear({ source: window, origin: "https://phone.example", data: { ...data, ...flags, ...more } });
  };
  return { host, posted, say };
}

test("channels have the documented names, of this org and of packages", () => {
  for (const name of ["SampleMC__c", "ns__SampleMC__c", "A__c"]) assert.ok(isChannel(name), name);
  for (const name of ["", "SampleMC", "1__c", "__c", "a b__c", null, 5, "x".repeat(200) + "__c"]) {
    assert.ok(!isChannel(name), String(name));
  }
});

test("a message reaches the phone as one event with channel and both flags", () => {
  const { service: channels } = service();
  const { posted, say } = phone(channels);
  say("subscribe", { eventName: "SampleMC__c", subscription: {} });
  say("subscribe", { eventName: "SampleMC__c", subscription: {} });
  assert.deepEqual(posted.map((m) => [m.shouldExecuteCallback, m.shouldExecuteListener, m.response]), [
    [true, false, ok],
    [true, false, ok],
  ]);
  posted.length = 0;
  channels.publish("SampleMC__c", { dial: "4155551212" });
  channels.publish("Other__c", { dial: "1" });
  assert.deepEqual(posted, [
    {
      methodName: "subscribe",
      eventName: "SampleMC__c",
      callId: 0,
      apiVersion: 57,
      apiType: "opencti",
      shouldExecuteCallback: false,
      shouldExecuteListener: true,
      response: { dial: "4155551212" },
    },
  ]);
});

test("what the phone publishes reaches listeners here and goes to other windows", () => {
  const { service: channels, carried } = service();
  const { posted, say } = phone(channels);
  const heard = [];
  channels.subscribe("Calls__c", (message) => heard.push(message));
  say("publish", { eventName: "Calls__c", message: { state: "ringing" } });
  assert.deepEqual(heard, [{ state: "ringing" }]);
  assert.deepEqual(carried, [{ channel: "Calls__c", message: { state: "ringing" } }]);
  assert.deepEqual(posted[0].response, ok);
});

test("publishing where nobody listens is a success", () => {
  const { posted, say } = phone(service().service);
  say("publish", { eventName: "Nobody__c", message: {} });
  assert.deepEqual(posted[0].response, ok);
});

test("after unsubscribe, and after the page is gone, nothing comes", () => {
  const { service: channels } = service();
  const { host, posted, say } = phone(channels);
  say("subscribe", { eventName: "A__c" });
  say("unsubscribe", { eventName: "A__c" });
  say("subscribe", { eventName: "B__c" });
  host.forget();
  posted.length = 0;
  channels.publish("A__c", {});
  channels.publish("B__c", {});
  assert.deepEqual(posted, []);
});

test("a channel or message of the wrong kind is refused, naming it", () => {
  const { posted, say } = phone(service().service);
  say("subscribe", { eventName: "no channel" });
  say("publish", { eventName: "A__c", message: "text" });
  say("publish", { eventName: "A__c" });
  const errors = posted.map((m) => `${m.response.errors[0].code} ${m.response.errors[0].description}`);
  assert.match(errors[0], /^INVALID_PARAM .*channelName/);
  assert.match(errors[1], /^INVALID_PARAM .*message/);
  assert.match(errors[2], /^INVALID_PARAM .*undefined/);
});

test("listeners that answer each other come to an end", () => {
  const { service: channels, clock } = service();
  let count = 0;
  channels.subscribe("Echo__c", () => {
    count += 1;
    channels.publish("Echo__c", {});
  });
  channels.publish("Echo__c", {});
  assert.equal(count, MESSAGES_A_SECOND_MAX);
  assert.equal(channels.publish("Echo__c", {}), false);
  clock.now_ms = 1_000;
  channels.subscribe("Fresh__c", () => (count = -1));
  assert.equal(channels.publish("Fresh__c", {}), true);
  assert.equal(count, -1);
});

test("subscriptions have a limit and give their place back", () => {
  const { service: channels } = service();
  const ends = [];
  for (let n = 0; n < CHANNELS_MAX; n += 1) ends.push(channels.subscribe(`C${n}__c`, () => undefined));
  assert.equal(channels.subscribe("Last__c", () => undefined), null);
  ends[0]();
  assert.notEqual(channels.subscribe("Last__c", () => undefined), null);
});

test("a listener of the active scope hears in front, and never what another window said", () => {
  const { service: channels } = service();
  const heard = [];
  let inFront = true;
  channels.subscribe("A__c", (m) => heard.push(["active", m.n]), "active", () => inFront);
  channels.subscribe("A__c", (m) => heard.push(["application", m.n]));
  channels.publish("A__c", { n: 1 });
  inFront = false;
  channels.publish("A__c", { n: 2 });
  inFront = true;
  channels.arrived({ channel: "A__c", message: { n: 3 } });
  for (const junk of [null, 5, {}, { channel: "A__c" }, { channel: "x", message: {} }]) {
    channels.arrived(junk);
  }
  assert.deepEqual(heard, [
    ["active", 1],
    ["application", 1],
    ["application", 2],
    ["application", 3],
  ]);
});

function pages() {
  const { service: channels } = service();
  const posted = [];
  const dialled = [];
  const window = {};
  const state = { alive: true };
  const frames = new PageFrames({
    pagesOrigin: "https://pages.example",
    frame: (source) =>
      source === window && state.alive
        ? { window, alive: () => state.alive, inFront: () => true, post: (m) => posted.push(m) }
        : null,
    subscribe: (...wanted) => channels.subscribe(...wanted),
    publish: (...said) => channels.publish(...said),
    dial: (...number) => dialled.push(number),
  });
  const say = (data, more = {}) =>
    frames.hear({ source: window, origin: "https://pages.example", data: { apiType: PAGE_API, ...data }, ...more });
  return { channels, posted, dialled, state, say };
}

test("a page of the workspace speaks and listens on channels, and has numbers dialled", () => {
  const { channels, posted, dialled, say } = pages();
  const heard = [];
  channels.subscribe("Dial__c", (message) => heard.push(message));
  say({ method: "publish", channel: "Dial__c", message: { dial: "1" } });
  assert.deepEqual(heard, [{ dial: "1" }]);
  say({ method: "subscribe", id: 7, channel: "Calls__c", scope: "APPLICATION" });
  channels.publish("Calls__c", { state: "up" });
  assert.deepEqual(posted, [{ apiType: PAGE_API, method: "message", id: 7, message: { state: "up" } }]);
  say({ method: "unsubscribe", id: 7 });
  channels.publish("Calls__c", { state: "down" });
  assert.equal(posted.length, 1);
  say({ method: "dial", number: "4155551212", recordId: "003A", params: "a,b" });
  say({ method: "dial", number: "" });
  say({ method: "dial", number: 5 });
  assert.deepEqual(dialled, [["4155551212", "003A", "a,b"]]);
});

test("other windows and other origins are no page of the workspace", () => {
  const { dialled, say } = pages();
  const dial = { method: "dial", number: "1" };
  assert.equal(say(dial, { origin: "https://pages.example.evil.test" }), false);
  assert.equal(say(dial, { source: {} }), false);
  assert.equal(say({ ...dial, apiType: "opencti" }), false);
  assert.deepEqual(dialled, []);
});

test("a frame that is gone hears nothing, and a new page in it starts anew", () => {
  const { channels, posted, state, say } = pages();
  say({ method: "subscribe", id: 1, channel: "A__c" });
  say({ method: "hello" });
  channels.publish("A__c", {});
  say({ method: "subscribe", id: 1, channel: "A__c" });
  state.alive = false;
  channels.publish("A__c", {});
  assert.deepEqual(posted, []);
});

/** The browser's locks, for one name. */
function locks() {
  let holder = null;
  const waiting = [];
  const give = (one) => {
    const hold = one.held({ name: "lock" });
    if (hold === undefined) return one.done();
    holder = one;
    return undefined;
  };
  const next = () => {
    holder = null;
    while (holder === null && waiting.length > 0) give(waiting.shift());
  };
  return {
    /** As when the window that holds it closes. */
    close: next,
    request: (_, { ifAvailable, steal }, held) =>
      new Promise((done, fail) => {
        const one = { held, done, fail };
        if (ifAvailable && holder !== null) return done(held(null));
        if (steal && holder !== null) {
          const robbed = holder;
          give(one);
          robbed.fail(new Error("stolen"));
          return undefined;
        }
        if (holder !== null) return void waiting.push(one);
        return give(one);
      }),
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("one window has the phone; it goes to the next when that closes, and to the one that takes it", async () => {
  const browser = locks();
  const did = [];
  const window = (name) =>
    new PhoneLeader(browser, "005A", {
      gained: () => did.push(`${name} gained`),
      lost: () => did.push(`${name} lost`),
    });
  const [first, second] = [window("first"), window("second")];
  assert.deepEqual([await first.leads(), await second.leads()], [true, false]);
  assert.deepEqual(did, []);
  second.takeOver();
  await settled();
  assert.deepEqual(did, ["second gained", "first lost"]);
  assert.deepEqual([await first.leads(), await second.leads()], [false, true]);
  browser.close();
  await settled();
  assert.deepEqual(did, ["second gained", "first lost", "first gained"]);
  assert.equal(await first.leads(), true);
});

test("where the browser has no locks each window has its phone", async () => {
  const alone = new PhoneLeader(undefined, "005A", { gained: assert.fail, lost: assert.fail });
  assert.equal(await alone.leads(), true);
});
