// The tabs machine: events in, tabs and effects out. Tabs are written as a line of titles, the one
// in front in brackets, subtabs after a slash.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { reduce, startTabs, shownPage, allPages, WORKSPACES_MAX } = await load(
  "src/console/tabs.ts",
);
const { placeOf } = await load("src/console/address.ts");
const { parseTabs } = await load("src/console/saved_tabs.ts");

const LIST = "/lightning/o/Contact/list";
const id = (n) => `00300000000000${n}`;
const view = (n) => `/lightning/r/Contact/${id(n)}AAA/view`;
const EMPTY = { kind: "", icon: "", recordId: "", recordName: "", objectType: "" };
const facts = (url, title, more = {}) => ({ ...EMPTY, url, title, ...more });
const record = (n, more = {}) =>
  facts(view(n), `R${n}`, { kind: "record", recordId: `${id(n)}AAA`, ...more });

/** A console that was opened on the list of contacts. */
function desk() {
  let tabs = startTabs(null, facts(LIST, "Contacts", { kind: "list" }));
  let effects = [];
  const step = (event) => {
    ({ tabs, effects } = reduce(tabs, event));
    return line(tabs);
  };
  const from = () => shownPage(tabs).id;
  return {
    get tabs() {
      return tabs;
    },
    get effects() {
      return effects;
    },
    step,
    open: (url, as = "place") => step({ type: "open", url, as, from: from() }),
    openRecord: (n, as) => {
      step({ type: "open", url: view(n), as: as ?? "place", from: from() });
      return step({ type: "loaded", page: from(), facts: record(n) });
    },
    front: () => shownPage(tabs),
    loads: () => effects.filter((e) => e.type === "load").map((e) => e.url),
    address: () => effects.filter((e) => e.type === "address").map((e) => [e.how, e.url]),
  };
}

function line(tabs) {
  const front = shownPage(tabs).id;
  const mark = (page) => (page.id === front ? `[${page.title}]` : page.title);
  const workspaces = tabs.workspaces.map((w) => w.pages.map(mark).join("/"));
  return [mark(tabs.navigation), ...workspaces].join(" ");
}

test("records open in workspace tabs, lists in the navigation tab", () => {
  const d = desk();
  d.open(view(1));
  assert.deepEqual(d.loads(), [view(1)]);
  assert.deepEqual(d.address(), [["push", view(1)]]);
  assert.equal(d.openRecord(1), "Contacts [R1]");
  assert.equal(d.openRecord(2), "Contacts R1 [R2]");
  assert.equal(d.open("/lightning/o/Lead/list"), "[Contacts] R1 R2");
  assert.deepEqual(d.loads(), ["/lightning/o/Lead/list"]);
});

test("a record that is open is brought to the front and not fetched again", () => {
  const d = desk();
  d.openRecord(1);
  d.openRecord(2);
  assert.equal(d.open(view(1)), "Contacts [R1] R2");
  assert.deepEqual(d.loads(), []);
  const fifteen = `/lightning/r/Contact/${id(2)}/view`;
  assert.equal(d.step({ type: "pop", url: fifteen, title: "", spare: false }), "Contacts R1 [R2]");
  assert.deepEqual(d.loads(), []);
});

test("a pop leaves an edit form of that record as it is", () => {
  const d = desk();
  d.openRecord(1);
  d.open(view(1).replace("view", "edit"));
  assert.deepEqual(d.loads(), [view(1).replace("view", "edit")]);
  d.open(LIST);
  assert.equal(d.step({ type: "pop", url: view(1), title: "", spare: false }), "Contacts [R1]");
  assert.deepEqual(d.loads(), []);
});

test("a pop of a list goes beside a navigation tab with unsaved entries", () => {
  const d = desk();
  const search = "/lightning/search?q=555";
  assert.equal(
    d.step({ type: "pop", url: search, title: "Search", spare: true }),
    "Contacts [Search]",
  );
  assert.equal(d.step({ type: "pop", url: search, title: "", spare: false }), "[Contacts] Search");
});

