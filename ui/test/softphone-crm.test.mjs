// The softphone and the CRM around it: the caller's record pops once, the call is logged once, and
// whatever the host does or fails to do, the person is told what happens next.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { load } from "./load.mjs";
import { ANN, call, CALL, Desk, desk, NOW, offline, online, POP, record } from "./softphone-desk.mjs";

const { clickedRecord, HostRefusal, inboundLayout, recordsOf, refusalOf } =
  await load("src/softphone/cti.ts");
const { logFields } = await load("src/softphone/log.ts");

const BEN = { id: "00Q000000000002AAA", object: "Lead", name: "Ben Lee" };
const found = (page, ...records) => page.on("searched", { call: CALL, result: { records } });

describe("a pop", () => {
  const due = call("ringing", { pop: POP });

  test("is claimed once, searched when the claim is granted, and its record is reported", () => {
    const page = desk(due);
    page.view(due);
    assert.deepEqual(page.sent("claim_pop").map(({ event_id }) => event_id), [POP.event_id]);
    assert.deepEqual(page.asked("search"), []);
    page.replies("claim_pop");
    assert.deepEqual(page.asked("search"), [{ effect: "search", call: CALL, number: POP.number }]);
    found(page, ANN);
    assert.deepEqual(page.sent("popped")[0].record, ANN);
    page.view(due);
    assert.equal(page.sent("claim_pop").length, 1);
  });

  test("is searched though the view without it overtakes the reply", () => {
    const page = desk(due);
    page.view(call("ringing"));
    page.replies("claim_pop");
    assert.equal(page.asked("search").length, 1);
  });

  test("that another tab has claimed is left alone", () => {
    const page = desk(due);
    page.replies("claim_pop", { accepted: false, reason: "taken" });
    page.view(due);
    assert.deepEqual(page.asked("search"), []);
    assert.equal(page.sent("claim_pop").length, 1);
    assert.deepEqual(page.state.toasts, []);
  });

  test("is left to a visible tab for a moment by a hidden one", () => {
    const hidden = () => {
      const page = desk();
      page.on("visibility", { visible: false });
      page.view(due);
      assert.deepEqual(page.sent("claim_pop"), []);
      assert.deepEqual(page.asked("timer"), [{ effect: "timer", timer: "claim", after_ms: 300 }]);
      return page;
    };
    const alone = hidden();
    alone.on("timer", { timer: "claim" });
    assert.equal(alone.sent("claim_pop").length, 1);
    const late = hidden();
    late.view(call("ringing"));
    late.on("timer", { timer: "claim" });
    assert.deepEqual(late.sent("claim_pop"), []);
    const looked_at = hidden();
    looked_at.on("visibility", { visible: true });
    looked_at.on("timer", { timer: "claim" });
    assert.equal(looked_at.sent("claim_pop").length, 1);
  });

  test("is not claimed outside a CRM, and is as soon as one is found", () => {
    const page = new Desk();
    online(page);
    page.view(due);
    assert.deepEqual(page.sent("claim_pop"), []);
    page.on("host", { host: "inside", note: "" });
    assert.equal(page.sent("claim_pop").length, 1);
  });

  test("whose claim was cut off with the connection is claimed again", () => {
    const page = desk(due);
    offline(page);
    online(page);
    page.view(due, { sequence: 1 });
    assert.equal(page.sent("claim_pop").length, 2);
  });

  test("with several matches lets the person choose, and reports nothing until then", () => {
    const page = desk(due);
    page.replies("claim_pop");
    found(page, ANN, BEN);
    assert.deepEqual(page.sent("popped").map((sent) => sent.record), [null]);
    assert.deepEqual(page.state.matches.records, [ANN, BEN]);
    page.on("choose_match", { record: BEN });
    assert.deepEqual(page.sent("popped").at(-1).record, BEN);
    assert.deepEqual(page.asked("show_record"), [{ effect: "show_record", record: BEN }]);
    assert.equal(page.state.matches, null);
  });

  test("without a match says where it was looked, in the layout's words", () => {
    const page = desk(due);
    const layout = { objects: ["Contact", "Lead", "Site_Visit__c"], dialled: true };
    page.on("call_center", { name: "Demo", layout });
    page.replies("claim_pop");
    found(page);
    assert.deepEqual(page.sent("popped")[0].record, null);
    assert.equal(page.state.unmatched, "No Contact, Lead or Site Visit has this number.");
  });

  test("that the host cannot do is told, and can be tried by hand", () => {
    const page = desk(due);
    page.replies("claim_pop");
    page.on("searched", { call: CALL, result: { problem: "no right to read." } });
    assert.match(page.state.toasts[0].text, /no right to read/u);
    assert.equal(page.state.searching, false);
    page.press("find_record");
    assert.equal(page.asked("search").length, 2);
  });

  test("that is answered after the call is gone changes nothing", () => {
    const page = desk(due);
    page.replies("claim_pop");
    page.view(null);
    found(page, ANN);
    assert.deepEqual(page.sent("popped"), []);
  });
});

