// Open CTI for Lightning in Chromium: every method at versions around each boundary, the wire line
// by line, the libraries at every version, and softphones in the styles found in the wild. The
// table of docs/conformance/open-cti.md comes from here.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { adapterFrame, assignCallCenter, definition, startAdapterHost, userOf } from "../lib/adapters.mjs";
import { startBrowser } from "../lib/browser.mjs";
import { checkTable } from "../lib/version_table.mjs";
import { CHANNELS, LISTENERS, METHODS } from "../lib/lightning_cases.mjs";
import { startOffhook, until } from "../lib/offhook.mjs";
import { contactWith, KNOWN_CALLER } from "../lib/stage.mjs";
import { records } from "../lib/tasks.mjs";

/** The first and last that we serve, and both sides of each version that brought something. */
const VERSIONS = [25, 37, 38, 42, 43, 45, 46, 47, 55, 57, 66, 67, 99];
const PHONE = "5551234567";

let offhook;
let browser;
let adapters;
let admin;
let contact;

before(async () => {
  offhook = await startOffhook();
  browser = await startBrowser();
  adapters = await startAdapterHost();
  admin = await browser.person(offhook, offhook.logins.find((login) => /admin/i.test(login.role)));
  contact = await contactWith(offhook, PHONE);
});
after(async () => {
  await browser?.close();
  await adapters?.close();
  await offhook?.stop();
});

let names = 0;

/** A rep whose softphone is this page of the adapters' origin. */
async function repWith(path, ready, extra = {}) {
  const login = offhook.logins.find((login) => /rep|agent/i.test(login.role));
  const person = await browser.person(offhook, login);
  person.page.setDefaultTimeout(10_000);
  names += 1;
  const center = `Lightning${names}`;
  const text = definition(center, adapters.origin + path, "Lightning").replace(
    "</section>",
    Object.entries(extra)
      .map(([name, value], n) => `<item sortOrder="${7 + n}" name="${name}">${value}</item>`)
      .join("") + "</section>",
  );
  const centerId = await assignCallCenter(admin.page, text, await userOf(person.page));
  await person.page.reload();
  const frame = ready ? await adapterFrame(person.page, path, ready) : null;
  return { ...person, frame, center, centerId };
}

const loaded = () => Boolean(globalThis.sforce?.opencti?.publish);

describe("the library", () => {
  test("is served at every version, in both forms, on both origins, to every page", async () => {
    const wrong = [];
    for (const origin of [offhook.console, offhook.pages]) {
      for (let version = 25; version <= 99; version += 1) {
        for (const file of ["opencti.js", "opencti_min.js"]) {
          const slash = version % 2 === 0 ? "/" : "//";
          const url = `${origin}${slash}support/api/${version}.0/lightning/${file}`;
          const answer = await fetch(url);
          const body = await answer.text();
          const header = (name) => answer.headers.get(name);
          const fine =
            answer.status === 200 &&
            body.includes("opencti") &&
            header("access-control-allow-origin") === "*" &&
            header("cross-origin-resource-policy") === "cross-origin" &&
            header("etag") !== null &&
            /javascript/.test(header("content-type"));
          if (!fine) wrong.push(`${url}: ${answer.status}`);
        }
      }
      for (const path of ["24.0/lightning/opencti.js", "100.0/lightning/opencti.js", "66/lightning/opencti.js"]) {
        assert.equal((await fetch(`${origin}/support/api/${path}`)).status, 404, path);
      }
    }
    assert.deepEqual(wrong, []);
  });

  test("throws its documented text in a page that no host opened", async () => {
    const page = await admin.context.newPage();
    await page.goto(`${adapters.origin}/lightning/walker.html?sfdcIframeOrigin=x`);
    const thrown = await page.evaluate(async (src) => {
      const source = await (await fetch(src)).text();
      try {
        new Function(source)();
        return null;
      } catch (error) {
        return error;
      }
    }, `${offhook.pages}/support/api/66.0/lightning/opencti.js`);
    assert.equal(
      thrown,
      "Failed to initialize Open CTI. Ensure that it is loaded from the right frame with correct URL parameters",
    );
    await page.close();
  });
});

