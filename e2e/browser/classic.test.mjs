// Softphones for Classic in a real browser: two adapters from another origin, every method of both
// Classic libraries, and the page of the documentation that says so.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { adapterFrame, assignCallCenter, definition, startAdapterHost, userOf } from "../lib/adapters.mjs";
import { startBrowser } from "../lib/browser.mjs";
import { Proofs, samePage } from "../lib/conformance.mjs";
import { startOffhook, until } from "../lib/offhook.mjs";
import { records } from "../lib/tasks.mjs";
import { interactionProofs } from "../lib/classic/interaction.mjs";
import { toolkitProofs } from "../lib/classic/toolkit.mjs";
import { classicPage } from "../lib/classic/page.mjs";

const KNOWN = "+15551234567";

describe("softphones for Classic", { timeout: 300_000 }, () => {
  let offhook;
  let browser;
  let adapters;
  let admin;
  let rep;
  const interaction = new Proofs();
  const toolkit = new Proofs();

  before(async () => {
    offhook = await startOffhook();
    browser = await startBrowser();
    adapters = await startAdapterHost();
    const login = (name) => offhook.logins.find((one) => one.username.startsWith(name));
    admin = await browser.person(offhook, login("ana."));
    rep = await browser.person(offhook, login("sam."));
  });
  after(async () => {
    await browser?.close();
    await adapters?.close();
    await offhook?.stop();
  });

  /** Puts the rep in a call center with this adapter, in a console without tabs. */
  async function give(name, path, mode, ready) {
    const text = definition(name, `${adapters.origin}/classic/${path}`, mode);
    await assignCallCenter(admin.page, text, await userOf(rep.page));
    await rep.page.evaluate(() => sessionStorage.clear());
    await rep.page.evaluate(() => localStorage.clear());
    await rep.page.goto(`${offhook.console}/lightning/page/home`);
    return adapterFrame(rep.page, path.split("?")[0], ready);
  }

  test("one of 2013 rings, pops, logs and dials, in a side bar", async () => {
    const ready = () => Boolean(globalThis.sforce) && log.length > 0;
    const frame = await give("ToolbarPhone", "toolbar.html?version=25", "Classic", ready);
    assert.match(frame.url(), /toolbar\.html\?version=25&.*sfdcIFrameOrigin=http.*&nonce=[0-9a-f]{64}$/);
    assert.doesNotMatch(frame.url(), /mode=Lightning/);
    assert.equal(await frame.textContent("h1"), "ToolbarPhone phone");

    await frame.evaluate((number) => ring(number), KNOWN);
    await until("the pop", 5_000, () => rep.page.url().includes("/lightning/r/Contact/"));
    const matched = () => frame.evaluate(() => call.who?.name);
    const name = await until("the match", 5_000, matched);
    const beside = await rep.page.evaluate(() => {
      const box = (selector) => document.querySelector(selector).getBoundingClientRect();
      return box("#oh-panels").left >= box(".oh-phone-panel").right - 1;
    });
    assert.ok(beside, "the pages stand beside the phone");

    await frame.click("#answer");
    await frame.click("#hangup");
    const logged = await until("the log", 5_000, () => frame.evaluate(() => call.log));
    const [task] = await records(offhook, "task", `substr("id", 1, 15) = '${logged}'`);
    assert.equal(task.Subject, `Call ${KNOWN}`);
    assert.ok(task.WhoId, "it is the caller's");

    await rep.page.locator("main a.oh-phone").first().click();
    const dialled = await until("the click", 5_000, () => frame.evaluate(() => log.at(-1)?.number));
    assert.match(dialled, /555/);
    assert.match(await frame.textContent("#status"), new RegExp(`Calling .*\\(${name}\\)`));
  });

  test("nobody found opens a new contact, prefilled by the old field ids", async () => {
    const frame = await adapterFrame(rep.page, "toolbar.html", () => true);
    await frame.evaluate(() => ring("+442079460123"));
    await until("the form", 5_000, () => rep.page.url().includes("/lightning/o/Contact/new"));
    const values = () =>
      rep.page.evaluate(() =>
        Object.fromEntries(
          [...document.querySelectorAll("#oh-main input[name]")].map((field) => [field.name, field.value]),
        ),
      );
    const form = await until("its fields", 5_000, async () => {
      const found = await values();
      return Object.values(found).includes("Unknown") ? found : null;
    });
    assert.ok(Object.values(form).filter((value) => value === "+442079460123").length >= 2);
  });

  test("a call center of both gets the parameters of both and is answered by both", async () => {
    const both = "agent.html?version=40";
    const frame = await give("BothPhone", both, "Classic_and_Lightning", () =>
      line.textContent.startsWith("Ready"),
    );
    for (const part of [/mode=Lightning/, /sfdcIframeOrigin=/, /sfdcIFrameOrigin=/]) {
      assert.match(frame.url(), part);
    }
    const side = await rep.page.evaluate(() => document.body.classList.contains("oh-side-phone"));
    assert.equal(side, false);
    const lightning = await frame.evaluate(async () => {
      await new Promise((resolve) => {
        const script = document.createElement("script");
        script.src = `${host}/support/api/57.0/lightning/opencti_min.js`;
        script.onload = resolve;
        document.head.append(script);
      });
      return new Promise((callback) => sforce.opencti.isSoftphonePanelVisible({ callback }));
    });
    assert.equal(lightning.success, true);
    const classic = await frame.evaluate(() => call(sforce.interaction, "isInConsole"));
    assert.equal(classic.result, true);
  });

  test("a packaged one tells a page in a tab of its calls, and is told to answer", async () => {
    const ready = () => line.textContent.startsWith("Ready");
    const frame = await give("AgentPhone", "agent.html?version=36", "Classic", ready);
    const board = `${adapters.origin}/classic/workspace.html`;
    const opened = await frame.evaluate((url) => call(sforce.console, "openPrimaryTab", null, url, false, "Board"), board);
    assert.equal(opened.success, true);
    const tab = await adapterFrame(rep.page, "workspace.html", () => Array.isArray(heard));
    const born = await tab.evaluate(() => loaded);

    const { matches, tab: popped } = await frame.evaluate((number) => ring(number, "call-1"), KNOWN);
    assert.match(matches.screenPopUrl, /^\/003\w{12}$/);
    assert.equal(popped.success, true);
    await until("the caller's page", 5_000, () => rep.page.url().includes("/lightning/r/Contact/"));
    const saved = await frame.evaluate(() => over("call-1"));
    assert.equal(saved.result, true);
    const told = await until("the log on the board", 5_000, () =>
      tab.evaluate(() => (heard.length === 3 ? heard.map(([what]) => what) : null)),
    );
    assert.deepEqual(told, ["begin", "end", "log"]);
    assert.match(await tab.innerText("#calls"), new RegExp(`Call \\${KNOWN} INBOUND`));

    await frame.evaluate((id) => call(sforce.console, "focusPrimaryTabById", id), opened.id);
    await tab.click("#answer");
    const line = () => frame.evaluate(() => heard.at(-1));
    assert.equal(await until("the command", 5_000, line), "/ANSWER?LINE_NUMBER=1");
    assert.equal(await tab.evaluate(() => loaded), born, "the tab's page was never loaded anew");
  });

  test("every method of sforce.interaction answers as the contract says", async () => {
    const ready = () => line.textContent.startsWith("Ready");
    const frame = await give("EveryPhone", "agent.html?version=40", "Classic", ready);
    await interactionProofs({ proofs: interaction, frame, page: rep.page, offhook, adapters });
    const documented = await frame.evaluate(() => {
      const names = (place, before) =>
        Object.entries(place).flatMap(([name, value]) =>
          typeof value === "function" ? [before + name] : names(value, `${before}${name}.`),
        );
      return names(sforce.interaction, "").filter((name) => name !== "initialize").sort();
    });
    assert.deepEqual(interaction.methods, documented);
  });

  test("every signature of sforce.console answers, and those that should drive the console", async () => {
    const ready = () => line.textContent.startsWith("Ready");
    const frame = await give("ToolkitPhone", "agent.html?version=36", "Classic", ready);
    await toolkitProofs({ proofs: toolkit, frame, page: rep.page, offhook, adapters });
    const documented = await frame.evaluate(() => {
      const names = (place, before) =>
        Object.entries(place).flatMap(([name, value]) =>
          typeof value === "function" ? [before + name] : typeof value === "object" ? names(value, `${before}${name}.`) : [],
        );
      return names(sforce.console, "").sort();
    });
    assert.deepEqual(toolkit.methods, documented);
  });

  test("both libraries are served for every version, on both origins, with two slashes too", async () => {
    const asked = [];
    for (const origin of [offhook.console, offhook.pages]) {
      for (const slash of ["/", "//"]) {
        for (let version = 20; version <= 99; version++) {
          asked.push(`${origin}${slash}support/console/${version}.0/integration.js`);
          if (version >= 25) asked.push(`${origin}${slash}support/api/${version}.0/interaction.js`);
        }
      }
    }
    const wrong = [];
    for (const url of asked) {
      const answer = await fetch(url);
      const open = answer.headers.get("access-control-allow-origin") === "*";
      if (answer.status !== 200 || !open || (await answer.text()).length < 5_000) wrong.push(url);
    }
    assert.deepEqual(wrong, []);
    for (const path of ["/support/api/24.0/interaction.js", "/support/console/100.0/integration.js"]) {
      assert.equal((await fetch(offhook.console + path)).status, 404);
    }
  });

  test("the page of the documentation says what this run has proven", async () => {
    await samePage("open-cti-classic.md", classicPage(interaction, toolkit));
  });
});
