// Every signature of sforce.console in a real console: those that drive it are proven by what the
// tabs, the phone and other frames show; those that are refused by their reason.
import assert from "node:assert/strict";

import { until } from "../offhook.mjs";
import { rows } from "../tasks.mjs";

/** Runs the proofs; the softphone in `frame` is in the phone's panel, and no tab is open. */
export async function toolkitProofs(stage) {
  const { frame, page, proofs, adapters } = stage;
  const askIn = (frame, path, given) =>
    frame.evaluate(
      ([path, given]) => {
        const steps = path.split(".");
        const last = steps.pop();
        const place = steps.reduce((at, step) => at[step], sforce.console);
        return new Promise((resolve, reject) => {
          setTimeout(() => reject(new Error(`${path} was not answered`)), 10_000);
          place[last](...given, resolve);
        });
      },
      [path, given],
    );
  const ask = (path, ...given) => askIn(frame, path, given);
  const good = async (path, ...given) => {
    const { success, ...rest } = await ask(path, ...given);
    assert.equal(success, true, `${path}: ${rest.message}`);
    return rest;
  };
  const bad = async (path, ...given) => {
    const { success, message } = await ask(path, ...given);
    assert.equal(success, false, path);
    assert.ok(message.length > 10, message);
  };
  const hearIn = (frame, path, ...given) =>
    frame.evaluate(
      ([path, given]) => {
        const steps = path.split(".");
        const last = steps.pop();
        const place = steps.reduce((at, step) => at[step], sforce.console);
        globalThis.told ??= {};
        const key = given[0]?.toString() ?? path;
        told[key] = [];
        globalThis.handlers ??= {};
        handlers[key] = (event) => told[key].push(event);
        place[last](...given, handlers[key]);
      },
      [path, given],
    );
  const hear = (path, ...given) => hearIn(frame, path, ...given);
  const told = (key) => until(`an event of ${key}`, 8_000, () => frame.evaluate((key) => told[key].at(-1), key));
  const titles = () => page.locator("#oh-tabs [role=tab]").allInnerTexts();
  const selected = () => page.locator('#oh-tabs .oh-tabs__row:first-child [aria-selected="true"]').innerText();
  const shows = (title) => until(`the tab ${title}`, 5_000, async () => (await selected()).startsWith(title));
  const board = `${adapters.origin}/classic/workspace.html`;
  const kit = { ...stage, ask, askIn, good, bad, hear, hearIn, told, titles, selected, shows, board };
  await proofs.prove("isInConsole", "true, at once", async () => {
    assert.equal(await frame.evaluate(() => sforce.console.isInConsole()), true);
  });
  const ids = await opening(kit);
  await focusing({ ...kit, ids });
  await asking({ ...kit, ids });
  await looks({ ...kit, ids });
  await refreshing({ ...kit, ids });
  await enclosed({ ...kit, ids });
  await events({ ...kit, ids });
  await calls(kit);
  await component(kit);
  await around({ ...kit, ids });
  await closing({ ...kit, ids });
  await refused(kit);
}