test("related records open as subtabs of their workspace", () => {
  const d = desk();
  d.openRecord(1);
  assert.equal(d.openRecord(2, "subtab"), "Contacts R1/[R2]");
  assert.equal(d.openRecord(3, "subtab"), "Contacts R1/R2/[R3]");
  assert.equal(d.open(view(1)), "Contacts [R1]/R2/R3");
  assert.equal(d.step({ type: "step", by: -1, among: "subtabs" }), "Contacts R1/R2/[R3]");
});

test("the whole of a related list is a subtab beside its record", () => {
  const d = desk();
  d.openRecord(1);
  d.open(view(1).replace("view", "related/Case/view"), "subtab");
  assert.equal(line(d.tabs), "Contacts R1/[Contact]");
});

test("a subtab link on the navigation tab opens a workspace tab", () => {
  assert.equal(desk().openRecord(1, "subtab"), "Contacts [R1]");
});

test("closing goes to the neighbour, and a workspace closes with its subtabs", () => {
  const d = desk();
  for (const n of [1, 2, 3]) d.openRecord(n);
  d.open(view(2));
  const first = d.front().id;
  d.openRecord(4, "subtab");
  assert.equal(d.step({ type: "close", page: d.front().id }), "Contacts R1 [R2] R3");
  d.openRecord(4, "subtab");
  assert.equal(d.step({ type: "close", page: first }), "Contacts R1 [R3]");
  assert.deepEqual(d.address(), [["push", view(3)]]);
  assert.equal(d.step({ type: "reopen" }), "Contacts R1 R3 R2/[R4]");
  assert.equal(d.step({ type: "close", page: d.tabs.navigation.id }), "Contacts R1 R3 R2/[R4]");
});

test("closing a tab behind does not move what is in front", () => {
  const d = desk();
  d.openRecord(1);
  const behind = d.front().id;
  d.openRecord(2);
  assert.equal(d.step({ type: "close", page: behind }), "Contacts [R2]");
  assert.deepEqual(d.address(), []);
});

test("reopening a tab whose record was opened meanwhile goes to that record", () => {
  const d = desk();
  d.openRecord(1);
  d.step({ type: "close", page: d.front().id });
  d.openRecord(1);
  d.open(LIST);
  assert.equal(d.step({ type: "reopen" }), "Contacts [R1]");
});

test("close others keeps what is in front and can be undone one by one", () => {
  const d = desk();
  for (const n of [1, 2, 3]) d.openRecord(n);
  assert.equal(d.step({ type: "close_others" }), "Contacts [R3]");
  assert.equal(d.step({ type: "reopen" }), "Contacts R3 [R2]");
});

test("steps go round, and numbers go straight to a tab", () => {
  const d = desk();
  for (const n of [1, 2]) d.openRecord(n);
  assert.equal(d.step({ type: "step", by: 1, among: "tabs" }), "[Contacts] R1 R2");
  assert.equal(d.step({ type: "step", by: -1, among: "tabs" }), "Contacts R1 [R2]");
  assert.equal(d.step({ type: "go", to: 1 }), "Contacts [R1] R2");
  assert.equal(d.step({ type: "go", to: 9 }), "Contacts [R1] R2");
  assert.equal(d.step({ type: "go", to: 0 }), "[Contacts] R1 R2");
});

test("a new record's tab becomes the record's tab after saving", () => {
  const d = desk();
  const form = "/lightning/o/Contact/new?defaultFieldValues=Phone=1";
  assert.equal(d.open(form), "Contacts [New Contact]");
  d.step({ type: "loaded", page: d.front().id, facts: record(7) });
  assert.equal(line(d.tabs), "Contacts [R7]");
  assert.deepEqual(d.address(), [["replace", view(7)]]);
  assert.equal(d.open(view(7)), "Contacts [R7]");
});