describe("each method at each version", () => {
  let rep;
  const failures = [];
  const failed = new Map([...METHODS, ...LISTENERS, ...CHANNELS].map(([method]) => [method, new Set()]));
  const cases = new Map(METHODS.map(([method, , list]) => [method, list.length]));
  for (const [method] of [...LISTENERS, ...CHANNELS]) cases.set(method, 1);

  before(async () => {
    rep = await repWith("/lightning/walker.html", loaded);
  });
  after(() => rep?.context.close());

  function record(version, method, what, check) {
    try {
      check();
    } catch (error) {
      failed.get(method).add(version);
      failures.push(`${version} ${method} (${what}): ${error.message.split("\n").slice(0, 6).join(" ")}`);
    }
  }

  async function walkerAt(version) {
    const file = version % 2 === 0 ? "opencti.js" : "opencti_min.js";
    await rep.frame.evaluate(
      ([version, file]) => {
        const url = new URL(location.href);
        url.searchParams.set("v", version);
        url.searchParams.set("file", file);
        location.replace(url.href);
      },
      [version, file],
    );
    await until(`the walker at ${version}`, 10_000, () =>
      rep.frame
        .evaluate((v) => globalThis.version === String(v) && Boolean(globalThis.sforce?.opencti), version)
        .catch(() => false),
    );
  }

  async function walk(version) {
    const facts = { contact: contact.id, phone: PHONE, console: offhook.console, center: rep.center };
    for (const [method, , list] of METHODS) {
      for (const [what, args, check] of list) {
        const given = typeof args === "function" ? args(facts) : args;
        const [answer] = await rep.frame.evaluate((calls) => globalThis.askAll(calls), [
          { method, args: given },
        ]);
        record(version, method, what, () => {
          assert.ok(!answer.silent, "no answer came");
          check(answer, facts);
        });
      }
    }
  }

  async function channels(version) {
    const told = await rep.frame.evaluate(() => globalThis.channel("SampleMC__c", { dial: "4155551212" }));
    for (const [method] of CHANNELS) {
      record(version, method, "a channel", () => {
        assert.deepEqual(told.heard, [{ dial: "4155551212" }]);
        assert.ok(told.subscribed);
        assert.deepEqual(told.answers.map((answer) => answer.success), [true, true, true, true, true]);
      });
    }
  }

  /** Two registrations each; one message must come, and both must hear it. */
  async function listeners(version) {
    await rep.frame.evaluate(async (methods) => {
      for (const method of methods) for (const tag of [1, 2]) globalThis.listen(method, `${method} ${tag}`);
      await globalThis.ask("enableClickToDial", {});
      // The walk left the panel as large as it goes.
      await globalThis.ask("setSoftphonePanelWidth", { widthPX: 240 });
      await globalThis.ask("setSoftphonePanelHeight", { heightPX: 240 });
      await globalThis.ask("setSoftphonePanelVisibility", { visible: false });
      globalThis.events.length = 0;
      globalThis.wire.length = 0;
    }, LISTENERS.map(([method]) => method));
    const link = rep.page.locator(`main a.oh-phone[data-number]:visible`).first();
    await link.click();
    const heard = (tag) => until(`${tag} at ${version}`, 3_000, () =>
      rep.frame.evaluate((tag) => globalThis.events.find((event) => event.tag === tag), tag),
    ).catch(() => null);
    const dialled = [await heard("onClickToDial 1"), await heard("onClickToDial 2")];
    await rep.page.getByRole("link", { name: "Home" }).first().click();
    const moved = [await heard("onNavigationChange 1"), await heard("onNavigationChange 2")];
    const wire = await rep.frame.evaluate(() => globalThis.wire);
    const once = (name) => wire.filter(({ data }) => data.methodName === name).map(({ data }) => data);
    record(version, "onClickToDial", "a click", () => {
      for (const event of dialled) {
        assert.equal(event.payload.recordId, contact.id);
        assert.equal(event.payload.objectType, "Contact");
        assert.equal(typeof event.payload.number, "string");
        assert.ok(event.payload.recordName.length > 0);
      }
      assert.equal(once("onClickToDial").length, 1, "one message for each event");
      assert.deepEqual(flags(once("onClickToDial")[0]), [version, "opencti", false, true]);
    });
    record(version, "onNavigationChange", "to Home", () => {
      for (const event of moved) {
        assert.ok(event.payload.url.startsWith(offhook.console), event.payload.url);
        assert.deepEqual(Object.keys(event.payload).sort(), ["objectType", "recordId", "recordName", "url"]);
      }
      for (const data of once("onNavigationChange")) {
        assert.deepEqual(flags(data), [version, "opencti", false, true]);
      }
    });
    record(version, "hvs.onWorkStart", "registering", () => assert.deepEqual(once("onWorkStart"), []));
  }

  const flags = (data) => [
    data.apiVersion,
    data.apiType,
    data.shouldExecuteCallback,
    data.shouldExecuteListener,
  ];

  /** Everything that came from the host, by the rules of the wire. */
  async function wireRules(version) {
    const wire = await rep.frame.evaluate(() => globalThis.wire);
    assert.ok(wire.length > 50, `${wire.length} messages`);
    const answered = new Set();
    for (const { origin, data } of wire) {
      assert.equal(origin, offhook.console);
      const keys = Object.keys(data).filter((key) => key !== "eventName").sort();
      assert.deepEqual(keys, [
        "apiType", "apiVersion", "callId", "methodName", "response",
        "shouldExecuteCallback", "shouldExecuteListener",
      ]);
      assert.equal(data.apiVersion, version, "the very number");
      assert.notEqual(data.shouldExecuteCallback, data.shouldExecuteListener);
      assert.equal("eventName" in data, data.methodName === "subscribe" && data.shouldExecuteListener);
      if (!data.shouldExecuteCallback) continue;
      assert.ok(!answered.has(data.callId), `call ${data.callId} was answered twice`);
      answered.add(data.callId);
    }
  }

  for (const version of VERSIONS) {
    test(`at ${version}.0`, async () => {
      await walkerAt(version);
      await walk(version);
      await channels(version);
      await wireRules(version);
      await rep.frame.evaluate((id) => globalThis.ask("screenPop", { type: "sobject", params: { recordId: id } }), contact.id);
      await rep.page.waitForURL(new RegExp(contact.id));
      await listeners(version);
      assert.deepEqual(failures.filter((failure) => failure.startsWith(`${version} `)), []);
    });
  }

  test("gives the table of the conformance page", async () => {
    const rows = [...METHODS, ...LISTENERS, ...CHANNELS].map(([method, since]) => ({
      method,
      since: `${since}.0`,
      cases: cases.get(method),
      failed: failed.get(method),
    }));
    rows.sort((a, b) => (a.method < b.method ? -1 : 1));
    await checkTable("lightning", VERSIONS, rows);
  });
});

