// The Classic API on both ends of its wire: golden messages of the library, what the host makes of
// them, and what is dropped.
import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./load.mjs";

const { createInteraction } = await load("src/classic/interaction_client.ts");
const { classicFrame, apiVersionOf } = await load("src/classic/frame.ts");
const { ClassicHost } = await load("src/console/classic_host.ts");
const { fieldsOf, parseClassic } = await load("src/console/classic_wire.ts");
const { popOf, prefill } = await load("src/console/classic_addresses.ts");

const NONCE = "c0ffee";

/** A library of this version, and what it posts. */
function library(apiVersion = 25) {
  const posted = [];
  const client = createInteraction({
    apiVersion,
    nonce: NONCE,
    frameOrigin: "https://adapter.example",
    post: (message) => posted.push(message),
    later: (run) => run(),
    report: (error) => assert.fail(String(error)),
  });
  return { ...client, posted };
}

test("version 25 posts the measured messages", () => {
  const { interaction, posted } = library();
  const callback = () => undefined;
  interaction.isVisible(callback);
  interaction.cti.onClickToDial(callback);
  interaction.screenPop("/003000000000001", callback);
  interaction.saveLog("Task", "Subject=Call with Ann&Status=Completed", callback);
  interaction.runApex("C", "m", "phone=+14155551212", callback);
  interaction.setVisible(true);
  interaction.searchAndScreenPop("4155551212", "con10=4155551212", null, callback);
  assert.deepEqual(posted, [
    "method=isVisible_1&nonce=c0ffee",
    "method=onClickToDial&nonce=c0ffee",
    "method=screenPop_2&targetUrl=%2F003000000000001&nonce=c0ffee",
    "method=saveLog_3&objectName=Task&saveParams=Subject%253DCall%2520with%2520Ann%2526Status%253D" +
      "Completed&nonce=c0ffee",
    "method=runApex_4&apexClass=C&methodName=m&methodParams=phone%3D%2B14155551212&nonce=c0ffee",
    "method=setVisible&value=true&nonce=c0ffee",
    "method=searchAndScreenPop_5&searchParams=4155551212&queryParams=con10%3D4155551212&nonce=c0ffee",
  ]);
});

test("from version 31 a prefix, the version and the page's origin go with each message", () => {
  const { interaction, posted } = library(33);
  interaction.screenPop("/x", true, () => undefined);
  assert.equal(
    posted[0],
    "interactionApi/method=screenPop_1&targetUrl=%2Fx&force=true&apiVersion=33" +
      "&frameOrigin=https%3A%2F%2Fadapter.example&nonce=c0ffee",
  );
});

test("a callback gets result and error once, with saveLog the id, booleans as booleans", () => {
  const { interaction, receive } = library();
  const heard = [];
  interaction.isVisible((answer) => heard.push(answer));
  interaction.saveLog("Task", "Subject=x", (answer) => heard.push(answer));
  interaction.getPageInfo((answer) => heard.push(answer));
  receive("method=isVisible_1&result=true");
  receive("method=isVisible_1&result=false");
  receive("interactionApi/method=saveLog_2&result=true&id=00T000000000001");
  receive("method=getPageInfo_3&result=false&error=No%20page");
  receive({ method: "getPageInfo_3" });
  receive("x=method=getPageInfo_3");
  assert.deepEqual(heard, [
    { result: true, error: undefined },
    { result: true, error: undefined, id: "00T000000000001" },
    { result: false, error: "No page" },
  ]);
});

test("an event runs every listener with method and result", () => {
  const { interaction, receive } = library();
  const heard = [];
  interaction.onFocus((event) => heard.push(event));
  interaction.onFocus((event) => heard.push(event));
  receive("method=onFocus&result=%7B%22url%22%3A%22%2F%22%7D");
  assert.deepEqual(heard, Array(2).fill({ method: "onFocus", result: '{"url":"/"}' }));
});

test("without a console every callback still runs", () => {
  const heard = [];
  const { interaction } = createInteraction({
    apiVersion: 25,
    nonce: "",
    frameOrigin: "",
    post: null,
    later: (run) => run(),
    report: () => undefined,
  });
  interaction.isInConsole((answer) => heard.push(answer));
  interaction.getPageInfo(({ result, error }) => heard.push([result, typeof error]));
  assert.deepEqual(heard, [{ result: false, error: undefined }, [false, "string"]]);
});

