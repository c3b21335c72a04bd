// The stage of a call test: an Offhook with a carrier's trunk that SIPp plays, and a rep in
// Chromium with the softphone open.
import assert from "node:assert/strict";

import { inState, openPhone, softphone, startBrowser } from "./browser.mjs";
import { freePort, startOffhook, until } from "./offhook.mjs";
import { startRtpPeer } from "./rtp.mjs";
import { startSipp } from "./sipp.mjs";
import { records } from "./tasks.mjs";
import { twoTones } from "./tones.mjs";

/** The caller that everybody knows: stored as 5551234567. */
export const KNOWN_CALLER = "+15551234567";

/** Sets the stage. `set` are settings of the server. */
export async function setStage({ set = [], browser: options = {}, folder, log } = {}) {
  const carrier = await freePort();
  const [farTone, microphoneTone] = twoTones();
  const offhook = await startOffhook({
    trunks: [{ name: "carrier", address: `127.0.0.1:${carrier}`, caller_id: "+15035550100" }],
    set: ["calls.outbound_trunk=carrier", ...set],
    folder,
    log,
  });
  const browser = await startBrowser({ microphone: microphoneTone, ...options });
  const reps = offhook.logins.filter((login) => /rep|agent/i.test(login.role));
  const parties = new Set();
  /** SIPp and its audio, closed together. */
  const party = (sipp, rtp) => {
    const made = {
      ...sipp,
      rtp,
      async close() {
        if (!parties.delete(made)) return;
        rtp.close();
        await sipp.close();
      },
    };
    parties.add(made);
    return made;
  };
  return {
    offhook,
    browser,
    carrier,
    farTone,
    microphoneTone,
    reps,
    admin: offhook.logins.find((login) => /admin/i.test(login.role)),
    /** A rep at the desk: signed in, phone open and ready. */
    async rep(number = 0) {
      const person = await browser.person(offhook, reps[number]);
      await openPhone(person.page);
      await softphone(person.page);
      await inState(person.page, "ready");
      return person;
    },
    /** SIPp as the carrier that calls in. */
    async caller(scenario, { caller = KNOWN_CALLER, name = "", pauseMs = 0, keys = {}, tcp = false } = {}) {
      const rtp = await startRtpPeer(farTone);
      const sipp = await startSipp(scenario, {
        local: carrier,
        remote: offhook.sip,
        pauseMs,
        tcp,
        keys: { caller, caller_name: name, dialled: "+15035550100", rtp_port: rtp.port, ...keys },
      });
      return party(sipp, rtp);
    },
    /** SIPp as the carrier that is called. */
    async callee(scenario, { pauseMs = 0 } = {}) {
      const rtp = await startRtpPeer(farTone);
      const sipp = await startSipp(scenario, { local: carrier, pauseMs, keys: { rtp_port: rtp.port } });
      return party(sipp, rtp);
    },
    async clear() {
      // A test that failed left its own: they would keep this process alive.
      for (const left of parties) await left.close();
      await browser.close();
      await offhook.stop();
    },
  };
}

/** The id of the softphone's present call. */
export async function callId(page) {
  const frame = await softphone(page);
  return until("a call id", 5_000, () =>
    frame.evaluate(() => document.querySelector("[data-state]")?.dataset.callId || null),
  );
}

/** Waits until audio is up in the softphone. */
export async function mediaOn(page, ms = 10_000) {
  const frame = await softphone(page);
  await until("audio in the softphone", ms, () =>
    frame.evaluate(() => document.querySelector("[data-media]")?.dataset.media === "on").catch(() => false),
  );
  return frame;
}

/** Presses a button of the softphone. */
export async function press(page, name) {
  const frame = await softphone(page);
  await frame.getByRole("button", { name, exact: true }).click();
}

/** The Tasks that log a call, when there are as many as expected; and that no more appear. */
export async function tasksOf(offhook, call, count = 1, ms = 15_000) {
  const found = () => records(offhook, "task", `"offhook_call_key__c" LIKE '${call}:%'`);
  await until(`${count} Task(s) of the call`, ms, async () => (await found()).length >= count);
  // One too many would follow at once: both writers are due by now.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const tasks = await found();
  assert.equal(tasks.length, count, `Tasks of call ${call}`);
  return tasks;
}

/** The contact with this stored phone number. */
export async function contactWith(offhook, phone) {
  const found = await records(offhook, "contact", `"phone" = '${phone}'`);
  assert.equal(found.length, 1, `contacts with the phone ${phone}`);
  return found[0];
}