describe("the log", () => {
  const over = call("wrap_up", { record: ANN });
  const typed = () => {
    const page = desk(over);
    page.on("outcome", { outcome: "Connected" });
    page.on("notes", { notes: "Wants a quote." });
    return page;
  };
  const claimed = () => {
    const page = typed();
    page.press("save_log");
    page.replies("wrap_up", { log_key: `${CALL}:005`, call: record() });
    return page;
  };

  test("is claimed first, then saved by the host under the server's key", () => {
    const page = typed();
    page.press("save_log");
    const [{ outcome, notes }] = page.sent("wrap_up");
    assert.deepEqual({ outcome, notes }, { outcome: "Connected", notes: "Wants a quote." });
    assert.deepEqual(page.asked("save_log"), []);
    page.replies("wrap_up", { log_key: `${CALL}:005`, call: record() });
    const [{ fields }] = page.asked("save_log");
    assert.equal(fields.Offhook_Call_Key__c, `${CALL}:005`);
    assert.equal(fields.WhoId, ANN.id);
    page.on("log_answer", { call: CALL, result: { saved: true } });
    page.view(null);
    assert.equal(page.screen, "ready");
    assert.equal(page.state.toasts.at(-1).text, "Call logged.");
  });

  test("is asked for once, however often the button is pressed", () => {
    const page = claimed();
    page.press("save_log");
    assert.equal(page.sent("wrap_up").length, 1);
    assert.equal(page.asked("save_log").length, 1);
  });

  test("that the host refuses shows why, and is saved again with what was changed", () => {
    const page = claimed();
    const fields = [{ field: "Call Result", message: "required" }];
    page.on("log_answer", { call: CALL, result: { saved: false, message: "No.", fields } });
    assert.equal(page.state.log.stage, "failed");
    assert.deepEqual(page.state.log.fields, fields);
    page.on("notes", { notes: "Better." });
    page.press("save_log");
    assert.equal(page.sent("wrap_up").at(-1).notes, "Better.");
    const again = record({ notes: "Better." });
    page.replies("wrap_up", { log_key: `${CALL}:005`, call: again });
    assert.equal(page.asked("save_log").at(-1).fields.Description, "Better.");
    page.view(null);
    assert.equal(page.state.toasts.at(-1).text, "Call logged.");
  });

  test("that the host does not answer is left to the server, and a late answer still counts", () => {
    const page = claimed();
    const timer = page.asked("timer").find(({ timer }) => timer === "log_silent");
    assert.equal(timer.after_ms, 8000);
    page.on("timer", { timer: "log_silent" });
    assert.equal(page.state.log.stage, "silent");
    page.on("log_answer", { call: CALL, result: { saved: true } });
    assert.equal(page.state.log.stage, "saved");
    page.on("timer", { timer: "log_silent" });
    assert.equal(page.state.log.stage, "saved");
  });

  test("outside a CRM is left to the server", () => {
    const page = new Desk();
    page.on("host", { host: "none", note: "" });
    online(page);
    page.view(over);
    page.press("save_log");
    page.replies("wrap_up", { log_key: `${CALL}:005`, call: record() });
    assert.deepEqual(page.asked("save_log"), []);
    assert.equal(page.state.log.stage, "server");
  });

  test("that the server wrote at its deadline is told as such", () => {
    const page = desk(over);
    page.view(null);
    assert.match(page.state.toasts[0].text, /server wrote the log/u);
  });

  test("whose claim is refused can be claimed again", () => {
    const page = typed();
    page.press("save_log");
    page.replies("wrap_up", { accepted: false, reason: "The call is not over yet." });
    assert.equal(page.state.log, null);
    page.press("save_log");
    assert.equal(page.sent("wrap_up").length, 2);
  });

  test("whose claim is answered after it was given up is saved with it all the same", () => {
    const page = typed();
    page.press("save_log");
    page.on("tick", { now_ms: NOW + 9000 });
    assert.equal(page.state.log, null);
    page.replies("wrap_up", { log_key: `${CALL}:005`, call: record() });
    assert.equal(page.asked("save_log").length, 1);
  });

  test("is not claimed while the call is on", () => {
    const page = desk(call("talking"));
    page.press("save_log");
    assert.deepEqual(page.sent("wrap_up"), []);
  });
});

