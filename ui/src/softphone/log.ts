// What the softphone asks its host to save when a call is over: the fields of one Task. The same
// facts make the server's own log, should this page never save one; the log key makes both one.

import type { CallRecord, RecordRef } from "./wire.ts";

/** People are Who, everything else is What. Without an object name the id's prefix decides. */
function isPerson(record: RecordRef): boolean {
  if (record.object) return record.object === "Contact" || record.object === "Lead";
  return record.id.startsWith("003") || record.id.startsWith("00Q");
}

/** The Task's subject. */
export function subject(call: CallRecord, record: RecordRef | null): string {
  const name = record?.name || call.far_name;
  if (name) return `Call with ${name}`;
  const number = call.far_number && call.far_number !== "anonymous" ? call.far_number : "";
  if (call.direction === "outbound") return `Outbound call to ${number || call.dialled}`;
  return number ? `Inbound call from ${number}` : "Inbound call from an unknown caller";
}

/** The day in the person's own time zone, `2026-11-24`. */
export function localDate(at_ms: number): string {
  const at = new Date(at_ms);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** The value for `saveLog`. */
export function logFields(
  call: CallRecord,
  key: string,
  record: RecordRef | null,
): Record<string, string | number> {
  const fields: Record<string, string | number> = {
    entityApiName: "Task",
    Subject: subject(call, record),
    Type: "Call",
    TaskSubtype: "Call",
    CallType: call.direction === "inbound" ? "Inbound" : "Outbound",
    CallDurationInSeconds: Math.round(call.talk_duration_ms / 1000),
    CallObject: call.call,
    Status: "Completed",
    ActivityDate: localDate(call.started_at_ms),
    Offhook_Call_Key__c: key,
  };
  if (call.outcome) fields["CallDisposition"] = call.outcome;
  if (call.notes) fields["Description"] = call.notes;
  if (record) fields[isPerson(record) ? "WhoId" : "WhatId"] = record.id;
  return fields;
}
