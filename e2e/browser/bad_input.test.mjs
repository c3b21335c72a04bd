// What nobody should send and what should not happen, on the running program: broken SIP, callers
// with impossible names, a locked database, a browser whose wire is cut in each state. Nothing
// falls over, and every call that was taken is logged once.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { connect } from "node:net";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";

import { inState, softphone } from "../lib/browser.mjs";
import { freePort, until } from "../lib/offhook.mjs";
import { offer, startPlainSip } from "../lib/plain_sip.mjs";
import { startProxy } from "../lib/proxy.mjs";
import { callId, press, setStage, tasksOf } from "../lib/stage.mjs";
import { rows } from "../lib/tasks.mjs";

/** A display name as it stands in a From header. */
const SCRIPT = `"\\"><script>document.title='taken'</script>"`;
const KNOWN = "<sip:+15551234567@carrier>";

async function saveLog(page) {
  const frame = await inState(page, "wrap_up");
  await frame.getByRole("button", { name: "Save log" }).click();
}

describe("on the telephone line", () => {
  let stage;
  let sip;
  let rep;
  before(async () => {
    stage = await setStage();
    rep = await stage.rep();
    sip = await startPlainSip(stage.carrier, stage.offhook.sip);
  });
  after(async () => {
    await sip?.close();
    await stage?.clear();
  });

  /** A call that rings, is answered, hung up and logged. */
  async function whole(call) {
    call.invite();
    await inState(rep.page, "ringing");
    const id = await callId(rep.page);
    await press(rep.page, "Answer");
    const ok = await call.answer(200);
    call.ack(ok, call.offersLate ? offer(40_000) : "");
    await inState(rep.page, "talking");
    const shown = await (await softphone(rep.page)).locator("body").innerText();
    await press(rep.page, "Hang up");
    await call.ended();
    await saveLog(rep.page);
    await inState(rep.page, "ready");
    await tasksOf(stage.offhook, id);
    return shown;
  }

  test("garbage and half messages harm nobody", async () => {
    const body = offer(40_000);
    const good = `INVITE sip:1@h SIP/2.0\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    for (let cut = 0; cut < good.length; cut += 7) sip.send(good.slice(0, cut));
    for (let n = 0; n < 200; n++) {
      sip.send(Buffer.from(Array.from({ length: 1 + n * 5 }, () => Math.floor(Math.random() * 256))));
    }
    for (const bytes of ["INVITE sip:1@h SIP/2.0\r\nVia: SIP/2.0/TCP h;bra", "\x16\x03\x01 TLS", "INVITE\r\n\r\n"]) {
      const stream = connect(stage.offhook.sip.port, stage.offhook.sip.host);
      stream.on("error", () => {});
      stream.end(bytes);
    }
    await whole(sip.call("after-garbage", KNOWN, { body }));
  });

  test("an INVITE without SDP is answered with our offer", async () => {
    const call = sip.call("no-sdp", KNOWN);
    await whole({ ...call, offersLate: true });
  });

  test("an INVITE with no codec of ours is refused with 488 and rings nobody", async () => {
    const caller = sip.call("g729", KNOWN, { body: offer(40_000, "18") });
    caller.invite();
    const refused = await caller.answer();
    assert.match(refused, /^SIP\/2\.0 488 /);
    caller.ack(refused);
    await inState(rep.page, "ready");
  });

  test("an INVITE with 70 headers more is a call", async () => {
    const more = Array.from({ length: 70 }, (_, n) => `X-Filler-${n}: ${"of no meaning ".repeat(3)}`);
    await whole(sip.call("headers", KNOWN, { more, body: offer(40_000) }));
  });

  const callers = [
    ["anonymous", `"Anonymous" <sip:anonymous@anonymous.invalid>`, /Anonymous|Unknown|withheld|No number/i],
    ["empty", "<sip:127.0.0.1>", /Anonymous|Unknown|withheld|No number/i],
    ["forty digits", `<sip:${"1234567890".repeat(4)}@carrier>`, /1234567890/],
    ["Unicode", `"山田 太郎" <sip:+15559870000@carrier>`, /山田 太郎/],
    ["a script", `${SCRIPT} <sip:+15559870001@carrier>`, /<script>/],
  ];
  for (const [name, from, shows] of callers) {
    test(`a caller whose name is ${name} is shown as text and logged once`, async () => {
      const id = `caller-${name.replace(" ", "-")}`;
      const shown = await whole(sip.call(id, from, { body: offer(40_000) }));
      assert.match(shown, shows);
      assert.notEqual(await rep.page.title(), "taken");
      assert.deepEqual(rep.problems, []);
    });
  }
});

/** Holds the write lock of the org's database, as a backup by hand would. */
async function lock(offhook) {
  const shell = spawn("sqlite3", [join(offhook.folder, "offhook.db")], { stdio: ["pipe", "pipe", "inherit"] });
  let said = "";
  shell.stdout.on("data", (data) => (said += data));
  shell.stdin.write(".timeout 5000\nBEGIN IMMEDIATE;\nSELECT 'locked';\n");
  await until("the lock", 6_000, () => said.includes("locked"));
  const ended = new Promise((resolve) => shell.once("exit", resolve));
  return async () => {
    if (!shell.stdin.writableEnded) shell.stdin.end("ROLLBACK;\n");
    await ended;
  };
}

const seconds = (count) => new Promise((resolve) => setTimeout(resolve, count * 1_000));

describe("while the database is locked", () => {
  let stage;
  let rep;
  let unlock = async () => {};
  let line;
  before(async () => {
    stage = await setStage();
    rep = await stage.rep();
  });
  afterEach(async () => {
    await unlock();
    await line?.close();
  });
  after(() => stage?.clear());

  test("for 3 s, a call waits and then rings, is answered and logged", async () => {
    unlock = await lock(stage.offhook);
    const caller = await stage.caller("caller_waits_for_bye.xml");
    line = caller;
    await seconds(3);
    await unlock();
    await inState(rep.page, "ringing", 5_000);
    const call = await callId(rep.page);
    await press(rep.page, "Answer");
    await inState(rep.page, "talking");
    await press(rep.page, "Hang up");
    await inState(rep.page, "wrap_up");
    unlock = await lock(stage.offhook);
    await saveLog(rep.page);
    await seconds(3);
    await unlock();
    await inState(rep.page, "ready", 10_000);
    await tasksOf(stage.offhook, call);
    assert.equal(await caller.done, 0, await caller.messages());
  });

  test("for longer than we wait, a call is asked to come back, and the next one is a call", async () => {
    const sip = await startPlainSip(stage.carrier, stage.offhook.sip);
    line = sip;
    unlock = await lock(stage.offhook);
    const caller = sip.call("locked-20", KNOWN, { body: offer(40_000) });
    caller.invite();
    const refused = await caller.answer(null, 15_000);
    assert.match(refused, /^SIP\/2\.0 503 /);
    caller.ack(refused);
    await inState(rep.page, "ready");
    await unlock();
    const next = sip.call("unlocked", KNOWN, { body: offer(40_000) });
    next.invite();
    await inState(rep.page, "ringing");
    next.cancel();
    await inState(rep.page, "ready");
  });

  test("for longer than we wait, a log is refused with words and saved once afterwards", async () => {
    const caller = await stage.caller("caller_waits_for_bye.xml");
    line = caller;
    await inState(rep.page, "ringing");
    const call = await callId(rep.page);
    await press(rep.page, "Answer");
    await inState(rep.page, "talking");
    await press(rep.page, "Hang up");
    const frame = await inState(rep.page, "wrap_up");
    await frame.getByLabel("Notes").fill("Kept through the lock.");
    const kept = `SELECT 1 FROM call WHERE body LIKE '%Kept through the lock.%'`;
    await until("the notes to be kept", 5_000, async () => (await rows(stage.offhook, kept)).length > 0);
    unlock = await lock(stage.offhook);
    await saveLog(rep.page);
    const problem = frame.getByRole("alert").filter({ hasText: /did not save the log/ });
    await problem.waitFor({ timeout: 15_000 });
    await inState(rep.page, "wrap_up");
    await unlock();
    await saveLog(rep.page);
    await inState(rep.page, "ready");
    const [task] = await tasksOf(stage.offhook, call);
    assert.equal(task.Description, "Kept through the lock.");
  });
});

describe("when the wire to the browser is cut", () => {
  let stage;
  let wire;
  before(async () => {
    const [near, far] = [await freePort(), await freePort()];
    wire = await startProxy(near, far);
    stage = await setStage({
      set: [
        `server.pages_address=127.0.0.1:${far}`,
        `server.pages_origin=http://127.0.0.1:${near}`,
        "calls.wrap_up_ms=4000",
        "calls.media_return_ms=4000",
      ],
    });
    stage.offhook.pages = `http://127.0.0.1:${near}`;
  });
  after(async () => {
    await stage?.clear();
    await wire?.close();
  });

  /** Cuts, sees that the page says so, mends, and sees that the page is back where it was. */
  async function cutIn(page, state) {
    const frame = await inState(page, state);
    wire.cut();
    const away = '[data-link="offline"], [data-link="connecting"]';
    await frame.waitForSelector(away, { state: "attached", timeout: 5_000 });
    wire.mend();
    await frame.waitForSelector('[data-link="online"]', { state: "attached", timeout: 7_000 });
    return inState(page, state, 3_000);
  }

  test("in each state in turn, the page comes back to it and the call is logged once", async () => {
    const { page, context } = await stage.rep();
    await cutIn(page, "ready");
    const caller = await stage.caller("caller_waits_for_bye.xml");
    await cutIn(page, "ringing");
    const call = await callId(page);
    await press(page, "Answer");
    await cutIn(page, "talking");
    await press(page, "Hold");
    await cutIn(page, "held");
    await press(page, "Hang up");
    await cutIn(page, "wrap_up");
    assert.equal(await callId(page), call);
    await saveLog(page);
    await inState(page, "ready");
    await tasksOf(stage.offhook, call);
    assert.equal(await caller.done, 0, await caller.messages());
    await caller.close();
    await context.close();
  });

  /** A call that is brought to a state, whose wire is then cut for good. */
  async function lost(scenario, pauseMs, steps) {
    const { page, context } = await stage.rep();
    const caller = await stage.caller(scenario, { pauseMs });
    await inState(page, "ringing");
    const call = await callId(page);
    for (const [button, state] of steps) {
      await press(page, button);
      await inState(page, state);
    }
    wire.cut();
    const [task] = await tasksOf(stage.offhook, call, 1, 20_000);
    assert.equal(await caller.done, 0, await caller.messages());
    await caller.close();
    wire.mend();
    await inState(page, "ready", 10_000);
    await tasksOf(stage.offhook, call);
    await context.close();
    return task;
  }

  test("while it rings and the caller gives up meanwhile, the call is missed, logged, gone", async () => {
    const task = await lost("caller_gives_up.xml", 3_000, []);
    assert.equal(task.CallDurationInSeconds, 0);
  });

  test("in the talk and the caller hangs up meanwhile, the server logs", async () => {
    const task = await lost("caller_hangs_up.xml", 3_000, [["Answer", "talking"]]);
    assert.ok(task.CallDurationInSeconds >= 2, `${task.CallDurationInSeconds} s`);
  });

  test("while held and the caller hangs up meanwhile, the server logs", async () => {
    await lost("caller_hangs_up.xml", 4_000, [["Answer", "talking"], ["Hold", "held"]]);
  });

  test("in wrap-up for good, the server logs", async () => {
    await lost("caller_waits_for_bye.xml", 0, [["Answer", "talking"], ["Hang up", "wrap_up"]]);
  });
});
