// The Open CTI host as an adapter meets it: golden messages of the wire, checked arguments, and
// what is dropped.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { Host, WAITING_MAX } = await load("src/console/host.ts");
const { REQUEST_BYTES_MAX } = await load("src/console/wire.ts");
const { NavigationEvents, viewInfo } = await load("src/console/navigation_events.ts");
const { ClickToDial } = await load("src/console/click_to_dial.ts");
const { MessageService } = await load("src/console/messages.ts");

const ORIGIN = "https://adapter.example";
const FRAME = { name: "the frame's window" };

/** A host with a frame, and everything it does written down. */
function host({ server = async () => ({ reply: ok() }), channels } = {}) {
  const posted = [];
  const did = [];
  const noting = (name) => (value) => did.push(value === undefined ? name : `${name} ${value}`);
  const desk = {
    viewInfo: () => ({ url: "https://crm.example/lightning/page/home" }),
    panelVisible: () => true,
  };
  const setters = `refreshView setClickToDial initialized setPanelVisible setPanelHeight
    setPanelWidth setPanelLabel setPanelIcon setItemLabel setItemIcon`;
  for (const name of setters.split(/\s+/)) desk[name] = noting(name);
  const made = new Host({
    desk,
    channels: channels ?? new MessageService(() => undefined, () => 0),
    frame: () => ({ window: FRAME, origin: ORIGIN }),
    post: (frame, message) => posted.push({ to: frame.origin, message: structuredClone(message) }),
    callServer: server,
    pop: (url, title) => did.push(`pop ${url} ${title}`),
    heard: () => undefined,
    note: () => undefined,
  });
  let callId = 0;
  const say = (methodName, args = {}, more = {}) => {
    const data = { methodName, callId: callId++, apiVersion: 57, apiType: "opencti", args };
    const flags = { isCallbackRegistered: true, isListenerRegistered: false };
    made.hear({ source: FRAME, origin: ORIGIN, data: { ...data, ...flags, ...more } });
  };
  const listen = (methodName, more = {}) =>
    say(methodName, {}, { isCallbackRegistered: false, isListenerRegistered: true, ...more });
  const replies = () => posted.map(({ message }) => message.response);
  return { host: made, posted, did, say, listen, replies };
}

const ok = (returnValue = null) => ({ success: true, returnValue, errors: null });
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("a reply echoes the request and sets both flags", () => {
  const { posted, say } = host();
  say("isSoftphonePanelVisible");
  assert.deepEqual(posted, [
    {
      to: ORIGIN,
      message: {
        methodName: "isSoftphonePanelVisible",
        callId: 0,
        apiVersion: 57,
        apiType: "opencti",
        shouldExecuteCallback: true,
        shouldExecuteListener: false,
        response: ok({ visible: true }),
      },
    },
  ]);
});

test("the version goes back as the number that came", () => {
  for (const apiVersion of [25, 43, 66, 99]) {
    const { posted, say } = host();
    say("refreshView", {}, { apiVersion });
    assert.equal(posted[0].message.apiVersion, apiVersion);
  }
});

test("a call without callback is carried out and not answered", () => {
  const { posted, did, say } = host();
  say("setSoftphonePanelVisibility", { visible: true }, { isCallbackRegistered: false });
  assert.deepEqual(did, ["setPanelVisible true"]);
  assert.deepEqual(posted, []);
});

test("registering a listener is never answered, whatever its flags", async () => {
  const { posted, listen } = host();
  for (const method of ["onClickToDial", "onNavigationChange", "onWorkStart"]) {
    listen(method);
    listen(method, { isCallbackRegistered: true });
  }
  await settled();
  assert.deepEqual(posted, []);
});

