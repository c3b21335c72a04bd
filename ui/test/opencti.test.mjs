// The Open CTI library as an adapter meets it: what it throws, what it sends, what it takes.
import assert from "node:assert/strict";
import { test } from "node:test";
import vm from "node:vm";
import { build } from "esbuild";
import { join } from "node:path";
import { load, ui } from "./load.mjs";

const { createClient } = await load("src/opencti/protocol.ts");
const { hostParameters, apiVersionOf } = await load("src/opencti/frame.ts");

function client(apiVersion = 57) {
  const sent = [];
  const later = [];
  const reported = [];
  const { opencti, receive } = createClient({
    apiVersion,
    post: (message) => sent.push(structuredClone(message)),
    later: (run) => later.push(run),
    report: (error) => reported.push(error),
  });
  const reply = (request, response, more = {}) =>
    receive({
      methodName: request.methodName,
      callId: request.callId,
      apiVersion,
      apiType: "opencti",
      shouldExecuteCallback: true,
      shouldExecuteListener: false,
      response,
      ...more,
    });
  return { opencti, receive, sent, later, reported, reply };
}

const ok = (returnValue = null) => ({ success: true, returnValue, errors: null });

test("the global object has exactly the documented keys", () => {
  const keys = `CALL_TYPE SCREENPOP_TYPE initialize disableClickToDial enableClickToDial
    getAppViewInfo getCallCenterSettings getSoftphoneLayout isSoftphonePanelVisible
    notifyInitializationComplete onClickToDial onNavigationChange refreshView runApex saveLog
    screenPop searchAndScreenPop setSoftphoneItemIcon setSoftphoneItemLabel
    setSoftphonePanelHeight setSoftphonePanelIcon setSoftphonePanelLabel
    setSoftphonePanelVisibility setSoftphonePanelWidth hvs subscribe unsubscribe publish`;
  const { opencti } = client();
  assert.deepEqual(Object.keys(opencti).sort(), keys.split(/\s+/).sort());
  assert.deepEqual(Object.keys(opencti.hvs).sort(), ["completeWork", "onWorkStart"]);
  assert.deepEqual(opencti.CALL_TYPE, {
    INBOUND: "inbound",
    OUTBOUND: "outbound",
    INTERNAL: "internal",
  });
  assert.deepEqual(opencti.SCREENPOP_TYPE, {
    URL: "url",
    SOBJECT: "sobject",
    OBJECTHOME: "objecthome",
    LIST: "list",
    SEARCH: "search",
    NEW_RECORD_MODAL: "newRecord",
    FLOW: "flow",
  });
});

test("a misshapen call throws and sends nothing", () => {
  const { opencti, sent } = client();
  const oneObject = {
    message: "Must pass in only one object which holds arguments to this API method call.",
  };
  const f = () => {};
  for (const call of [
    () => opencti.refreshView({}),
    () => opencti.getAppViewInfo({}),
    () => opencti.getAppViewInfo(),
    () => opencti.screenPop("x"),
    () => opencti.screenPop(null),
    () => opencti.screenPop({ type: "url" }, { params: {} }),
    () => opencti.enableClickToDial(f),
    () => opencti.onClickToDial(),
  ]) {
    assert.throws(call, oneObject);
  }
  const missing = (name) => ({ message: `Missing the required argument \`${name}\`!` });
  assert.throws(() => opencti.getAppViewInfo({ x: 1 }), missing("callback"));
  for (const name of ["onClickToDial", "onNavigationChange"]) {
    assert.throws(() => opencti[name]({ callback: f }), missing("listener"));
  }
  assert.throws(() => opencti.saveLog({ value: "x" }), missing("value object"));
  for (const name of ["subscribe", "publish"]) {
    assert.throws(() => opencti[name]({ channelName: "", listener: f }), {
      message: "The argument `channelName` must be a non-empty string!",
    });
  }
  assert.deepEqual(sent, []);
});

test("calls without argument are accepted where the contract says so", () => {
  const { opencti, sent } = client();
  opencti.enableClickToDial();
  opencti.disableClickToDial();
  opencti.refreshView();
  opencti.notifyInitializationComplete();
  assert.deepEqual(sent.map((m) => [m.methodName, m.callId, m.isCallbackRegistered]), [
    ["enableClickToDial", 0, false],
    ["disableClickToDial", 1, false],
    ["refreshView", 2, false],
    ["notifyInitializationComplete", 3, false],
  ]);
});

test("a search travels as the golden message, without what was not given", () => {
  const { opencti, sent } = client();
  for (let n = 0; n < 20; n += 1) opencti.refreshView();
  opencti.searchAndScreenPop({
    searchParams: "4155551212",
    callType: "inbound",
    deferred: true,
    extra: "dropped",
    callback: () => {},
  });
  assert.deepEqual(sent[20], {
    methodName: "searchAndScreenPop",
    callId: 20,
    apiVersion: 57,
    apiType: "opencti",
    isCallbackRegistered: true,
    isListenerRegistered: false,
    args: { searchParams: "4155551212", callType: "inbound", deferred: true },
  });
});