async function opening({ proofs, good, bad, hear, told, shows, titles, board, frame, offhook }) {
  const [{ id: record }] = await rows(offhook, `SELECT id FROM org_contact WHERE is_deleted = 0 LIMIT 1`);
  const [{ id: account }] = await rows(offhook, `SELECT id FROM org_account WHERE is_deleted = 0 LIMIT 1`);
  const ids = { record, account };
  const open = await frame.evaluate(() => sforce.console.ConsoleEvent.OPEN_TAB);
  await hear("addEventListener", open);
  await proofs.prove("openPrimaryTab", "a record in front, by its short address, with label and name", async () => {
    ids.first = (await good("openPrimaryTab", null, `/${record.slice(0, 15)}`, true, "First", null, "one")).id;
    assert.match(ids.first, /^scc-pt-\d+$/);
    await shows("First");
  });
  await proofs.prove("addEventListener", "`OPEN_TAB` tells of it", async () => {
    const event = await told(open);
    assert.deepEqual(event, { id: ids.first, objectId: record.slice(0, 15) });
  });
  await proofs.prove("openPrimaryTab", "a page of the softphone's own origin, behind; another origin is refused", async () => {
    ids.board = (await good("openPrimaryTab", null, board, false, "Board", null, "two")).id;
    await shows("First");
    assert.ok((await titles()).some((title) => title.startsWith("Board")));
    await bad("openPrimaryTab", null, "https://elsewhere.example/", true, "No");
  });
  await proofs.prove("openPrimaryTab", "an id shows the address in that tab", async () => {
    const { id } = await good("openPrimaryTab", ids.board, `${board}?again=1`, false, "Board");
    assert.equal(id, ids.board);
  });
  await proofs.prove("openSubtab", "in front, with label and name", async () => {
    ids.sub = (await good("openSubtab", ids.first, `/${account}`, true, "Inner", null, null, "inner")).id;
    assert.match(ids.sub, /^scc-st-\d+$/);
    await until("the subtab", 5_000, async () => (await titles()).some((title) => title.startsWith("Inner")));
  });
  await proofs.prove("openSubtabByPrimaryTabName", "in the tab of that name; another name is refused", async () => {
    const given = [`${board}?sub=1`, false, "Inner board", null];
    ids.inner = (await good("openSubtabByPrimaryTabName", "one", ...given)).id;
    await bad("openSubtabByPrimaryTabName", "nobody", ...given);
  });
  return ids;
}

async function focusing({ proofs, good, bad, hear, told, shows, ids, page }) {
  const subtab = () => page.locator('#oh-tabs .oh-tabs__row_sub [aria-selected="true"]').innerText();
  const inner = (title) => until(`the subtab ${title}`, 5_000, async () => (await subtab()).startsWith(title));
  await hear("onFocusedPrimaryTab");
  await hear("onFocusedSubtab");
  await proofs.prove("focusPrimaryTabById", "by its id; another is refused", async () => {
    await good("focusPrimaryTabById", ids.board);
    await shows("Board");
    await bad("focusPrimaryTabById", "scc-pt-999");
  });
  await proofs.prove("onFocusedPrimaryTab", "runs with `id` and `objectId`", async () => {
    assert.deepEqual(await told("onFocusedPrimaryTab"), { id: ids.board, objectId: null });
  });
  await proofs.prove("focusPrimaryTabByName", "by the name it was opened with", async () => {
    await good("focusPrimaryTabByName", "one");
    await shows("First");
    await bad("focusPrimaryTabByName", "nobody");
  });
  await proofs.prove("focusSubtabById", "by its id", async () => {
    await good("focusSubtabById", ids.inner);
    await inner("Inner board");
  });
  await proofs.prove("onFocusedSubtab", "runs with `id` and `objectId`", async () => {
    assert.equal((await told("onFocusedSubtab")).id, ids.inner);
  });
  await proofs.prove("focusSubtabByNameAndPrimaryTabId", "by name and id", async () => {
    await good("focusSubtabByNameAndPrimaryTabId", "inner", ids.first);
    await until("the subtab", 5_000, async () => (await subtab()).startsWith("Inner"));
    await bad("focusSubtabByNameAndPrimaryTabId", "nobody", ids.first);
  });
  await proofs.prove("focusSubtabByNameAndPrimaryTabName", "by both names", async () => {
    await good("focusSubtabById", ids.inner);
    await good("focusSubtabByNameAndPrimaryTabName", "inner", "one");
    assert.equal((await good("getFocusedSubtabId")).id, ids.sub);
  });
}