test("one event goes to the frame however often its listener was registered", () => {
  const { host: h, posted, say, listen } = host();
  say("enableClickToDial", {}, { isCallbackRegistered: false });
  listen("onClickToDial");
  listen("onClickToDial");
  const payload = {
    number: "4155551212",
    recordId: "003000000000001AAA",
    recordName: "Ann Smith",
    objectType: "Contact",
  };
  h.send("onClickToDial", payload);
  assert.deepEqual(posted.map(({ message }) => message), [
    {
      methodName: "onClickToDial",
      callId: 1,
      apiVersion: 57,
      apiType: "opencti",
      shouldExecuteCallback: false,
      shouldExecuteListener: true,
      response: payload,
    },
  ]);
});

test("no event goes to an adapter that does not listen for it", () => {
  const { host: h, posted, listen } = host();
  listen("onNavigationChange");
  h.send("onClickToDial", { number: "1" });
  assert.deepEqual(posted, []);
});

test("messages of other windows and other origins are dropped and counted", () => {
  const { host: h, posted, did } = host();
  const data = { methodName: "refreshView", callId: 0, apiVersion: 57, isCallbackRegistered: true };
  h.hear({ source: {}, origin: ORIGIN, data });
  h.hear({ source: null, origin: ORIGIN, data });
  h.hear({ source: FRAME, origin: "https://adapter.example.evil.test", data });
  h.hear({ source: FRAME, origin: "null", data });
  assert.deepEqual([posted, did], [[], []]);
  assert.equal(h.dropped.foreign, 4);
});

test("malformed, oversized and poisoned messages are dropped and counted", () => {
  const { host: h, posted, did, say } = host();
  const circular = {};
  circular.self = circular;
  const junk = [null, 5, "method=isVisible_1", [], {}, { methodName: "refreshView" }];
  for (const data of junk) h.hear({ source: FRAME, origin: ORIGIN, data });
  say("refreshView", {}, { apiVersion: "57" });
  say("refreshView", {}, { callId: -1 });
  say("refreshView", {}, { callId: Number.NaN });
  say("refreshView", {}, { apiType: "other" });
  say("refreshView", "text");
  say("x".repeat(65));
  say("__proto__");
  say("saveLog", circular);
  say("saveLog", { object: { n: 1n } });
  say("saveLog", { object: { text: "x".repeat(REQUEST_BYTES_MAX) } });
  say("saveLog", JSON.parse('{"object":{"__proto__":{"admin":true}}}'));
  say("saveLog", { object: { constructor: { prototype: {} } } });
  assert.deepEqual([posted, did], [[], []]);
  const { foreign, ...dropped } = h.dropped;
  assert.deepEqual(dropped, { not_a_request: 15, too_large: 1, prototype_key: 2 });
  assert.equal(foreign, 0);
});

test("names of object methods are no methods of the host", async () => {
  const { replies, say } = host({ server: async () => ({ reply: { success: false } }) });
  for (const name of ["constructor", "toString", "hasOwnProperty"]) say(name);
  await settled();
  await settled();
  await settled();
  assert.deepEqual(replies(), [{ success: false }, { success: false }, { success: false }]);
});

test("sizes inside the range are set, others are refused naming parameter and range", () => {
  const { did, replies, say } = host();
  say("setSoftphonePanelHeight", { heightPX: 240 });
  say("setSoftphonePanelHeight", { heightPX: 2560 });
  say("setSoftphonePanelWidth", { widthPX: 200 });
  assert.deepEqual(did, ["setPanelHeight 240", "setPanelHeight 2560", "setPanelWidth 200"]);
  say("setSoftphonePanelHeight", { heightPX: 239 });
  say("setSoftphonePanelWidth", { widthPX: 1921 });
  say("setSoftphonePanelWidth", {});
  say("setSoftphonePanelWidth", { widthPX: "400" });
  const texts = replies().slice(3).map((r) => `${r.errors[0].code} ${r.errors[0].description}`);
  const wrong = "INVALID_PARAM An invalid value was passed to the parameter";
  assert.deepEqual(texts, [
    `${wrong} heightPX. A numeric value from 240 to 2560 was expected, but 239 was found instead.`,
    `${wrong} widthPX. A numeric value from 200 to 1920 was expected, but 1921 was found instead.`,
    `${wrong} widthPX. A numeric value was expected, but undefined was found instead.`,
    `${wrong} widthPX. A numeric value was expected, but string was found instead.`,
  ]);
  assert.equal(did.length, 3);
});