test("each method sends its arguments under the names of the wire, unjudged", () => {
  const { opencti, sent } = client();
  opencti.saveLog({ value: { entityApiName: "Task", Subject: "Call" } });
  opencti.runApex({ apexClass: "C", methodName: "m", methodParams: "a=+1" });
  opencti.runApex({ apexClass: "C", methodName: "m", methodParams: {} });
  opencti.runApex({ apexClass: "C", methodName: "m" });
  opencti.screenPop({ type: "nonsense", defaultFieldValues: { Phone: "1" } });
  opencti.setSoftphonePanelHeight({ heightPX: "tall" });
  opencti.setSoftphonePanelWidth({ widthPX: -1 });
  opencti.setSoftphoneItemIcon({ key: "call" });
  opencti.setSoftphonePanelLabel({ label: "Ringing" });
  opencti.setSoftphonePanelVisibility({ visible: false });
  opencti.hvs.completeWork({ workId: "w", attributes: { taskId: "t" } });
  opencti.publish({ channelName: "Dial__c", message: { dial: 1 } });
  assert.deepEqual(sent.map((m) => [m.methodName, m.args]), [
    ["saveLog", { object: { entityApiName: "Task", Subject: "Call" } }],
    ["runApex", { apexClass: "C", methodName: "m", methodParams: "a=+1" }],
    ["runApex", { apexClass: "C", methodName: "m", methodParams: {} }],
    ["runApex", { apexClass: "C", methodName: "m" }],
    ["screenPop", { type: "nonsense" }],
    ["setSoftphonePanelHeight", { heightPX: "tall" }],
    ["setSoftphonePanelWidth", { widthPX: -1 }],
    ["setSoftphoneItemIcon", { key: "call" }],
    ["setSoftphonePanelLabel", { label: "Ringing" }],
    ["setSoftphonePanelVisibility", { visible: false }],
    ["completeWork", { workId: "w", attributes: { taskId: "t" } }],
    ["publish", { eventName: "Dial__c", message: { dial: 1 } }],
  ]);
});

test("listener registrations ask for no reply", () => {
  const { opencti, sent } = client();
  opencti.onClickToDial({ listener: () => {}, callback: () => {} });
  opencti.hvs.onWorkStart({ listener: () => {} });
  for (const message of sent) {
    assert.equal(message.isListenerRegistered, true);
    assert.equal(message.isCallbackRegistered, false);
    assert.deepEqual(message.args, {});
  }
});

test("a reply runs its callback once, however often it comes", () => {
  const { opencti, sent, reply } = client();
  const heard = [];
  opencti.getAppViewInfo({ callback: (response) => heard.push(response) });
  reply(sent[0], ok({ url: "/" }));
  reply(sent[0], ok({ url: "/again" }));
  assert.deepEqual(heard, [ok({ url: "/" })]);
});

test("replies with another version, no flag or another method are ignored", () => {
  const { opencti, sent, reply, receive } = client(57);
  const heard = [];
  opencti.refreshView({ callback: (response) => heard.push(response) });
  reply(sent[0], ok(), { apiVersion: 66 });
  reply(sent[0], ok(), { apiVersion: "57" });
  reply(sent[0], ok(), { shouldExecuteCallback: false });
  reply(sent[0], ok(), { shouldExecuteCallback: "true" });
  reply(sent[0], ok(), { methodName: "saveLog" });
  for (const junk of [null, undefined, "text", 5, [], {}]) receive(junk);
  assert.deepEqual(heard, []);
  reply(sent[0], ok());
  assert.equal(heard.length, 1);
});

test("one event runs every listener of its method, even when one of them throws", () => {
  const { opencti, reported, receive } = client();
  const heard = [];
  opencti.onClickToDial({ listener: () => assert.fail("on purpose") });
  opencti.onClickToDial({ listener: (payload) => heard.push(payload.number) });
  opencti.onNavigationChange({ listener: () => heard.push("navigation") });
  receive({
    methodName: "onClickToDial",
    apiVersion: 57,
    shouldExecuteCallback: false,
    shouldExecuteListener: true,
    response: { number: "4155551212" },
  });
  assert.deepEqual(heard, ["4155551212"]);
  assert.equal(reported.length, 1);
});