async function asking({ proofs, good, ids, offhook }) {
  const is = (method, expected, ...given) => async () => {
    assert.deepEqual(await good(method, ...given), expected);
  };
  const record = ids.record.slice(0, 15);
  const prove = (method, outcome, run) => proofs.prove(method, outcome, run);
  await prove("getFocusedPrimaryTabId", "its id", is("getFocusedPrimaryTabId", { id: ids.first }));
  await prove("getFocusedPrimaryTabObjectId", "its record", is("getFocusedPrimaryTabObjectId", { id: record }));
  await prove("getFocusedSubtabId", "its id", is("getFocusedSubtabId", { id: ids.sub }));
  const account = ids.account.slice(0, 15);
  await prove("getFocusedSubtabObjectId", "its record", is("getFocusedSubtabObjectId", { id: account }));
  await prove("getPrimaryTabIds", "all, in their order", is("getPrimaryTabIds", { ids: [ids.first, ids.board] }));
  await prove("getSubtabIds", "all pages of the tab", async () => {
    const { ids: found } = await good("getSubtabIds", ids.first);
    assert.deepEqual(found.slice(1), [ids.sub, ids.inner]);
  });
  await prove("getPageInfo", "JSON text of the tab's record", async () => {
    const facts = await until("the record's name", 5_000, async () => {
      const found = JSON.parse((await good("getPageInfo", ids.first)).pageInfo);
      return found.objectName ? found : null;
    });
    assert.equal(facts.objectId, record);
    assert.equal(facts.object, "Contact");
    assert.ok(facts.url.startsWith(offhook.console));
  });
  for (const method of ["getEnclosingPrimaryTabId", "getEnclosingPrimaryTabObjectId", "getEnclosingTabId"]) {
    await prove(method, "null in the phone", is(method, { id: null }));
  }
  await prove("getTabLink", "the address of a tab, and of a tab with its subtabs", async () => {
    const alone = (await good("getTabLink", "parentOnly", ids.first)).tabLink;
    assert.match(alone, /\/lightning\/r\//);
    const whole = (await good("getTabLink", "parentAndChildren", ids.first)).tabLink;
    assert.ok(whole.startsWith(alone) && whole.length > alone.length);
  });
}

async function looks({ proofs, good, bad, ids, titles, page }) {
  const tab = page.locator("#oh-tabs .oh-tabs__row").first().locator("li").nth(2);
  await proofs.prove("setTabTitle", "the tab is called so", async () => {
    await good("setTabTitle", "Renamed", ids.board);
    assert.ok((await titles()).some((title) => title.startsWith("Renamed")));
    await bad("setTabTitle", "", ids.board);
  });
  await proofs.prove("setTabIcon", "an icon of the design system, a picture, and its own again", async () => {
    await good("setTabIcon", "standard:call", ids.board);
    assert.equal(await tab.locator('use[href*="standard"][href$="#call"]').count(), 1);
    await good("setTabIcon", "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=", ids.board);
    assert.equal(await tab.locator("img").count(), 1);
    await bad("setTabIcon", "javascript:alert(1)", ids.board);
    await good("setTabIcon", null, ids.board);
  });
  const css = (locator, name) => locator.evaluate((node, name) => getComputedStyle(node)[name], name);
  await proofs.prove("setTabStyle", "its colours; what would move it is left out", async () => {
    await good("setTabStyle", "background: rgb(255, 221, 238); position: fixed", ids.board);
    assert.equal(await css(tab, "backgroundColor"), "rgb(255, 221, 238)");
    assert.notEqual(await css(tab, "position"), "fixed");
    await bad("setTabStyle", "background: url(//evil.example/x)", ids.board);
  });
  await proofs.prove("setTabTextStyle", "its title's style", async () => {
    await good("setTabTextStyle", "color: rgb(200, 0, 0); font-style: italic", ids.board);
    const title = tab.locator(".oh-tab__title");
    assert.equal(await css(title, "color"), "rgb(200, 0, 0)");
    assert.equal(await css(title, "fontStyle"), "italic");
  });
  await proofs.prove("setTabUnsavedChanges", "marked, until taken back", async () => {
    await good("setTabUnsavedChanges", true, null, ids.board).catch(() => null);
    assert.equal(await page.locator("#oh-tabs .oh-tab_dirty").count(), 1);
    await good("setTabUnsavedChanges", false, null, ids.board);
    assert.equal(await page.locator("#oh-tabs .oh-tab_dirty").count(), 0);
  });
}

/** The frame of a page in a tab. */
function tabFrame(page, part) {
  return until(`the page ${part}`, 10_000, async () => {
    const frame = page.frames().find((one) => one.url().includes(part));
    const ready = await frame?.evaluate(() => Array.isArray(globalThis.heard)).catch(() => false);
    return ready ? frame : null;
  });
}

async function refreshing({ proofs, good, bad, ids, page }) {
  const fetches = async (run) => {
    const asked = page.waitForResponse((response) => response.url().includes("/lightning/"));
    await run();
    await asked;
  };
  const refresh = (method, ...given) => () => fetches(() => good(method, ...given));
  await proofs.prove("refreshPrimaryTabById", "fetched anew; another id is refused", async () => {
    await refresh("refreshPrimaryTabById", ids.first, true)();
    await bad("refreshPrimaryTabById", "scc-pt-999", true);
  });
  await proofs.prove("refreshPrimaryTabByName", "fetched anew", refresh("refreshPrimaryTabByName", "one", true));
  await proofs.prove("refreshSubtabById", "fetched anew", refresh("refreshSubtabById", ids.sub, false));
  const both = "refreshSubtabByNameAndPrimaryTabId";
  await proofs.prove(both, "fetched anew", refresh(both, "inner", ids.first, false));
  const names = "refreshSubtabByNameAndPrimaryTabName";
  await proofs.prove(names, "fetched anew", refresh(names, "inner", "one", false));
}

async function enclosed({ proofs, good, askIn, hearIn, ids, page }) {
  const frame = await tabFrame(page, "again=1");
  const inTab = async (method, ...given) => {
    const { success, ...rest } = await askIn(frame, method, given);
    assert.equal(success, true, `${method}: ${rest.message}`);
    return rest;
  };
  await proofs.prove("getEnclosingTabId", "in a tab, its id", async () => {
    assert.deepEqual(await inTab("getEnclosingTabId"), { id: ids.board });
  });
  await proofs.prove("getEnclosingPrimaryTabId", "in a tab, its id; in a subtab, that of the tab around it", async () => {
    assert.deepEqual(await inTab("getEnclosingPrimaryTabId"), { id: ids.board });
    const inner = await tabFrame(page, "sub=1");
    assert.equal((await askIn(inner, "getEnclosingPrimaryTabId", [])).id, ids.first);
    assert.equal((await askIn(inner, "getEnclosingTabId", [])).id, ids.inner);
    const object = await askIn(inner, "getEnclosingPrimaryTabObjectId", []);
    assert.equal(object.id, ids.record.slice(0, 15));
  });
  await proofs.prove("onEnclosingTabRefresh", "runs in the tab's frame, which is left alone", async () => {
    await hearIn(frame, "onEnclosingTabRefresh");
    const born = await frame.evaluate(() => loaded);
    await good("refreshPrimaryTabById", ids.board, true);
    await until("the event", 5_000, () => frame.evaluate(() => told.onEnclosingTabRefresh.length));
    assert.equal(await frame.evaluate(() => loaded), born);
  });
  await proofs.prove("setTabLink", "the tab's link is the frame's address; refused in the phone", async () => {
    await inTab("setTabLink");
    const { tabLink } = await good("getTabLink", "tabOnly", ids.board);
    assert.equal(tabLink, frame.url());
  });
  await proofs.prove("isInCustomConsoleComponent", "true in the phone, false in a tab", async () => {
    assert.equal((await good("isInCustomConsoleComponent")).inCustomConsoleComponent, true);
    assert.equal((await inTab("isInCustomConsoleComponent")).inCustomConsoleComponent, false);
  });
}

async function events({ proofs, good, bad, askIn, hear, told, ids, frame, page }) {
  const other = await tabFrame(page, "sub=1");
  await proofs.prove("addEventListener", "an event of another frame", async () => {
    await hear("addEventListener", "Vendor.Event");
    const { success } = await askIn(other, "fireEvent", ["Vendor.Event", "hello"]);
    assert.equal(success, true);
    assert.deepEqual(await told("Vendor.Event"), { message: "hello" });
  });
  await proofs.prove("fireEvent", "reaches every frame that listens; the console's own are refused", async () => {
    const open = await frame.evaluate(() => sforce.console.ConsoleEvent.OPEN_TAB);
    await bad("fireEvent", open, "no");
  });
  await proofs.prove("removeEventListener", "the handler is not run any more", async () => {
    await frame.evaluate(() => sforce.console.removeEventListener("Vendor.Event", handlers["Vendor.Event"]));
    await good("fireEvent", "Vendor.Event", "unheard");
    assert.equal(await frame.evaluate(() => told["Vendor.Event"].length), 1);
  });
  await proofs.prove("onTabSave", "runs with tab and record when a record is saved", async () => {
    await hear("onTabSave");
    const edit = `/lightning/r/Contact/${ids.record}/edit`;
    const { id } = await good("openPrimaryTab", ids.first, edit, true, "First");
    await page.locator("main form button[type=submit]:visible").first().click();
    const event = await told("onTabSave");
    assert.equal(event.objectId, ids.record.slice(0, 15));
    assert.match(event.id, /^scc-st-/);
    assert.equal(id, ids.first);
  });
}

async function calls({ proofs, good, bad, hear, told }) {
  const fires = async (listener, method, expected, ...given) => {
    await hear(`cti.${listener}`);
    await good(`cti.${method}`, ...given);
    const event = await told(`cti.${listener}`);
    for (const [name, value] of Object.entries(expected)) assert.equal(event[name], value);
  };
  // What one says, the handler of the other hears: one run proves both.
  const both = (listener, method, outcome, run) =>
    proofs.prove(`cti.${method}`, outcome, () => proofs.prove(`cti.${listener}`, "runs", run));
  await both("onCallBegin", "fireOnCallBegin", "every listening frame hears of it", async () => {
    await fires("onCallBegin", "fireOnCallBegin", { id: "c1" }, "c1", "INBOUND", "Ann");
    await bad("cti.fireOnCallBegin", "c2", "SIDEWAYS", "Ann");
  });
  await proofs.prove("cti.setCallAttachedData", "kept with the call", async () => {
    await good("cti.setCallAttachedData", "c1", '{"ANI":"1"}', "INBOUND");
  });
  await proofs.prove("cti.getCallAttachedData", "data, and the type if asked for", async () => {
    assert.deepEqual(await good("cti.getCallAttachedData", "c1"), { data: '{"ANI":"1"}' });
    const typed = await good("cti.getCallAttachedData", "c1", { getCallType: true });
    assert.equal(typed.type, "INBOUND");
    await bad("cti.getCallAttachedData", "unknown");
  });
  await proofs.prove("cti.setCallObjectIds", "the list is replaced", () => good("cti.setCallObjectIds", ["c1", "c9"]));
  await proofs.prove("cti.getCallObjectIds", "the list", async () => {
    assert.deepEqual((await good("cti.getCallObjectIds")).ids, ["c1", "c9"]);
  });
  await both("onCallEnd", "fireOnCallEnd", "heard; refused for a call that did not begin", async () => {
    const end = { id: "c1", duration: 12, disposition: "done" };
    await fires("onCallEnd", "fireOnCallEnd", end, "c1", 12, "done");
    await bad("cti.fireOnCallEnd", "c9", 1, "x");
  });
  await both("onCallLogSaved", "fireOnCallLogSaved", "heard with the id", () =>
    fires("onCallLogSaved", "fireOnCallLogSaved", { id: "00T1" }, "00T1"),
  );
  await both("onSendCTIMessage", "sendCTIMessage", "heard with the message", () =>
    fires("onSendCTIMessage", "sendCTIMessage", { message: "/HOLD" }, "/HOLD"),
  );
}

async function component({ proofs, good, bad, askIn, hear, told, page }) {
  const button = page.locator("#oh-utility button[aria-expanded]").first();
  const label = (text) => until(`the label ${text}`, 5_000, async () => (await button.innerText()).includes(text));
  const of = (name) => `${name}CustomConsoleComponent`;
  await proofs.prove(`${of("set")}ButtonText`, "the label in the utility bar", async () => {
    await good(`${of("set")}ButtonText`, "Agent");
    await label("Agent");
  });
  await proofs.prove(`${of("blink")}ButtonText`, "alternates", async () => {
    await good(`${of("blink")}ButtonText`, "RING", 150);
    await label("RING");
    await label("Agent");
    await bad(`${of("blink")}ButtonText`, "RING", 0);
  });
  await proofs.prove(`${of("scroll")}ButtonText`, "moves; a text of its own ends it", async () => {
    await good(`${of("scroll")}ButtonText`, 150, 1, true);
    await label("gent");
    await until("the label to move", 5_000, async () => !(await button.innerText()).includes("Agent"));
    await good(`${of("set")}ButtonText`, "Still");
    await label("Still");
  });
  await proofs.prove(`${of("set")}ButtonIconUrl`, "a utility icon's key, or a picture", async () => {
    await good(`${of("set")}ButtonIconUrl`, "incoming_call");
    assert.equal(await button.locator('use[href$="#incoming_call"]').count(), 1);
    await good(`${of("set")}ButtonIconUrl`, "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=");
    assert.equal(await button.locator("img").count(), 1);
    await bad(`${of("set")}ButtonIconUrl`, "javascript:alert(1)");
    await good(`${of("set")}ButtonIconUrl`, "call");
  });
  await proofs.prove(`${of("set")}ButtonStyle`, "its colours", async () => {
    await good(`${of("set")}ButtonStyle`, "background-color: rgb(1, 2, 3)");
    assert.equal(await button.evaluate((node) => node.style.backgroundColor), "rgb(1, 2, 3)");
    await good(`${of("set")}ButtonStyle`, "");
  });
  for (const [what, name] of [["", "Hidden"], ["Window", "WindowHidden"]]) {
    await proofs.prove(`${of("set")}${what}Visible`, "opens and minimises the panel", async () => {
      await good(`${of("set")}${what}Visible`, false);
      assert.equal(await button.getAttribute("aria-expanded"), "false");
    });
    await proofs.prove(`${of("is")}${name}`, "whether it is minimised", async () => {
      assert.deepEqual(await good(`${of("is")}${name}`), { hidden: true });
      await good(`${of("set")}${what}Visible`, true);
      assert.deepEqual(await good(`${of("is")}${name}`), { hidden: false });
    });
  }
  await proofs.prove(`${of("is")}PoppedOut`, "false", async () => {
    assert.deepEqual(await good(`${of("is")}PoppedOut`), { poppedOut: false });
  });
  const size = (name) =>
    page.evaluate((name) => document.querySelector(".oh-phone-panel__body").getBoundingClientRect()[name], name);
  for (const name of ["Height", "Width"]) {
    await proofs.prove(`${of("set")}${name}`, "pixels of the panel", async () => {
      await good(`${of("set")}${name}`, 350);
      assert.ok(Math.abs((await size(name.toLowerCase())) - 350) <= 2);
      await bad(`${of("set")}${name}`, -1);
    });
  }
  await proofs.prove("onCustomConsoleComponentButtonClicked", "runs for each press", async () => {
    await hear("onCustomConsoleComponentButtonClicked");
    await button.click();
    assert.deepEqual(await told("onCustomConsoleComponentButtonClicked"), { windowVisible: false });
    await button.click();
  });
  await proofs.prove(`${of("set")}Visible`, "refused in a tab's frame", async () => {
    const frame = await tabFrame(page, "sub=1");
    assert.equal((await askIn(frame, `${of("set")}Visible`, [false])).success, false);
  });
}

async function around({ proofs, good, bad, hear, told, page, ids, offhook, frame }) {
  await proofs.prove("getNavigationTabs", "the header's entries as JSON text", async () => {
    const items = JSON.parse((await good("getNavigationTabs")).items);
    assert.ok(items.some(({ label }) => label === "Contacts"));
    ids.contacts = items.find(({ label }) => label === "Contacts").navigationTabId;
  });
  await proofs.prove("setSelectedNavigationTab", "goes to an entry; another is refused", async () => {
    const chosen = await frame.evaluate(
      (id) => new Promise((resolve) => sforce.console.setSelectedNavigationTab(resolve, id)),
      ids.contacts,
    );
    assert.equal(chosen.success, true);
    await until("the list", 5_000, () => page.url().includes("/lightning/o/Contact/"));
    await bad("setSelectedNavigationTab", "nav-nowhere");
  });
  await proofs.prove("getSelectedNavigationTab", "its id and label", async () => {
    assert.equal((await good("getSelectedNavigationTab")).navigationTabId, ids.contacts);
  });
  await proofs.prove("focusNavigationTab", "comes to the front", async () => {
    await good("focusPrimaryTabById", ids.first);
    await good("focusNavigationTab");
    assert.deepEqual(await good("getFocusedPrimaryTabId"), { id: null });
  });
  await proofs.prove("refreshNavigationTab", "fetched anew", () => good("refreshNavigationTab"));
  let url;
  await proofs.prove("generateConsoleUrl", "one address for several", async () => {
    url = (await good("generateConsoleUrl", [`/${ids.account}`, `/${ids.record}`])).consoleUrl;
    assert.ok(url.startsWith(offhook.console));
    await bad("generateConsoleUrl", ["https://elsewhere.example/"]);
  });
  await proofs.prove("openConsoleUrl", "opens its tabs; another address is refused", async () => {
    await good("closeTab", ids.first);
    await good("openConsoleUrl", null, url, true, ["Linked", "Beside"], ["linked", "beside"]);
    const { ids: subtabs } = await good("getSubtabIds", (await good("getFocusedPrimaryTabId")).id);
    assert.equal(subtabs.length, 2);
    await bad("openConsoleUrl", null, "nonsense", true);
  });
  await proofs.prove("addToBrowserTitleQueue", "the window's title alternates", async () => {
    await good("addToBrowserTitleQueue", "Call waiting");
    await until("the title", 8_000, async () => (await page.title()) === "Call waiting");
  });
  await proofs.prove("removeFromBrowserTitleQueue", "ends it", async () => {
    await good("removeFromBrowserTitleQueue", "Call waiting");
    assert.notEqual(await page.title(), "Call waiting");
    await bad("removeFromBrowserTitleQueue", "Call waiting");
  });
  await proofs.prove("resetSessionTimeOut", "a request to the server", async () => {
    const asked = page.waitForRequest((request) => request.url().endsWith("/host/call"));
    await good("resetSessionTimeOut");
    await asked;
  });
  await proofs.prove("addPushNotificationListener", "a changed record is told", async () => {
    await hear("addPushNotificationListener", ["Task"]);
    const asked = page.waitForResponse((response) => response.url().endsWith("/host/call"));
    await asked;
    await frame.evaluate(() => call(sforce.interaction, "saveLog", "Task", "Subject=Pushed"));
    const { entityType, Type, id, LastModifiedById } = await told("Task");
    assert.deepEqual([entityType, Type, id.slice(0, 3)], ["Task", "create", "00T"]);
    assert.match(LastModifiedById, /^005/);
  });
  await proofs.prove("removePushNotificationListener", "ends it", () => good("removePushNotificationListener"));
}

async function closing({ proofs, good, bad, hear, told, ids, frame, page }) {
  await proofs.prove("disableTabClose", "the tab cannot be closed until allowed again", async () => {
    await good("disableTabClose", true, ids.board);
    await bad("closeTab", ids.board);
    assert.equal(await page.locator('.oh-tab__close[title="Close Board"]').count(), 0);
    await good("disableTabClose", false, ids.board);
  });
  const close = await frame.evaluate(() => sforce.console.ConsoleEvent.CLOSE_TAB);
  await hear("addEventListener", close);
  await proofs.prove("closeTab", "closes a tab; an id that is none is refused", async () => {
    const before = (await good("getPrimaryTabIds")).ids.length;
    await good("closeTab", ids.board);
    assert.equal((await good("getPrimaryTabIds")).ids.length, before - 1);
    await bad("closeTab", "scc-pt-999");
  });
  await proofs.prove("addEventListener", "`CLOSE_TAB` tells of it", async () => {
    assert.deepEqual(await told(close), { id: ids.board, objectId: null, tabObjectId: null });
  });
  await proofs.prove("reopenLastClosedTab", "it is back", async () => {
    await good("reopenLastClosedTab");
    assert.ok((await good("getPrimaryTabIds")).ids.includes(ids.board));
  });
}

/** Those that answer with a reason: by their names, as the library has them. */
async function refused({ proofs, frame }) {
  const names = await frame.evaluate(() => [
    ...["chat", "presence"].flatMap((part) => Object.keys(sforce.console[part]).map((name) => `${part}.${name}`)),
    "focusSidebarComponent",
    "setSidebarVisible",
    "runSelectedMacro",
    "selectMacro",
    "setCustomConsoleComponentPopoutable",
  ]);
  for (const name of names) {
    await proofs.prove(name, "refused with a reason", async () => {
      const answer = await frame.evaluate(
        (name) =>
          new Promise((resolve, reject) => {
            setTimeout(() => reject(new Error(`${name} was not answered`)), 10_000);
            const [part, method] = name.split(".");
            const place = method ? sforce.console[part] : sforce.console;
            place[method ?? part](resolve);
          }),
        name,
      );
      assert.equal(answer.success, false);
      assert.match(answer.message, /is not available: /);
    });
  }
}
