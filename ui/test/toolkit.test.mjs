// The Console Toolkit without a browser: arguments by their names, handlers and answers, frames that
// are not heard, tabs that open behind others, styles that are taken.
import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./load.mjs";

const { createToolkit } = await load("src/classic/integration_client.ts");
const { Toolkit } = await load("src/console/toolkit.ts");
const { callActs } = await load("src/console/toolkit_calls.ts");
const { styleOf } = await load("src/console/tab_dress.ts");
const { reduce, startTabs, allPages } = await load("src/console/tabs.ts");

/** The library, and the arguments of what it posts. */
function library() {
  const posted = [];
  const client = createToolkit({
    post: (message) => posted.push(message),
    later: (run) => run(),
    report: (error) => assert.fail(String(error)),
    address: () => "https://adapter.example/page",
  });
  return { ...client, posted, last: () => posted.at(-1).args };
}

test("functions are told from values wherever they stand", () => {
  const { console: kit, last } = library();
  const run = () => undefined;
  kit.openPrimaryTab(null, "/x", true, "Label", run, "name");
  const whole = { id: null, url: "/x", active: true, tabLabel: "Label", name: "name" };
  assert.deepEqual(last(), whole);
  kit.openPrimaryTab(null, "/x", true, "Label", null, "name");
  assert.deepEqual(last(), whole);
  kit.getSubtabIds(run);
  assert.deepEqual(last(), {});
  kit.getSubtabIds("scc-pt-1", run);
  assert.deepEqual(last(), { primaryTabId: "scc-pt-1" });
  kit.cti.getCallAttachedData("c1", run, { getCallType: true });
  assert.deepEqual(last(), { callObjectId: "c1", getCallType: { getCallType: true } });
  kit.setSelectedNavigationTab(run, "nav-1");
  assert.deepEqual(last(), { navigatorTabId: "nav-1" });
  kit.refreshPrimaryTabById("scc-pt-1", true, run, true);
  assert.deepEqual(last(), { id: "scc-pt-1", activate: true, fullRefresh: true });
});

test("an answer runs its callback once, an event its handler each time", () => {
  const { console: kit, receive, posted } = library();
  const heard = [];
  kit.getPrimaryTabIds((given) => heard.push(given));
  kit.cti.onCallBegin((given) => heard.push(given));
  const [asked, listens] = posted.map(({ id }) => id);
  const say = (id, kind, given) => receive({ apiType: "offhook.console", id, kind, given });
  say(asked, "answer", { success: true, ids: [] });
  say(asked, "answer", { success: true, ids: ["late"] });
  say(listens, "event", { id: "c1" });
  say(listens, "event", { id: "c2" });
  receive({ apiType: "other", id: listens, kind: "event", given: {} });
  assert.deepEqual(heard, [{ success: true, ids: [] }, { id: "c1" }, { id: "c2" }]);
});

test("a handler that was removed is not run, and the console is told which", () => {
  const { console: kit, receive, posted, last } = library();
  const handler = () => assert.fail("it was removed");
  kit.addEventListener("Type", handler);
  kit.removeEventListener("Type", handler);
  assert.deepEqual(last(), { eventType: "Type", listeners: [posted[0].id] });
  receive({ apiType: "offhook.console", id: posted[0].id, kind: "event", given: {} });
});

test("without a console every callback still runs, and isInConsole says so", () => {
  const heard = [];
  const { console: kit } = createToolkit({ post: null, later: (run) => run(), address: String });
  assert.equal(kit.isInConsole(), false);
  kit.getPrimaryTabIds(({ success }) => heard.push(success));
  kit.chat.getMaxCapacity(({ success }) => heard.push(success));
  assert.deepEqual(heard, [false, false]);
});

