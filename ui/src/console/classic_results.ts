// Results as Classic adapters expect them: pages, clicks and found records with the object's name
// and label, in the shape of the version that asks. Pure.

import { shortId, type Objects } from "./classic_addresses.ts";
import type { Dialled } from "./click_to_dial.ts";
import type { ViewInfo } from "./host_methods.ts";

/** From this version on there are display names. */
const DISPLAY_NAME_SINCE = 33;
/** From this version on person accounts are told apart. */
const PERSON_ACCOUNT_SINCE = 31;

/** Facts of person accounts, where Lightning's answer has them. */
const PERSON = ["accountId", "contactId", "personAccount"] as const;

/** What a Classic adapter is told of a page; a record's fields are empty where there is none. */
export function classicPage(view: ViewInfo, objects: Objects, version: number): object {
  const { url = "", recordId = "", recordName = "", objectType = "" } = view;
  const object = { objectId: shortId(recordId), objectName: recordName, object: objectType };
  const known = { ...object, ...label(objectType, objects, version) };
  return { url, ...known, ...person({ ...view }, version) };
}

/** What it is told of a click on a telephone number. */
export function classicDial(dialled: Dialled, objects: Objects, version: number): object {
  const { number, recordId, recordName = "", objectType = "", params } = dialled;
  if (recordId === undefined) return { number, ...(params === undefined ? {} : { params }) };
  const object = { objectId: shortId(recordId), objectName: recordName, object: objectType };
  const rest = { ...label(objectType, objects, version), ...person({ ...dialled }, version) };
  return { number, ...object, ...rest, ...(params === undefined ? {} : { params }) };
}

/** Members of Lightning's records that Classic has under another name, or not at all. */
const LEFT_OUT = new Set(["Id", "RecordType", "LastModifiedDate", "Name"]);
const PERSON_MEMBERS = new Set(["IsPersonAccount", "PersonContactId", "AccountId"]);

/** Found records by their ids. Of several, only one field each is told beside the name. */
export function classicMatches(
  found: Readonly<Record<string, unknown>>,
  objects: Objects,
  version: number,
): Record<string, unknown> {
  const records = Object.entries(found).filter(([key]) => key !== "SCREEN_POP_DATA");
  const fieldsMax = records.length > 1 ? 1 : Number.POSITIVE_INFINITY;
  const told = records.map(([id, record]) => {
    const given = record as Readonly<Record<string, unknown>>;
    const object = String(given["RecordType"] ?? "");
    const fields = Object.entries(given).filter(
      ([name]) => !LEFT_OUT.has(name) && !PERSON_MEMBERS.has(name),
    );
    const named = { Name: given["Name"], object, ...label(object, objects, version) };
    const rest = Object.fromEntries(fields.slice(0, fieldsMax));
    return [shortId(id), { ...named, ...rest, ...personOfRecord(given, version) }];
  });
  return Object.fromEntries(told);
}

function label(object: string, objects: Objects, version: number): object {
  if (version < DISPLAY_NAME_SINCE) return {};
  return { displayName: objects[object]?.label ?? object };
}

function person(view: Readonly<Record<string, unknown>>, version: number): object {
  if (version < PERSON_ACCOUNT_SINCE) return {};
  const given = PERSON.filter((name) => view[name] !== undefined);
  return Object.fromEntries(
    given.map((name) => [name, name === "personAccount" ? view[name] : shortId(`${view[name]}`)]),
  );
}

function personOfRecord(record: Readonly<Record<string, unknown>>, version: number): object {
  if (version < PERSON_ACCOUNT_SINCE || record["IsPersonAccount"] !== true) return {};
  const { PersonContactId: contact, AccountId: account } = record;
  const ids = {
    ...(typeof contact === "string" ? { contactId: shortId(contact) } : {}),
    ...(typeof account === "string" ? { accountId: shortId(account) } : {}),
  };
  return { ...ids, personAccount: true };
}
