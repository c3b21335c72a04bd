// One call through the whole house: SIPp calls, a rep's browser rings, the caller's record pops,
// they hear each other, the call is logged as one Task.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { inState, listen } from "../lib/browser.mjs";
import { until } from "../lib/offhook.mjs";
import { callId, contactWith, mediaOn, press, setStage, tasksOf } from "../lib/stage.mjs";
import { records } from "../lib/tasks.mjs";
import { presence } from "../lib/tones.mjs";

const LISTEN_MS = 10_000;

/** Both directions for ten seconds: how much of the time each side hears the other's tone. */
async function bothHear(stage, page, rtp) {
  const frame = await mediaOn(page);
  const since = rtp.mark();
  const { samples, rate } = await listen(frame, LISTEN_MS);
  return {
    rep: presence(samples, stage.farTone, rate),
    caller: presence(rtp.samples(since), stage.microphoneTone),
    seconds: samples.length / rate,
    gaps: rtp.gaps(since),
  };
}

function assertBothHear(heard, when) {
  assert.ok(heard.seconds > 9, `${when}: the browser played ${heard.seconds} s`);
  assert.ok(heard.rep > 0.98, `${when}: the rep hears the caller ${heard.rep} of the time`);
  assert.ok(heard.caller > 0.98, `${when}: the caller hears the rep ${heard.caller} of the time`);
  assert.ok(heard.gaps.packets > 450, `${when}: ${heard.gaps.packets} packets in 10 s`);
  assert.ok(heard.gaps.missing / heard.gaps.packets < 0.01, `${when}: ${heard.gaps.missing} missing`);
}

async function focusedTab(page) {
  return page.locator('[role="tab"][aria-selected="true"]').allInnerTexts();
}

async function wrapUp(page, outcome, notes) {
  const frame = await inState(page, "wrap_up");
  await frame.getByLabel("Outcome").selectOption(outcome);
  await frame.getByLabel("Notes").fill(notes);
  await frame.getByRole("button", { name: "Save log" }).click();
  await inState(page, "ready");
}

describe("a call", () => {
  let stage;
  before(async () => (stage = await setStage()));
  after(() => stage.clear());

  test("rings, pops, is heard both ways before and after a reload, and is logged once", async () => {
    const { page, context, problems } = await stage.rep();
    const contact = await contactWith(stage.offhook, "5551234567");
    const caller = await stage.caller("caller_waits_for_bye.xml", { name: "Carrier Name" });
    await inState(page, "ringing");
    const call = await callId(page);
    await press(page, "Answer");
    const answeredAt = Date.now();
    await inState(page, "talking");
    await until("the contact's tab", 5_000, async () => (await focusedTab(page)).join(" ").includes(contact.Name));
    assertBothHear(await bothHear(stage, page, caller.rtp), "before the reload");

    const reloadedAt = Date.now();
    await page.reload();
    await inState(page, "talking", 6_000);
    await mediaOn(page, Math.max(1, 6_000 - (Date.now() - reloadedAt)));
    assert.equal(await callId(page), call);
    assertBothHear(await bothHear(stage, page, caller.rtp), "after the reload");
    const tabs = (await focusedTab(page)).join(" ");
    assert.ok(tabs.includes(contact.Name), `the record's tab is there after the reload: ${tabs}`);

    await press(page, "Hang up");
    const talked = Math.round((Date.now() - answeredAt) / 1_000);
    assert.equal(await caller.done, 0, await caller.messages());
    await wrapUp(page, "Connected", "Wants a quote by Friday.");
    const [task] = await tasksOf(stage.offhook, call);
    assert.equal(task.WhoId, contact.id);
    assert.equal(task.CallType, "Inbound");
    assert.equal(task.TaskSubtype, "Call");
    assert.equal(task.Type, "Call");
    assert.equal(task.Status, "Completed");
    assert.equal(task.CallObject, call);
    assert.equal(task.CallDisposition, "Connected");
    assert.equal(task.Description, "Wants a quote by Friday.");
    assert.ok(task.Subject.length > 0);
    assert.ok(Math.abs(task.CallDurationInSeconds - talked) <= 1, `${task.CallDurationInSeconds} s, not ${talked}`);
    await page.goto(`${stage.offhook.console}/lightning/r/Contact/${contact.id}/view`);
    await page.getByText("Wants a quote by Friday.").first().waitFor();
    assert.deepEqual(problems, []);
    await caller.close();
    await context.close();
  });

  test("goes out by a click on a number of a record, and is logged with that record", async () => {
    const { page, context } = await stage.rep();
    const contact = await contactWith(stage.offhook, "5551234567");
    const callee = await stage.callee("callee_answers.xml", { pauseMs: 500 });
    await page.goto(`${stage.offhook.console}/lightning/r/Contact/${contact.id}/view`);
    await inState(page, "ready");
    await page.locator("a.oh-phone").first().click();
    await inState(page, "talking");
    const call = await callId(page);
    assertBothHear(await bothHear(stage, page, callee.rtp), "outbound");
    await press(page, "Hang up");
    assert.equal(await callee.done, 0, await callee.messages());
    await wrapUp(page, "Connected", "Called back.");
    const [task] = await tasksOf(stage.offhook, call);
    assert.equal(task.WhoId, contact.id);
    assert.equal(task.CallType, "Outbound");
    assert.ok(Math.abs(task.CallDurationInSeconds - 11) <= 2, `${task.CallDurationInSeconds} s`);
    await callee.close();
    await context.close();
  });

  test("to a busy number ends in wrap-up that says so", async () => {
    const { page, context } = await stage.rep();
    const callee = await stage.callee("callee_is_busy.xml");
    const frame = await inState(page, "ready");
    await frame.getByLabel("Number").fill("+44 20 7946 0123");
    await frame.getByRole("button", { name: "Dial", exact: true }).click();
    await inState(page, "wrap_up");
    const call = await callId(page);
    await wrapUp(page, "Busy", "");
    const [task] = await tasksOf(stage.offhook, call);
    assert.equal(task.CallDurationInSeconds, 0);
    assert.equal(await callee.done, 0, await callee.messages());
    await callee.close();
    await context.close();
  });

  test("that nobody can take is refused with 480 and logged once for the default owner", async () => {
    const caller = await stage.caller("caller_gives_up.xml", { pauseMs: 1_000 });
    assert.equal(await caller.done, 0, await caller.messages());
    const condition = `"calltype" = 'Inbound' AND "offhook_call_key__c" IS NOT NULL AND "subject" LIKE 'Missed%'`;
    const key = await until("the log", 10_000, async () => {
      const [task] = await records(stage.offhook, "task", condition);
      return task?.Offhook_Call_Key__c;
    });
    await tasksOf(stage.offhook, key.split(":")[0]);
    await caller.close();
  });
});

describe("with the bridge off", () => {
  let stage;
  before(async () => (stage = await setStage({ set: ["media.bridge_disabled=true"] })));
  after(() => stage.clear());

  test("the same listening finds no tone, so it can fail", async () => {
    const { page, context } = await stage.rep();
    const caller = await stage.caller("caller_waits_for_bye.xml");
    await inState(page, "ringing");
    await press(page, "Answer");
    await inState(page, "talking");
    const heard = await bothHear(stage, page, caller.rtp);
    assert.ok(heard.rep < 0.02, `the rep hears ${heard.rep}`);
    assert.ok(heard.caller < 0.02, `the caller hears ${heard.caller}`);
    await press(page, "Hang up");
    await caller.close();
    await context.close();
  });
});
