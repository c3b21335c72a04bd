// Every method of sforce.interaction in a real console: what its callback gets, and what the console
// does. Each is proven once for a good call, and where it takes values for bad ones.
import assert from "node:assert/strict";

import { until } from "../offhook.mjs";
import { records } from "../tasks.mjs";

const KNOWN = "+15551234567";

/** Runs the proofs; the softphone in `frame` has both libraries and no listeners yet. */
export async function interactionProofs(stage) {
  const { frame, page, proofs } = stage;
  const ask = (path, ...given) =>
    frame.evaluate(
      ([path, given]) => {
        const steps = path.split(".");
        const last = steps.pop();
        const place = steps.reduce((at, step) => at[step], sforce.interaction);
        return new Promise((resolve, reject) => {
          setTimeout(() => reject(new Error(`${path} was not answered`)), 10_000);
          place[last](...given, (answer) => resolve({ ...answer, keys: Object.keys(answer).sort() }));
        });
      },
      [path, given],
    );
  const good = async (path, ...given) => {
    const { result, error, keys } = await ask(path, ...given);
    assert.equal(error, undefined, `${path}: ${error}`);
    assert.deepEqual(keys.filter((key) => key !== "id"), ["error", "result"]);
    return result;
  };
  const bad = async (path, pattern, ...given) => {
    const { result, error } = await ask(path, ...given);
    assert.equal(result, false);
    assert.match(error, pattern);
  };
  const to = (pattern) => until(String(pattern), 10_000, () => pattern.test(page.url()));
  const kit = { ...stage, ask, good, bad, to };
  await proofs.prove("isInConsole", "true in the console", async () => {
    assert.equal(await good("isInConsole"), true);
  });
  await pops(kit);
  await pages(kit);
  await logs(kit);
  await panel(kit);
  await settings(kit);
  await listeners(kit);
}