describe("the frame", () => {
  test("has the six parameters, the features, no sandbox, and hears no other window", async () => {
    const rep = await repWith("/lightning/walker.html?tenant=7", loaded);
    const { searchParams } = new URL(rep.frame.url());
    assert.equal(searchParams.get("tenant"), "7");
    assert.equal(searchParams.get("mode"), "Lightning");
    assert.match(searchParams.get("ltn_app_id"), /^06m\w{15}$/);
    assert.equal(searchParams.get("isdtp"), "vw");
    assert.equal(searchParams.get("sfdcIframeOrigin"), offhook.console);
    assert.equal(searchParams.get("clc"), "1");
    assert.match(searchParams.get("nonce"), /^[0-9a-f]{64}$/);
    assert.ok(rep.frame.url().includes("&mode=Lightning&"), rep.frame.url());
    assert.ok(rep.frame.url().includes("sfdcIframeOrigin=http%3A%2F%2F"), rep.frame.url());
    const element = await rep.frame.frameElement();
    assert.equal(
      await element.getAttribute("allow"),
      "microphone; camera; autoplay; clipboard-write; display-capture; hid",
    );
    assert.equal(await element.getAttribute("sandbox"), null);
    // A second frame of the very same origin is not the phone.
    const other = await rep.page.evaluate(async (src) => {
      const frame = document.createElement("iframe");
      frame.src = src;
      frame.id = "intruder";
      const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
      document.body.append(frame);
      await loaded;
      return frame.contentWindow !== null;
    }, `${rep.frame.url()}&intruder=1`);
    assert.ok(other);
    const intruder = await adapterFrame(rep.page, "intruder=1", loaded);
    const calls = [{ method: "setSoftphoneItemLabel", args: { label: "Taken" } }];
    const spoken = intruder.evaluate((calls) => globalThis.askAll(calls), calls);
    const mine = await rep.frame.evaluate((calls) => globalThis.askAll(calls), [
      { method: "isSoftphonePanelVisible", args: {} },
    ]);
    assert.equal(mine[0].response.success, true);
    assert.deepEqual(await spoken, [{ silent: true }]);
    assert.equal(await rep.page.locator("#oh-utility").getByText("Taken").count(), 0);
    await rep.context.close();
  });

  test("falls back to the standby page in time, stays there, and comes back when told", async () => {
    const standby = `${adapters.origin}/lightning/referrer.html?standby=1`;
    const rep = await repWith("/lightning/walker.html", loaded, { reqStandbyUrl: standby, reqTimeout: "1500" });
    await adapterFrame(rep.page, "standby=1", loaded);
    await rep.page.reload();
    await adapterFrame(rep.page, "standby=1", loaded);
    await rep.page.getByRole("button", { name: /^(Desk|Phone)/ }).first().click();
    await rep.page.getByRole("button", { name: "Leave the standby page: load the phone" }).click();
    const frame = await adapterFrame(rep.page, "/lightning/walker.html", loaded);
    await frame.evaluate(() => globalThis.ask("notifyInitializationComplete", {}));
    const still = await until("the time of the standby page", 4_000, async () => {
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      return rep.page.frames().find((one) => one.url().includes("/lightning/walker.html"));
    });
    assert.ok(still);
    await rep.context.close();
  });

  test("is alive in one window of a browser, and goes to the next when that closes", async () => {
    const rep = await repWith("/lightning/walker.html", loaded);
    const second = await rep.context.newPage();
    await second.goto(`${offhook.console}/lightning/r/Contact/${contact.id}/view`);
    const alive = () => second.frames().some((frame) => frame.url().includes("/lightning/walker.html"));
    await second.locator('[data-notice="elsewhere"]').waitFor({ state: "attached" });
    assert.equal(alive(), false);
    // A click in the window without the phone reaches the one with it.
    await rep.frame.evaluate(async () => {
      globalThis.listen("onClickToDial", "dial");
      await globalThis.ask("enableClickToDial", {});
    });
    await second.locator("body.oh-click-to-dial").waitFor();
    await second.locator("main a.oh-phone[data-number]:visible").first().click();
    const dialled = await until("the click", 5_000, () => rep.frame.evaluate(() => globalThis.events[0]));
    assert.equal(dialled.payload.recordId, contact.id);
    const closed = Date.now();
    await rep.page.close();
    await adapterFrame(second, "/lightning/walker.html", loaded);
    assert.ok(Date.now() - closed < 2_000, `${Date.now() - closed} ms`);
    await rep.context.close();
  });
});