test("labels, icons and visibility of the wrong type are refused", () => {
  const { did, replies, say } = host();
  say("setSoftphoneItemLabel", { label: 5 });
  say("setSoftphonePanelLabel", {});
  say("setSoftphoneItemIcon", { key: "../../evil#x" });
  say("setSoftphonePanelIcon", { key: null });
  say("setSoftphonePanelVisibility", { visible: "yes" });
  assert.deepEqual(did, []);
  for (const response of replies()) assert.equal(response.errors[0].code, "INVALID_PARAM");
  assert.equal(replies().length, 5);
});

test("every call of a start-up burst is answered once", async () => {
  const { replies, say, listen } = host();
  say("enableClickToDial");
  listen("onClickToDial");
  listen("onNavigationChange");
  say("getCallCenterSettings");
  say("getSoftphoneLayout");
  say("setSoftphoneItemIcon", { key: "call" });
  say("setSoftphoneItemLabel", { label: "Phone" });
  say("setSoftphonePanelWidth", { widthPX: 400 });
  say("setSoftphonePanelHeight", { heightPX: 500 });
  say("setSoftphonePanelVisibility", { visible: true });
  say("notifyInitializationComplete");
  for (let n = 0; n < 5; n += 1) await settled();
  assert.equal(replies().length, 9);
});

test("the server is asked in order of arrival, and pops come in that order", async () => {
  const asked = [];
  const waiting = [];
  const server = (request) => {
    asked.push(request.args.n);
    return new Promise((resolve) => waiting.push(resolve));
  };
  const { did, replies, say } = host({ server });
  for (const n of [1, 2, 3]) say("screenPop", { n });
  for (const n of [1, 2, 3]) {
    await settled();
    assert.equal(asked.at(-1), n, "one at a time");
    waiting.shift()({ reply: ok(n), navigate: `/lightning/r/${n}`, title: `R${n}` });
  }
  await settled();
  assert.deepEqual(did, [1, 2, 3].map((n) => `pop /lightning/r/${n} R${n}`));
  assert.deepEqual(replies(), [ok(1), ok(2), ok(3)]);
});

test("a server out of reach is one documented error, and the next call is asked", async () => {
  let fails = true;
  const server = async () => {
    if (fails) throw new Error("connection refused");
    return { reply: ok("next") };
  };
  const { replies, say } = host({ server });
  say("saveLog", { object: { entityApiName: "Task" } });
  for (let n = 0; n < 3; n += 1) await settled();
  fails = false;
  say("getSoftphoneLayout");
  for (let n = 0; n < 3; n += 1) await settled();
  const description = "A problem was encountered on the server.";
  assert.deepEqual(replies(), [
    { success: false, returnValue: null, errors: [{ code: "SERVER_ERROR", description }] },
    ok("next"),
  ]);
});

test("an adapter that floods the server is refused beyond the limit", () => {
  const { replies, say } = host({ server: () => new Promise(() => undefined) });
  for (let n = 0; n < WAITING_MAX + 2; n += 1) say("runApex", { apexClass: "C" });
  assert.equal(replies().length, 2);
  assert.equal(replies()[0].errors[0].code, "GENERIC_ERROR");
});

test("a new page in the frame gets no event or reply meant for the one before", async () => {
  let answer;
  const server = () => new Promise((resolve) => (answer = resolve));
  const { host: h, posted, did, say, listen } = host({ server });
  listen("onClickToDial");
  say("getSoftphoneLayout");
  await settled();
  say("setSoftphoneItemLabel", { label: "New page" }, { callId: 0, isCallbackRegistered: false });
  answer({ reply: ok("late") });
  await settled();
  h.send("onClickToDial", { number: "1" });
  assert.deepEqual(posted, []);
  assert.deepEqual(did, ["setClickToDial false", "setItemLabel New page"]);
});