test("a deleted record's tab closes and the answer is shown in the navigation tab", () => {
  const d = desk();
  d.openRecord(1);
  d.openRecord(2);
  d.step({ type: "loaded", page: d.front().id, facts: facts(LIST, "Contacts", { kind: "list" }) });
  assert.equal(line(d.tabs), "[Contacts] R1");
  assert.deepEqual(d.loads(), [LIST]);
});

test("a page that turns out to be an open record joins it", () => {
  const d = desk();
  d.openRecord(1);
  d.open("/lightning/o/Contact/new");
  d.step({ type: "loaded", page: d.front().id, facts: record(1) });
  assert.equal(line(d.tabs), "Contacts [R1]");
  assert.deepEqual(d.loads(), [view(1)]);
});

test("back and forward go to the page they came from without a new entry", () => {
  const d = desk();
  d.openRecord(1);
  const page = d.front().id;
  d.open(LIST);
  assert.equal(d.step({ type: "history", page, url: view(1) }), "Contacts [R1]");
  assert.deepEqual(d.effects, []);
  const edit = view(1).replace("view", "edit");
  d.step({ type: "history", page, url: edit });
  assert.deepEqual(d.effects, [{ type: "load", page, url: edit }]);
  d.step({ type: "close", page });
  d.step({ type: "history", page, url: view(1) });
  assert.deepEqual(d.loads(), [view(1)]);
  assert.deepEqual(d.address(), []);
});

test("beyond the limit of tabs, records open in the navigation tab and nothing is closed", () => {
  const d = desk();
  for (let n = 0; n < WORKSPACES_MAX; n += 1) d.open(`/lightning/o/Contact/new?n=${n}`);
  d.open(view(1));
  assert.equal(d.tabs.workspaces.length, WORKSPACES_MAX);
  assert.equal(d.front().id, d.tabs.navigation.id);
  assert.deepEqual(d.loads(), [view(1)]);
});

test("tabs come back after a reload, with the page of the address in front", () => {
  const d = desk();
  d.openRecord(1);
  d.openRecord(2, "subtab");
  const saved = parseTabs(JSON.parse(JSON.stringify(d.tabs)));
  assert.equal(line(startTabs(saved, record(2))), "Contacts R1/[R2]");
  assert.equal(line(startTabs(saved, record(5))), "Contacts R1/R2 [R5]");
  assert.equal(line(startTabs(saved, facts(LIST, "All contacts"))), "[All contacts] R1/R2");
  const ids = allPages(startTabs(saved, record(5))).map((page) => page.id);
  assert.equal(new Set(ids).size, ids.length);
});

test("damaged or foreign saved tabs count as none", () => {
  const d = desk();
  d.openRecord(1);
  const good = JSON.parse(JSON.stringify(d.tabs));
  const spoilt = [
    null,
    [],
    "text",
    {},
    { ...good, navigation: null },
    { ...good, workspaces: {} },
    { ...good, nextId: 1 },
    { ...good, workspaces: [{ ...good.workspaces[0], pages: [] }] },
    { ...good, workspaces: [{ ...good.workspaces[0], shown: "p99" }] },
    { ...good, navigation: { ...good.navigation, url: "javascript:alert(1)" } },
    { ...good, navigation: { ...good.navigation, url: "https://elsewhere.example/" } },
    { ...good, closed: good.workspaces },
  ];
  for (const json of spoilt) assert.equal(parseTabs(json), null, JSON.stringify(json));
  assert.equal(parseTabs({ ...good, focused: "w77" }).focused, "navigation");
});

test("addresses of the console have a place, others have none", () => {
  const key = (url) => placeOf(url, "https://crm.example")?.key ?? null;
  assert.equal(key(view(1)), `record:${id(1)}`);
  assert.equal(key(`/lightning/r/${id(1)}`), `record:${id(1)}`);
  assert.equal(key("/"), "navigation");
  assert.equal(key(`https://crm.example${LIST}`), "navigation");
  const elsewhere = ["https://x.example/lightning/r", "//x/", "tel:+1"];
  for (const url of ["/login", "/logout", "/assets/a.js", ...elsewhere]) {
    assert.equal(key(url), null, url);
  }
});