async function pops({ proofs, good, bad, to, page }) {
  let url;
  await proofs.prove("searchAndGetScreenPopUrl", "JSON text with `screenPopUrl`; goes nowhere", async () => {
    const before = page.url();
    const found = JSON.parse(await good("searchAndGetScreenPopUrl", KNOWN, "", "inbound"));
    url = found.screenPopUrl;
    assert.match(url, /^\/003\w{12}$/);
    assert.equal(page.url(), before);
  });
  await proofs.prove("screenPop", "a record by its short address, lists and searches by theirs", async () => {
    assert.equal(await good("screenPop", url, true), true);
    await to(/\/lightning\/r\/Contact\//);
    assert.equal(await good("screenPop", "/003/o"), true);
    await to(/\/lightning\/o\/Contact\//);
    assert.equal(await good("screenPop", "/search/SearchResults?searchType=2&str=Grace", false), true);
    await to(/\/lightning\/search/);
  });
  await proofs.prove("screenPop", "a bad address is an error", () => bad("screenPop", /url/, "//evil.example/"));
  await proofs.prove("searchAndScreenPop", "one match pops, with object and label", async () => {
    const found = JSON.parse(await good("searchAndScreenPop", KNOWN, "", "inbound"));
    const [[id, record]] = Object.entries(found);
    assert.equal(id, url.slice(1));
    assert.equal(record.object, "Contact");
    assert.equal(record.displayName, "Contact");
    assert.ok(record.Name);
    await to(/\/lightning\/r\/Contact\//);
  });
  await proofs.prove("searchAndScreenPop", "call type null is inbound, outbound pops nothing", async () => {
    await good("screenPop", "/003/o");
    await to(/\/lightning\/o\/Contact\//);
    await good("searchAndScreenPop", KNOWN, "", "outbound");
    assert.match(page.url(), /\/lightning\/o\/Contact\//);
    await good("searchAndScreenPop", KNOWN, null, null);
    await to(/\/lightning\/r\/Contact\//);
  });
  await proofs.prove("searchAndScreenPop", "nobody found: `con10` and the like prefill", async () => {
    const query = "con10=%2B442079460999&name_lastcon2=Prefilled";
    assert.equal(await good("searchAndScreenPop", "+442079460999", query, "inbound"), "{}");
    await to(/\/lightning\/o\/Contact\/new/);
    assert.match(decodeURIComponent(decodeURIComponent(page.url())), /LastName=Prefilled/);
  });
  await proofs.prove("searchAndScreenPop", "an unknown call type is an error", () =>
    bad("searchAndScreenPop", /callType/, KNOWN, "", "sideways"),
  );
}

async function pages({ proofs, good, bad, to }) {
  await proofs.prove("getPageInfo", "JSON text of the record in front", async () => {
    await good("searchAndScreenPop", KNOWN, "", "inbound");
    await to(/\/lightning\/r\/Contact\//);
    const facts = await until("the record's name", 5_000, async () => {
      const found = JSON.parse(await good("getPageInfo"));
      return found.objectName ? found : null;
    });
    assert.deepEqual(Object.keys(facts).sort(), ["displayName", "object", "objectId", "objectName", "url"]);
    assert.equal(facts.objectId.length, 15);
    assert.equal(facts.object, "Contact");
  });
  await proofs.prove("refreshPage", "the page in front is fetched anew", async () => {
    assert.equal(await good("refreshPage"), true);
  });
  await proofs.prove("refreshRelatedList", "on a record's page; without a name an error", async () => {
    assert.equal(await good("refreshRelatedList", "Activity"), true);
    await bad("refreshRelatedList", /listName/, "");
  });
  await proofs.prove("entityFeed.refreshObject", "the record in front; another is an error", async () => {
    const { objectId } = JSON.parse(await good("getPageInfo"));
    assert.equal(await good("entityFeed.refreshObject", objectId, true, true, true), true);
    await bad("entityFeed.refreshObject", /front/, "500000000000001", true, true, true);
  });
}

async function logs({ proofs, ask, bad, offhook }) {
  let task;
  await proofs.prove("saveLog", "creates, with the `id`; raw `+` and encoded values kept", async () => {
    const fields = "Subject=Call%20%26%20more&CallObject=+1415&Status=Completed";
    const { result, error, id } = await ask("saveLog", "Task", fields);
    assert.deepEqual([result, error], [true, undefined]);
    task = id;
    const [saved] = await records(offhook, "task", `substr("id", 1, 15) = '${id}'`);
    assert.deepEqual([saved.Subject, saved.CallObject], ["Call & more", "+1415"]);
  });
  await proofs.prove("saveLog", "`Id=` changes the same record", async () => {
    const { id } = await ask("saveLog", "Task", `Id=${task}&Subject=Later`);
    assert.equal(id, task);
    const [saved] = await records(offhook, "task", `substr("id", 1, 15) = '${id}'`);
    assert.equal(saved.Subject, "Later");
  });
  await proofs.prove("saveLog", "a refused save is an error with its words", () =>
    bad("saveLog", /LastName|Last Name/, "Contact", "FirstName=Ann"),
  );
  await proofs.prove("runApex", "a class that is not there is the documented error", () =>
    bad("runApex", /Could not load Apex class: Nobody\./, "Nobody", "m", "a=+1"),
  );
}

async function panel({ proofs, good, bad, page }) {
  await proofs.prove("setVisible", "opens and minimises the panel; other values are errors", async () => {
    for (const value of [false, true]) {
      assert.equal(await good("setVisible", value), true);
      const open = page.locator("#oh-utility button[aria-expanded]").first();
      assert.equal(await open.getAttribute("aria-expanded"), String(value));
    }
    await bad("setVisible", /value/, "maybe");
  });
  await proofs.prove("isVisible", "a boolean", async () => {
    assert.equal(await good("isVisible"), true);
    await good("setVisible", false);
    assert.equal(await good("isVisible"), false);
    await good("setVisible", true);
  });
  const size = (name) =>
    page.evaluate((name) => {
      const box = document.querySelector(".oh-phone-panel__body").getBoundingClientRect();
      return Math.round(box[name]);
    }, name);
  await proofs.prove("cti.setSoftphoneHeight", "pixels; negative ones are an error", async () => {
    assert.equal(await good("cti.setSoftphoneHeight", 333), true);
    assert.ok(Math.abs((await size("height")) - 333) <= 2);
    await bad("cti.setSoftphoneHeight", /height/, -1);
  });
  await proofs.prove("cti.setSoftphoneWidth", "pixels; no number is an error", async () => {
    assert.equal(await good("cti.setSoftphoneWidth", 280), true);
    assert.ok(Math.abs((await size("width")) - 280) <= 2);
    await bad("cti.setSoftphoneWidth", /width/, "wide");
  });
}

async function settings({ proofs, good, frame }) {
  await proofs.prove("cti.getCallCenterSettings", "the flat map as JSON text", async () => {
    const settings = JSON.parse(await good("cti.getCallCenterSettings"));
    assert.equal(settings["/reqGeneralInfo/reqInternalName"], "EveryPhone");
  });
  await proofs.prove("cti.getSoftphoneLayout", "JSON text with the three call types", async () => {
    const layout = JSON.parse(await good("cti.getSoftphoneLayout"));
    assert.deepEqual(Object.keys(layout).sort(), ["Inbound", "Internal", "Outbound"]);
  });
  await proofs.prove("cti.getDirectoryNumbers", "JSON text of the directory, page by page", async () => {
    const numbers = JSON.parse(await good("cti.getDirectoryNumbers", true, ""));
    assert.deepEqual(Object.keys(numbers).sort(), ["directoryNumbers", "hasNext"]);
    const refused = await frame.evaluate(
      () =>
        new Promise((resolve) =>
          sforce.interaction.cti.getDirectoryNumbers(false, "", resolve, 0, 10_001),
        ),
    );
    assert.match(refused.error, /resultSetPageSize/);
    assert.equal(refused.result, false);
  });
  await proofs.prove("cti.notifyInitializationComplete", "taken; it has no callback", async () => {
    const nothing = await frame.evaluate(() => sforce.interaction.cti.notifyInitializationComplete());
    assert.equal(nothing, undefined);
  });
}

async function listeners({ proofs, good, frame, page, to }) {
  const hear = (path) =>
    frame.evaluate((path) => {
      globalThis.events = [];
      const [first, second] = path.split(".");
      const place = second ? sforce.interaction[first] : sforce.interaction;
      place[second ?? first]((event) => events.push(event));
    }, path);
  const last = () => frame.evaluate(() => events.at(-1) ?? null);
  const number = page.locator("main a.oh-phone").first();
  await proofs.prove("cti.enableClickToDial", "telephone numbers become clickable", async () => {
    assert.equal(await good("cti.enableClickToDial"), true);
    assert.ok(await page.evaluate(() => document.body.classList.contains("oh-click-to-dial")));
  });
  await proofs.prove("cti.onClickToDial", "one event for a click, with the record", async () => {
    await hear("cti.onClickToDial");
    await number.click();
    const { method, result } = await until("the click", 5_000, last);
    assert.equal(method, "onClickToDial");
    const dialled = JSON.parse(result);
    assert.equal(dialled.object, "Contact");
    assert.equal(dialled.objectId.length, 15);
    assert.equal(typeof dialled.number, "string");
    assert.equal(await frame.evaluate(() => events.length), 1);
  });
  await proofs.prove("cti.disableClickToDial", "they are plain links again", async () => {
    assert.equal(await good("cti.disableClickToDial"), true);
    assert.ok(await page.evaluate(() => !document.body.classList.contains("oh-click-to-dial")));
  });
  await proofs.prove("onFocus", "an event for each tab that comes to the front", async () => {
    await hear("onFocus");
    await page.locator("#oh-tabs [role=tab]").first().click();
    await until("the navigation tab", 5_000, last);
    await good("searchAndScreenPop", KNOWN, "", "inbound");
    await to(/\/lightning\/r\/Contact\//);
    const told = await until("the record", 5_000, async () => {
      const event = await last();
      return JSON.parse(event.result).object === "Contact" ? event : null;
    });
    assert.equal(told.method, "onFocus");
  });
  await proofs.prove("entityFeed.onObjectUpdate", "after the page was fetched anew", async () => {
    await hear("entityFeed.onObjectUpdate");
    await good("refreshPage");
    const { result } = await until("the update", 5_000, last);
    assert.deepEqual(result, { fieldsUpdated: true, relatedListsUpdated: true, feedUpdated: true });
  });
  await proofs.prove("entityFeed.reloadFrame", "the softphone's page is loaded anew", async () => {
    await frame.evaluate(() => (globalThis.before = true));
    await frame.evaluate(() => sforce.interaction.entityFeed.reloadFrame());
    await until("the new page", 10_000, async () => {
      const now = page.frames().find((one) => one.url().includes("agent.html"));
      const fresh = () => !globalThis.before && line.textContent.startsWith("Ready");
      return now?.evaluate(fresh).catch(() => false);
    });
  });
}