describe("outcome and notes", () => {
  test("are sent when the typing rests, and only what is newest", () => {
    const page = desk(call("talking"));
    page.on("notes", { notes: "W" });
    page.on("notes", { notes: "Wants" });
    assert.deepEqual(page.asked("timer").map(({ after_ms }) => after_ms), [500, 500]);
    page.on("timer", { timer: "draft" });
    page.on("timer", { timer: "draft" });
    assert.equal(page.sent("draft").at(-1).notes, "Wants");
  });

  test("typed here are not overwritten by a view that is on its way", () => {
    const page = desk(call("wrap_up"));
    page.on("notes", { notes: "Wants" });
    page.on("timer", { timer: "draft" });
    page.on("notes", { notes: "Wants a quote" });
    page.replies("draft");
    page.view(call("wrap_up", { notes: "Wants" }));
    assert.equal(page.state.draft.notes, "Wants a quote");
    page.on("timer", { timer: "draft" });
    page.replies("draft");
    page.view(call("wrap_up", { notes: "From another tab" }));
    assert.equal(page.state.draft.notes, "From another tab");
  });

  test("are there again after a reload, from the server", () => {
    const page = desk(call("wrap_up", { outcome: "Busy", notes: "Typed before." }));
    assert.equal(page.state.draft.notes, "Typed before.");
    assert.equal(page.state.draft.outcome, "Busy");
  });

  test("that a lost connection held back are sent when it is back", () => {
    const page = desk(call("wrap_up"));
    page.on("notes", { notes: "Held back." });
    offline(page);
    page.on("timer", { timer: "draft" });
    assert.deepEqual(page.sent("draft"), []);
    online(page);
    page.view(call("wrap_up"), { sequence: 1 });
    page.on("timer", { timer: "draft" });
    assert.equal(page.sent("draft")[0].notes, "Held back.");
  });

  test("of one call are not those of the next", () => {
    const page = desk(call("wrap_up"));
    page.on("notes", { notes: "Ann's." });
    page.view(call("ringing", { id: "next" }));
    assert.equal(page.state.draft.notes, "");
    assert.equal(page.state.draft.call, "next");
  });
});