test("a channel is heard between subscribe and the last unsubscribe", () => {
  const { opencti, sent, later, reply, receive } = client();
  const heard = [];
  const subscriptions = [];
  for (const name of ["first", "second"]) {
    opencti.subscribe({
      channelName: "SampleMC__c",
      listener: (message) => heard.push([name, message.dial]),
      callback: (response) => subscriptions.push(response.subscription),
    });
  }
  assert.deepEqual(sent[0].args, { eventName: "SampleMC__c", subscription: {} });
  assert.equal(sent[0].isCallbackRegistered && sent[0].isListenerRegistered, true);
  reply(sent[0], ok());
  reply(sent[1], ok());
  const event = (eventName, dial) =>
    receive({
      methodName: "subscribe",
      eventName,
      apiVersion: 57,
      shouldExecuteCallback: false,
      shouldExecuteListener: true,
      response: { dial },
    });
  event("SampleMC__c", 1);
  event("Other__c", 2);
  const done = [];
  opencti.unsubscribe({ subscription: subscriptions[0], callback: (r) => done.push(r) });
  assert.equal(sent.length, 2, "another listener remains, so nothing is sent");
  later.forEach((run) => run());
  event("SampleMC__c", 3);
  opencti.unsubscribe({ subscription: subscriptions[1] });
  assert.deepEqual(sent[2].args, { eventName: "SampleMC__c" });
  event("SampleMC__c", 4);
  assert.deepEqual(heard, [["first", 1], ["second", 1], ["second", 3]]);
  assert.deepEqual(done, [ok()]);
});

test("the host is found in the URL, or in what an earlier page of the frame kept", () => {
  const query = "?a=1&mode=Lightning&sfdcIframeOrigin=http%3A%2F%2F127.0.0.1%3A8080";
  const parameters = { sfdcIframeOrigin: "http://127.0.0.1:8080", mode: "Lightning" };
  assert.deepEqual(hostParameters(query, {}), { parameters, missing: [] });
  assert.deepEqual(hostParameters("", parameters), { parameters, missing: [] });
  assert.deepEqual(hostParameters("?mode=x", {}).missing, ["sfdcIframeOrigin"]);
  assert.deepEqual(hostParameters("", {}).missing, ["sfdcIframeOrigin", "mode"]);
  assert.deepEqual(hostParameters("?mode=x&sfdcIframeOrigin=javascript:1", {}).missing, [
    "sfdcIframeOrigin",
  ]);
});

test("the version comes from the script's own address", () => {
  assert.equal(apiVersionOf(["https://h//support/api/43.0/lightning/opencti_min.js"]), 43);
  const several = [undefined, "https://h/a.js", "/support/api/57.0/lightning/opencti.js?v=1"];
  assert.equal(apiVersionOf(several), 57);
  assert.equal(apiVersionOf(["https://h/opencti.js"]), 66);
});

async function script() {
  const built = await build({
    entryPoints: [join(ui, "src/opencti/lightning.ts")],
    bundle: true,
    write: false,
    format: "iife",
    target: "es2022",
  });
  return built.outputFiles[0].text;
}

/** A page in a frame, as far as the library looks at it. */
function page(search) {
  const posted = [];
  const handlers = [];
  const parent = { postMessage: (message, origin) => posted.push({ message, origin }) };
  const store = new Map();
  const window = { parent, addEventListener: (_, handler) => handlers.push(handler) };
  const context = vm.createContext({
    window,
    location: { search },
    document: {
      currentScript: null,
      scripts: [{ src: "https://h/support/api/58.0/lightning/opencti.js" }],
    },
    sessionStorage: { getItem: (k) => store.get(k) ?? null, setItem: (k, v) => store.set(k, v) },
    HTMLScriptElement: class {},
    URLSearchParams,
    URL,
    console: { error() {} },
    setTimeout,
    reportError() {},
  });
  const hear = (event) => handlers.forEach((handler) => handler(event));
  return { context, window, parent, posted, hear };
}

test("without its URL parameters the script throws the documented plain string", async () => {
  const { context } = page("?mode=Lightning");
  const source = await script();
  const caught = vm.runInContext(`try { ${source}; null } catch (thrown) { thrown }`, context);
  assert.equal(
    caught,
    "Failed to initialize Open CTI. " +
      "Ensure that it is loaded from the right frame with correct URL parameters",
  );
});

test("in a frame the script speaks to its host only, and listens to its host only", async () => {
  const { context, window, parent, posted, hear } = page(
    "?mode=Lightning&sfdcIframeOrigin=https%3A%2F%2Fconsole.example",
  );
  vm.runInContext(await script(), context);
  const heard = [];
  window.sforce.opencti.refreshView({ callback: (response) => heard.push(response.success) });
  assert.equal(posted[0].origin, "https://console.example");
  assert.equal(posted[0].message.apiVersion, 58);
  const data = { ...posted[0].message, shouldExecuteCallback: true, response: ok() };
  hear({ source: {}, origin: "https://console.example", data });
  hear({ source: window, origin: "https://console.example", data });
  hear({ source: parent, origin: "https://console.example.evil.test", data });
  assert.deepEqual(heard, []);
  hear({ source: parent, origin: "https://console.example", data });
  assert.deepEqual(heard, [true]);
});

test("the script loaded a second time leaves the first client in place", async () => {
  const { context, window } = page(
    "?mode=Lightning&sfdcIframeOrigin=https%3A%2F%2Fconsole.example",
  );
  const source = await script();
  vm.runInContext(source, context);
  const first = window.sforce.opencti;
  vm.runInContext(source, context);
  assert.equal(window.sforce.opencti, first);
});