const page = (kind, url, name = "") => ({
  id: "p1",
  kind,
  url,
  title: name,
  recordId: name && "003000000000001AAA",
  recordName: name,
  objectType: name && "Contact",
});
const CRM = "https://crm.example";

test("navigation is told by the rules of a console app", () => {
  const events = new NavigationEvents();
  const told = (p, cause = "shown") => events.next(p, cause, CRM)?.url ?? null;
  const ann = page("record", "/lightning/r/Contact/1/view", "Ann Smith");
  const list = page("list", "/lightning/o/Contact/list");
  const home = page("home", "/lightning/page/home");
  const form = page("", "/lightning/o/Contact/new?defaultFieldValues=Phone=1");
  assert.equal(told(home), `${CRM}/lightning/page/home`);
  assert.equal(told({ ...ann, kind: "", recordName: "" }), null, "not told before it is known");
  assert.equal(told(ann), `${CRM}/lightning/r/Contact/1/view`);
  assert.equal(told(ann), null, "not told twice");
  assert.equal(told(ann, "refreshed"), `${CRM}/lightning/r/Contact/1/view`);
  assert.equal(told(ann, "returned"), `${CRM}/lightning/r/Contact/1/view`);
  assert.equal(told(list), null, "not told from a record to a list");
  assert.equal(told(ann), `${CRM}/lightning/r/Contact/1/view`);
  assert.equal(told(form), `${CRM}/lightning/o/Contact/new?defaultFieldValues=Phone=1`);
  assert.equal(told(list), `${CRM}/lightning/o/Contact/list`);
});

test("a list view tells its address only, a page without record empty fields", () => {
  assert.deepEqual(viewInfo(page("list", "/l"), CRM), { url: `${CRM}/l` });
  assert.deepEqual(viewInfo(page("home", "/h"), CRM), {
    url: `${CRM}/h`,
    recordId: "",
    recordName: "",
    objectType: "",
  });
});

test("a person's pages and numbers name the person's other record", () => {
  const account = { ...page("record", "/a", "Ann Smith"), objectType: "Account" };
  const told = (person) => {
    const { personAccount, contactId, accountId } = viewInfo({ ...account, person }, CRM);
    return { personAccount, contactId, accountId };
  };
  const nothing = { personAccount: undefined, contactId: undefined, accountId: undefined };
  assert.deepEqual(told("contactId:003A"), {
    ...nothing,
    personAccount: true,
    contactId: "003A",
  });
  assert.deepEqual(told("accountId:001A"), {
    ...nothing,
    personAccount: true,
    accountId: "001A",
  });
  assert.deepEqual(told("no"), { ...nothing, personAccount: false });
  assert.deepEqual(told(""), nothing, "a business, or an org without persons");
  assert.deepEqual(told(undefined), nothing);
  const events = new NavigationEvents();
  const navigated = events.next({ ...account, person: "contactId:003A" }, "shown", CRM);
  assert.equal(navigated.personAccount, true);
  assert.equal(navigated.contactId, "003A");
  const record = { recordId: "001A", recordName: "Ann", objectType: "Account" };
  const link = { number: "+14155551212", ...record, person: "contactId:003A" };
  const dialled = new ClickToDial().dial(link, 0);
  const of = { ...record, personAccount: true, contactId: "003A" };
  assert.deepEqual(dialled, { number: "+14155551212", ...of });
});

test("clicks on one number within half a second are one event", () => {
  const dialler = new ClickToDial();
  const record = { recordId: "003A", recordName: "Ann", objectType: "Contact" };
  const link = { number: "+14155551212", ...record };
  assert.deepEqual(dialler.dial(link, 0), link);
  assert.equal(dialler.dial(link, 499), null);
  assert.deepEqual(dialler.dial({ number: "+1999" }, 500), { number: "+1999" });
  assert.deepEqual(dialler.dial(link, 501), link);
  assert.deepEqual(dialler.dial(link, 1_001), link);
});