test("the page finds its console by either spelling, and its version by the script's address", () => {
  const origin = "https://crm.example";
  assert.deepEqual(classicFrame(`?a=1&sfdcIFrameOrigin=${origin}&nonce=n`, {}), {
    origin,
    nonce: "n",
  });
  assert.equal(classicFrame(`?sfdcIframeOrigin=${origin}`, {}).origin, origin);
  assert.equal(classicFrame("?code=7", { origin, nonce: "n" }).nonce, "n");
  assert.equal(classicFrame("?sfdcIFrameOrigin=javascript:alert(1)", {}), null);
  assert.equal(apiVersionOf([undefined, "https://h//support/api/31.0/interaction.js"]), 31);
  assert.equal(apiVersionOf(["https://h/support/console/20.0/integration.js"]), 20);
});

const ORIGIN = "https://adapter.example";
const FRAME = { name: "the frame's window" };
const CONTACT = "003000000000001AAA";

/** A host, its posts, and what it did. */
function host(replies = {}) {
  const posted = [];
  const asked = [];
  const did = [];
  const view = { recordId: CONTACT, recordName: "Ann", objectType: "Contact" };
  const desk = {
    viewInfo: () => ({ url: "https://crm/x", ...view }),
    panelVisible: () => false,
  };
  const setters = "refreshView setClickToDial initialized setPanelVisible setPanelHeight setPanelWidth";
  for (const name of setters.split(" ")) desk[name] = (value) => did.push([name, value]);
  const made = new ClassicHost({
    desk,
    frame: () => ({ window: FRAME, origin: ORIGIN }),
    nonce: () => NONCE,
    post: (_, message) => posted.push(message),
    ask: async (method, args) => {
      if (method !== "classic.objects") asked.push([method, args]);
      const objects = { Contact: { label: "Person", prefix: "003" } };
      const returnValue = method === "classic.objects" ? objects : null;
      return { reply: { success: true, returnValue, errors: null }, ...replies[method] };
    },
    pop: (url) => did.push(["pop", url]),
    reloadFrame: () => did.push(["reload"]),
    heard: () => undefined,
    note: () => undefined,
  });
  const say = async (data, { source = FRAME, origin = ORIGIN } = {}) => {
    made.hear({ source, origin, data });
    await new Promise((resolve) => setTimeout(resolve, 0));
    await new Promise((resolve) => setTimeout(resolve, 0));
  };
  return { host: made, posted, asked, did, say };
}

test("only the frame is heard, from its origin, with its nonce", async () => {
  const { posted, say } = host();
  await say("method=isInConsole_1&nonce=c0ffee", { source: {} });
  await say("method=isInConsole_1&nonce=c0ffee", { origin: "https://evil.example" });
  await say("method=isInConsole_1&nonce=other");
  await say("method=isInConsole_1");
  await say("hello");
  assert.deepEqual(posted, []);
  await say("method=isInConsole_1&nonce=c0ffee");
  assert.deepEqual(posted, ["method=isInConsole_1&result=true"]);
});