describe("the fields of a log", () => {
  const fields = (more, about = ANN) => logFields(record(more), "KEY", about);

  test("state the call as the platform's Task does", () => {
    assert.deepEqual(fields({}), {
      entityApiName: "Task",
      Subject: "Call with Ann Smith",
      Type: "Call",
      TaskSubtype: "Call",
      CallType: "Inbound",
      CallDurationInSeconds: 5,
      CallObject: CALL,
      Status: "Completed",
      ActivityDate: fields({}).ActivityDate,
      Offhook_Call_Key__c: "KEY",
      CallDisposition: "Connected",
      Description: "Wants a quote.",
      WhoId: ANN.id,
    });
    assert.match(fields({}).ActivityDate, /^\d{4}-\d\d-\d\d$/u);
  });

  test("link people as Who and everything else as What", () => {
    assert.equal(fields({}, BEN).WhoId, BEN.id);
    const account = { id: "001000000000003AAA", object: "Account", name: "Acme" };
    assert.equal(fields({}, account).WhatId, account.id);
    assert.equal(fields({}, account).WhoId, undefined);
    assert.equal(fields({}, { ...ANN, object: "" }).WhoId, ANN.id);
    const none = fields({}, null);
    assert.equal(none.WhoId ?? none.WhatId, undefined);
  });

  test("say who it was as well as can be known", () => {
    assert.equal(fields({ far_name: "ACME" }, null).Subject, "Call with ACME");
    assert.equal(fields({ direction: "outbound" }, null).Subject, "Outbound call to +15551234567");
    assert.equal(fields({}, null).Subject, "Inbound call from +15551234567");
    const unknown = "Inbound call from an unknown caller";
    assert.equal(fields({ far_number: "anonymous" }, null).Subject, unknown);
    assert.equal(fields({ far_number: "" }, null).Subject, unknown);
  });

  test("leave out an outcome and notes that are not there", () => {
    const bare = fields({ outcome: null, notes: "" });
    assert.ok(!("CallDisposition" in bare) && !("Description" in bare));
  });
});

describe("a host's answer", () => {
  test("of a search is read without its pop data, in its order, in every empty form", () => {
    const map = {
      [ANN.id]: { Id: ANN.id, Name: ANN.name, RecordType: "Contact" },
      SCREEN_POP_DATA: { type: "search" },
      [BEN.id]: { Id: BEN.id, Name: BEN.name, RecordType: "Lead" },
    };
    assert.deepEqual(recordsOf(map), [ANN, BEN]);
    for (const nothing of [null, undefined, "", {}]) assert.deepEqual(recordsOf(nothing), []);
  });

  test("that refuses a log is read in the forms that hosts use", () => {
    const fieldErrors = { CallDisposition: [{ fieldLabel: "Call Result", message: "required" }] };
    const details = { message: "Fields are missing", fieldErrors };
    assert.deepEqual(refusalOf(new HostRefusal([{ description: "x", details }])), {
      message: "Fields are missing",
      fields: [{ field: "Call Result", message: "required" }],
    });
    assert.equal(refusalOf(new HostRefusal(["plain words"])).message, "plain words");
    assert.equal(refusalOf(new HostRefusal([{ description: "why" }])).message, "why");
    assert.equal(refusalOf(new HostRefusal(null)).message, "the CRM gave no reason.");
    assert.deepEqual(refusalOf(new HostRefusal(null)).fields, []);
  });

  test("about a clicked number has a record only when there is one", () => {
    const payload = { number: "4155551212", recordId: ANN.id, recordName: ANN.name };
    assert.deepEqual(clickedRecord({ ...payload, objectType: "Contact" }), ANN);
    assert.equal(clickedRecord({ number: "4155551212" }), null);
  });

  test("about the layout gives the objects and whether the dialled number is shown", () => {
    const layout = { Inbound: { callRelatedFields: ["ANI"], objects: { Contact: [], Lead: [] } } };
    assert.deepEqual(inboundLayout(layout), { objects: ["Contact", "Lead"], dialled: false });
    assert.equal(inboundLayout(null), null);
  });
});