/** The console's half with two frames. */
function consoleHalf() {
  const posted = [];
  const frames = ["phone", "tab"].map((name) => ({
    window: { name },
    origin: `https://${name}.example`,
    page: name === "tab" ? "p1" : null,
  }));
  const toolkit = new Toolkit({
    frames: () => frames,
    post: (frame, message) => posted.push([frame.window.name, message.id, message.given]),
    note: () => undefined,
  });
  toolkit.use(callActs(toolkit));
  const say = async (frame, id, method, args = {}, origin = frame.origin) => {
    const data = { apiType: "offhook.console", id, method, args };
    toolkit.hear({ source: frame.window, origin, data });
    await new Promise((resolve) => setTimeout(resolve, 0));
  };
  return { toolkit, posted, say, phone: frames[0], tab: frames[1], frames };
}

test("only known frames are heard, each from its own origin", async () => {
  const { posted, say, phone } = consoleHalf();
  await say({ window: {}, origin: "https://x.example" }, 1, "cti.getCallObjectIds");
  await say(phone, 1, "cti.getCallObjectIds", {}, "https://evil.example");
  assert.deepEqual(posted, []);
});

test("what is not there answers with the reason, whatever its name", async () => {
  const { posted, say, phone } = consoleHalf();
  for (const [id, name] of ["chat.acceptChat", "toString", "fly"].entries()) await say(phone, id + 1, name);
  assert.deepEqual(posted.map(([, , { success }]) => success), [false, false, false]);
  assert.match(posted[0][2].message, /there is no chat/);
  assert.match(posted[2][2].message, /no method fly/);
});

test("a page that was loaded anew has no handlers of before, nor has a frame that is gone", async () => {
  const { toolkit, posted, say, phone, tab, frames } = consoleHalf();
  await say(tab, 1, "cti.onCallBegin");
  await say(tab, 2, "cti.onSendCTIMessage");
  await say(tab, 1, "cti.getCallObjectIds");
  posted.length = 0;
  await say(phone, 1, "cti.fireOnCallBegin", { callObjectId: "c", callType: "inbound" });
  assert.deepEqual(posted, [["phone", 1, { success: true }]]);
  await say(tab, 5, "cti.onCallBegin");
  assert.equal(toolkit.listens("onCallBegin"), true);
  frames.pop();
  assert.equal(toolkit.listens("onCallBegin"), false);
});

const HOME = { url: "/lightning/page/home", title: "Home", kind: "home", icon: "" };
const fresh = () => startTabs(null, { ...HOME, recordId: "", recordName: "", objectType: "" });
const RECORD = "/lightning/r/Contact/003000000000001AAA/view";
const OTHER = "/lightning/r/Contact/003000000000002AAA/view";
const put = (tabs, change) =>
  reduce(tabs, { type: "put", title: "x", workspace: null, page: null, front: false, ...change });

test("a tab that opens behind leaves the one in front, and is loaded all the same", () => {
  const { tabs, effects } = put(fresh(), { url: RECORD });
  assert.equal(tabs.focused, "navigation");
  assert.equal(tabs.workspaces.length, 1);
  assert.deepEqual(effects.map(({ type }) => type), ["load"]);
  const inner = put(tabs, { url: OTHER, workspace: tabs.workspaces[0].id });
  assert.equal(inner.tabs.workspaces[0].pages.length, 2);
  assert.equal(inner.tabs.workspaces[0].shown, tabs.workspaces[0].shown);
  assert.equal(inner.tabs.focused, "navigation");
});

test("an address that is open comes to the front, a named tab shows another in its place", () => {
  const one = put(fresh(), { url: RECORD }).tabs;
  const again = put(one, { url: RECORD, front: true });
  assert.equal(again.tabs.workspaces.length, 1);
  assert.equal(again.tabs.focused, again.tabs.workspaces[0].id);
  const page = one.workspaces[0].pages[0].id;
  const moved = put(one, { url: OTHER, page }).tabs;
  assert.deepEqual(allPages(moved).map(({ url }) => url), ["/lightning/page/home", OTHER]);
  assert.equal(allPages(moved)[1].id, page);
});

test("of a style only what colours a tab is taken", () => {
  const style = "background:#fde; COLOR: red; position:fixed; background-image:url(//x)";
  assert.deepEqual(styleOf(style, "tab"), { "background-color": "#fde", color: "red" });
  assert.equal(styleOf("background: url(//evil.example/x)", "tab"), null);
  assert.equal(styleOf("display:none", "text"), null);
});