test("an answer has the prefix of its request, and none goes out where nobody waits", async () => {
  const { posted, did, say } = host();
  await say("interactionApi/method=isVisible_1&apiVersion=31&nonce=c0ffee");
  await say("method=setVisible&value=true&nonce=c0ffee");
  await say('entityFeedApi/{"message":{"method":"reloadFrame_2","version":34},"nonce":"c0ffee"}');
  assert.equal(posted[0], "interactionApi/method=isVisible_1&result=false");
  assert.match(posted[1], /^entityFeedApi\/\{"message":\{"method":"reloadFrame_2"/);
  assert.deepEqual(did, [["setPanelVisible", true], ["reload"]]);
});

test("values that are none are refused with their parameter, methods that are none by name", async () => {
  const { posted, did, say } = host();
  for (const query of ["setVisible_1&value=x", "setSoftphoneHeight_2&height=-1", "fly_3"]) {
    await say(`method=${query}&nonce=c0ffee`);
  }
  assert.ok(posted.every((message) => message.includes("result=false&error=")));
  assert.match(decodeURIComponent(posted[1]), /parameter height\. a number from 0 was expected/);
  assert.match(decodeURIComponent(posted[2]), /There is no method fly/);
  assert.deepEqual(did, []);
});

test("saveLog decodes twice and gives the id in 15 characters", async () => {
  const saved = { reply: { success: true, returnValue: { recordId: CONTACT }, errors: null } };
  const { posted, asked, say } = host({ saveLog: saved });
  const fields = "Subject%253DCall%2520with%2520Ann%2526Phone%253D%252B1415";
  await say(`method=saveLog_7&objectName=Task&saveParams=${fields}&nonce=c0ffee`);
  await say("method=saveLog_8&objectName=Task&saveParams=Id%253D00T1%2526Status%253Ddone&nonce=c0ffee");
  assert.deepEqual(asked, [
    ["saveLog", { object: { entityApiName: "Task", Subject: "Call with Ann", Phone: "+1415" } }],
    ["saveLog", { object: { Id: "00T1", Status: "done" } }],
  ]);
  assert.equal(posted[0], "method=saveLog_7&result=true&id=003000000000001");
});

test("a search pops, prefills by the old field ids, and answers in the words of its version", async () => {
  const record = { Id: CONTACT, Name: "Ann", Phone: "1", Title: "x", RecordType: "Contact" };
  const reply = { success: true, returnValue: { [CONTACT]: record }, errors: null };
  const { posted, asked, did, say } = host({
    searchAndScreenPop: { reply, navigate: "/lightning/r/Contact/x/view" },
  });
  const query = "con10%3D415%26name_firstcon2%3DAnn%26x%3Dy";
  await say(`method=searchAndScreenPop_1&searchParams=415&queryParams=${query}&nonce=c0ffee`);
  const { defaultFieldValues } = asked[0][1];
  assert.deepEqual(defaultFieldValues, { Phone: "415", FirstName: "Ann" });
  assert.deepEqual(did, [["pop", "/lightning/r/Contact/x/view"]]);
  const result = (message) => JSON.parse(new URLSearchParams(message.split("/").at(-1)).get("result"));
  const old = { Name: "Ann", object: "Contact", Phone: "1", Title: "x" };
  assert.deepEqual(result(posted[0]), { "003000000000001": old });
  await say("interactionApi/method=searchAndScreenPop_2&apiVersion=33&searchParams=4&nonce=c0ffee");
  assert.equal(result(posted[1])["003000000000001"].displayName, "Person");
});

test("of several matches one field each is told beside the name", async () => {
  const record = { Id: "x", Name: "Ann", Phone: "1", Title: "x", RecordType: "Contact" };
  const reply = { success: true, returnValue: { a: record, b: record }, errors: null };
  const { posted, say } = host({ searchAndScreenPop: { reply } });
  await say("method=searchAndScreenPop_1&searchParams=415&nonce=c0ffee");
  const { a } = JSON.parse(new URLSearchParams(posted[0]).get("result"));
  assert.deepEqual(a, { Name: "Ann", object: "Contact", Phone: "1" });
});

test("a listener is never answered, and hears each page and click once", async () => {
  const { host: made, posted, say } = host();
  await say("method=onFocus&nonce=c0ffee");
  await say("method=onFocus&nonce=c0ffee");
  await say("method=onClickToDial&nonce=c0ffee");
  const page = { url: "https://crm/x", recordId: CONTACT, recordName: "Ann", objectType: "Contact" };
  made.focused(page);
  made.focused(page);
  made.dialled({ number: "415" });
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(posted.length, 2);
  const told = JSON.parse(new URLSearchParams(posted[0]).get("result"));
  const record = { objectId: "003000000000001", objectName: "Ann", object: "Contact" };
  assert.deepEqual(told, { url: "https://crm/x", ...record });
  assert.equal(posted[1], "method=onClickToDial&result=%7B%22number%22%3A%22415%22%7D");
});

test("fields of a query keep a raw plus, a percent that means itself, and a lone ampersand", () => {
  assert.deepEqual(fieldsOf("a=+1 415&b=100% sure&c=Smith & Sons&d=x%20y&=z"), {
    a: "+1 415",
    b: "100% sure",
    c: "Smith & Sons",
    d: "x y",
    "": "z",
  });
});

test("addresses of Classic lead to what they meant", () => {
  const objects = { Contact: { label: "Contact", prefix: "003" } };
  assert.deepEqual(popOf("/search/SearchResults?searchType=2&str=Acme%20Inc", objects), {
    type: "search",
    params: { searchString: "Acme Inc" },
  });
  assert.deepEqual(popOf("/003/e?con10=415&name_lastcon2=Lee&retURL=%2F003", objects), {
    type: "newRecord",
    params: { entityName: "Contact", defaultFieldValues: { Phone: "415", LastName: "Lee" } },
  });
  assert.deepEqual(popOf("/003/o", objects), { type: "objecthome", params: { scope: "Contact" } });
  assert.equal(popOf("/003000000000001", objects), null);
  assert.deepEqual(prefill({ MobilePhone: "1", con12: "" }), { MobilePhone: "1" });
});

test("messages of any kind are survived", () => {
  for (const data of ["", "&", "method=", "method=%", "{", '{"message":1}', "entityFeedApi/{}"]) {
    assert.equal(parseClassic(data), "not_a_request", data);
  }
  assert.equal(parseClassic("x".repeat(600_000)), "too_large");
});
