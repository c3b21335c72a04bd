// What the org holds of a call: its Tasks, read from the embedded database by SQLite's own shell,
// so that a test does not depend on the pages that it also tests.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Rows of a query on the org's database, while the server runs. */
export async function rows(offhook, sql) {
  const database = join(offhook.folder, "offhook.db");
  const { stdout } = await run("sqlite3", ["-json", "-readonly", "-cmd", ".timeout 10000", database, sql]);
  return stdout.trim() === "" ? [] : JSON.parse(stdout);
}

const COLUMNS = {
  contact: ["Name", "Phone", "AccountId"],
  task: [
    "Subject", "WhoId", "WhatId", "OwnerId", "Type", "TaskSubtype", "Status", "ActivityDate",
    "CallType", "CallDurationInSeconds", "CallDisposition", "CallObject", "Description",
    "Offhook_Call_Key__c",
  ],
};

/** Records of an object that fit a condition, fields as the API spells them. */
export async function records(offhook, object, condition) {
  const columns = COLUMNS[object].map((name) => `"${name.toLowerCase()}" AS "${name}"`).join(", ");
  return rows(offhook, `SELECT id, ${columns} FROM org_${object} WHERE is_deleted = 0 AND ${condition}`);
}