describe("softphones that nobody here changed for us", () => {
  test("a page with the library by the referrer rings, pops, dials and logs", async () => {
    const rep = await repWith("/lightning/referrer.html", () => globalThis.layout != null);
    await rep.frame.evaluate((number) => globalThis.ring(number), KNOWN_CALLER);
    await rep.frame.getByText(/^Call from [A-Z]/).waitFor();
    await rep.frame.getByRole("button", { name: "Answer" }).click();
    await rep.page.waitForURL(new RegExp(contact.id));
    await rep.frame.getByRole("button", { name: "Hang up" }).click();
    const status = rep.frame.getByText(/^Logged 00T/);
    await status.waitFor();
    const task = (await status.innerText()).split(" ")[1];
    const [row] = await records(offhook, "task", `"id" = '${task}'`);
    assert.equal(row.CallDisposition, "Answered");
    assert.equal(row.CallType, "Inbound");
    assert.equal(row.Status, "Completed");
    assert.equal(row.WhoId, contact.id);
    await rep.page.locator("main a.oh-phone[data-number]:visible").first().click();
    await rep.frame.getByText(/^Calling [A-Z]/).waitFor();
    assert.deepEqual(
      await rep.frame.evaluate(() => globalThis.notes.filter((note) => !note.startsWith("at "))),
      [],
    );
    await rep.context.close();
  });

  test("an application that waits for each answer rings, pops, logs and reads the errors", async () => {
    const rep = await repWith("/lightning/origin.html", () => globalThis.app?.ready === true);
    const who = await rep.frame.evaluate((number) => globalThis.app.ring(number), KNOWN_CALLER);
    assert.equal(who.length, 1);
    await rep.page.waitForURL(new RegExp(contact.id));
    const made = await rep.frame.evaluate(() => globalThis.app.log({ Subject: "Call" }));
    assert.match(made.id, /^00T/);
    const refused = await rep.frame.evaluate(() => globalThis.app.log({ WhoId: "nonsense" }));
    assert.ok(refused.errors[0].details.message.length > 0, JSON.stringify(refused));
    await rep.page.locator("main a.oh-phone[data-number]:visible").first().click();
    await until("the click", 5_000, () => rep.frame.evaluate(() => globalThis.app.calls.length === 1));
    await until("the polls", 5_000, () => rep.frame.evaluate(() => globalThis.app.polls > 3));
    assert.equal(await rep.frame.evaluate(() => globalThis.app.visible), true);
    await rep.context.close();
  });

  test("a page with a copy of its own speaks to us through the proxy only", async () => {
    const rep = await repWith("/lightning/vendored.html", () => document.readyState === "complete");
    assert.equal(await rep.frame.locator("#status").innerText(), "No library");
    const switched = await admin.page.evaluate(async (id) => {
      const { csrf } = JSON.parse(document.querySelector("#oh-boot").textContent);
      const body = new URLSearchParams({ _csrf: csrf, on: "true" });
      const answer = await fetch(`/lightning/setup/call-centers/${id}/proxy`, { method: "POST", body });
      return answer.status;
    }, rep.centerId);
    assert.equal(switched, 200);
    await rep.page.reload();
    const frame = await adapterFrame(rep.page, "/lightning/vendored.html", loaded);
    assert.ok(frame.url().startsWith(`${offhook.pages}/proxy/`), frame.url());
    await frame.getByText(`Connected to ${rep.center} phone`).waitFor();
    await rep.context.close();
  });
});
