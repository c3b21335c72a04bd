// The same call when things go wrong at each state: the tab is closed, the socket is cut, the
// caller gives up, two reps answer at once. Whatever happens, the call ends and is logged once.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { inState, openPhone, softphone } from "../lib/browser.mjs";
import { until } from "../lib/offhook.mjs";
import { callId, contactWith, mediaOn, press, setStage, tasksOf } from "../lib/stage.mjs";

describe("one call, one log", () => {
  let stage;
  let contact;
  before(async () => {
    stage = await setStage({ set: ["calls.wrap_up_ms=3000", "calls.media_return_ms=4000"] });
    contact = await contactWith(stage.offhook, "5551234567");
  });
  after(() => stage.clear());

  async function ringing(scenario, options) {
    const person = await stage.rep();
    const caller = await stage.caller(scenario, options);
    await inState(person.page, "ringing");
    return { ...person, caller, call: await callId(person.page) };
  }

  async function talking(scenario, options) {
    const scene = await ringing(scenario, options);
    await press(scene.page, "Answer");
    await inState(scene.page, "talking");
    return scene;
  }

  async function loggedOnce(scene, { answered }) {
    const [task] = await tasksOf(stage.offhook, scene.call, 1, 20_000);
    assert.equal(task.WhoId, contact.id, "the caller's record");
    if (answered) assert.ok(task.CallDurationInSeconds >= 0);
    else assert.equal(task.CallDurationInSeconds, 0);
    assert.equal(await scene.caller.done, 0, await scene.caller.messages());
    await scene.caller.close();
    await scene.context.close();
    return task;
  }

  test("the caller gives up while it rings", async () => {
    const scene = await ringing("caller_gives_up.xml", { pauseMs: 1_500 });
    await inState(scene.page, "ready");
    await loggedOnce(scene, { answered: false });
  });

  test("the caller hangs up between 200 and ACK", async () => {
    const scene = await ringing("caller_byes_before_ack.xml");
    await press(scene.page, "Answer");
    await inState(scene.page, "ready", 15_000);
    await loggedOnce(scene, { answered: true });
  });

  test("the caller hangs up in the talk", async () => {
    const scene = await talking("caller_hangs_up.xml", { pauseMs: 2_000 });
    await inState(scene.page, "wrap_up");
    const task = await loggedOnce(scene, { answered: true });
    assert.ok(Math.abs(task.CallDurationInSeconds - 2) <= 1, `${task.CallDurationInSeconds} s`);
  });

  test("the caller hangs up while held", async () => {
    const scene = await talking("caller_hangs_up.xml", { pauseMs: 3_000 });
    await press(scene.page, "Hold");
    await inState(scene.page, "held");
    await inState(scene.page, "wrap_up");
    await loggedOnce(scene, { answered: true });
  });

  test("the tab is closed while it rings, and the caller gives up", async () => {
    const scene = await ringing("caller_gives_up.xml", { pauseMs: 3_000 });
    await scene.page.close();
    await loggedOnce(scene, { answered: false });
  });

  test("the tab is closed in the talk and does not come back", async () => {
    const scene = await talking("caller_waits_for_bye.xml");
    await mediaOn(scene.page);
    await scene.page.close();
    await loggedOnce(scene, { answered: true });
  });

  test("the tab is closed while the caller is held and does not come back", async () => {
    const scene = await talking("caller_waits_for_bye.xml");
    await mediaOn(scene.page);
    await press(scene.page, "Hold");
    await inState(scene.page, "held");
    await scene.page.close();
    await loggedOnce(scene, { answered: true });
  });

  test("the rep gives up while the far end rings", async () => {
    const { page, context } = await stage.rep();
    const caller = await stage.callee("callee_rings_until_cancel.xml");
    const frame = await softphone(page);
    await frame.getByLabel("Number").fill("555 123 4567");
    await frame.getByRole("button", { name: "Dial", exact: true }).click();
    await inState(page, "dialling");
    const call = await callId(page);
    await until("the far end to ring", 10_000, async () => (await caller.messages()).includes("180 Ringing"));
    await press(page, "Hang up");
    await inState(page, "wrap_up");
    await loggedOnce({ page, context, caller, call }, { answered: false });
  });

  test("the tab is closed in wrap-up: what was typed is kept", async () => {
    const scene = await talking("caller_waits_for_bye.xml");
    await press(scene.page, "Hang up");
    const frame = await inState(scene.page, "wrap_up");
    await frame.getByLabel("Notes").fill("Typed before the tab was lost.");
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await scene.page.close();
    const task = await loggedOnce(scene, { answered: true });
    assert.match(task.Description, /Typed before the tab was lost\./);
  });

  test("a reload while it rings leaves it ringing and answerable", async () => {
    const scene = await ringing("caller_waits_for_bye.xml");
    await scene.page.reload();
    await inState(scene.page, "ringing", 6_000);
    await press(scene.page, "Answer");
    await inState(scene.page, "talking");
    await press(scene.page, "Hang up");
    await loggedOnce(scene, { answered: true });
  });

  test("a second tab shows the call and does not disturb it", async () => {
    const scene = await talking("caller_waits_for_bye.xml");
    await mediaOn(scene.page);
    const second = await scene.context.newPage();
    await second.goto(`${stage.offhook.console}/lightning/page/home`);
    await openPhone(second);
    await inState(second, "talking");
    assert.equal(await callId(second), scene.call);
    const mark = scene.caller.rtp.mark();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const { packets, missing } = scene.caller.rtp.gaps(mark);
    assert.ok(packets > 90, `${packets} packets in 2 s`);
    assert.ok(missing < 2, `${missing} missing`);
    await mediaOn(scene.page);
    await press(second, "Hang up");
    await inState(scene.page, "wrap_up");
    await loggedOnce(scene, { answered: true });
  });

  test("two reps answer at once: one talks, the other is told, one log", async () => {
    const other = await stage.rep(1);
    const scene = await ringing("caller_waits_for_bye.xml");
    await inState(other.page, "ringing");
    await Promise.all([
      press(scene.page, "Answer").catch(() => {}),
      press(other.page, "Answer").catch(() => {}),
    ]);
    const states = async () => {
      const at = async (page) => (await softphone(page)).evaluate(() => document.querySelector("[data-state]").dataset.state);
      return [await at(scene.page), await at(other.page)];
    };
    const settled = await until("one talker and one loser", 10_000, async () => {
      const now = await states();
      return now.filter((state) => state === "talking").length === 1 && now.includes("ready") && now;
    });
    await press(settled[0] === "talking" ? scene.page : other.page, "Hang up");
    await loggedOnce(scene, { answered: true });
    await other.context.close();
  });
});
