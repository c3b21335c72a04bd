// The methods of the Classic API behind the wire. What concerns the window goes to the same Desk as
// the methods of the Lightning API; what concerns the org goes to the same server calls, with the
// same rights, and its answers are put into Classic's words. Each checks its parameters, since
// clients check none.

import { classicUrl, popOf, prefill, type Objects } from "./classic_addresses.ts";
import { classicMatches, classicPage } from "./classic_results.ts";
import { decoded, fieldsOf, type ClassicAnswer, type ClassicRequest } from "./classic_wire.ts";
import type { ServerAnswer } from "./host.ts";
import type { Desk } from "./host_methods.ts";

/** What the methods reach for. */
export interface ClassicDesk {
  readonly desk: Desk;
  /** Calls a method of the server. */
  ask(method: string, args: Record<string, unknown>): Promise<ServerAnswer>;
  /** Words for the org's objects. */
  objects(): Promise<Objects>;
  pop(url: string, title: string): void;
  /** Loads the frame of the phone anew. */
  reloadFrame(): void;
  /** Tells the adapter's developer. */
  note(text: string): void;
}

type Method = (
  around: ClassicDesk,
  request: ClassicRequest,
) => ClassicAnswer | Promise<ClassicAnswer>;

/** Methods whose registration is remembered and never answered. */
export const CLASSIC_LISTENERS: ReadonlySet<string> = new Set([
  "onClickToDial",
  "onFocus",
  "onObjectUpdate",
]);

/** The method of that name. */
export function classicMethod(name: string): Method | undefined {
  return Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
}

const METHODS: Readonly<Record<string, Method>> = {
  isInConsole: () => ({ result: true }),
  screenPop,
  searchAndScreenPop: (around, request) => search(around, request, false),
  searchAndGetScreenPopUrl: (around, request) => search(around, request, true),
  getPageInfo: async ({ desk, objects }, { apiVersion }) => ({
    result: JSON.stringify(classicPage(desk.viewInfo(), await objects(), apiVersion)),
  }),
  saveLog,
  runApex,
  setVisible: ({ desk }, { parameters }) => {
    const { value = "" } = parameters;
    if (value !== "true" && value !== "false") return wrong("value", "true or false", value);
    return done(desk.setPanelVisible(value === "true"));
  },
  isVisible: ({ desk }) => ({ result: desk.panelVisible() }),
  refreshPage: ({ desk }) => done(desk.refreshView()),
  refreshRelatedList: ({ desk }, { parameters }) => {
    const { listName = "" } = parameters;
    if (listName === "") return wrong("listName", "the name of a related list", "nothing");
    if (!desk.viewInfo()["recordId"]) return failed("The page in front is not a record's.");
    return done(desk.refreshView());
  },
  refreshObject: ({ desk }, { parameters }) => {
    const { objectId = "" } = parameters;
    const shown = desk.viewInfo()["recordId"] ?? "";
    if (objectId === "" || shown.slice(0, 15) !== objectId.slice(0, 15)) {
      return failed("The page in front does not show this object.");
    }
    return done(desk.refreshView());
  },
  reloadFrame: ({ reloadFrame }) => done(reloadFrame()),
  enableClickToDial: ({ desk }) => done(desk.setClickToDial(true)),
  disableClickToDial: ({ desk }) => done(desk.setClickToDial(false)),
  getCallCenterSettings: (around) => asText(around, "getCallCenterSettings"),
  getSoftphoneLayout: (around) => asText(around, "getSoftphoneLayout"),
  setSoftphoneHeight: ({ desk }, request) =>
    size(request, "height", (px) => desk.setPanelHeight(px)),
  setSoftphoneWidth: ({ desk }, request) => size(request, "width", (px) => desk.setPanelWidth(px)),
  notifyInitializationComplete: ({ desk }) => done(desk.initialized()),
  getDirectoryNumbers: (around, { parameters }) => {
    const args = { ...parameters, isGlobal: parameters["isGlobal"] === "true" };
    return asText(around, "classic.getDirectoryNumbers", args);
  },
};

/** `force` has no meaning here: a pop opens or focuses a tab, and no page loses entries by it. */
async function screenPop(around: ClassicDesk, request: ClassicRequest): Promise<ClassicAnswer> {
  const { targetUrl = "" } = request.parameters;
  if (targetUrl === "") return wrong("url", "a relative address", "nothing");
  const pop = popOf(targetUrl, await around.objects());
  const asked = pop ?? { type: "url", params: { url: targetUrl } };
  const answer = await around.ask("screenPop", { ...asked });
  if (answer.reply.success && answer.navigate) around.pop(answer.navigate, answer.title ?? "");
  return answer.reply.success ? { result: true } : refusal(answer);
}

async function search(
  around: ClassicDesk,
  request: ClassicRequest,
  deferred: boolean,
): Promise<ClassicAnswer> {
  const { searchParams = "", queryParams = "", callType = "" } = request.parameters;
  const given = callType === "" || callType === "null" ? {} : { callType };
  const defaultFieldValues = prefill(fieldsOf(queryParams));
  const args = { searchParams, queryParams, defaultFieldValues, deferred, ...given };
  const answer = await around.ask("searchAndScreenPop", args);
  if (!answer.reply.success) return refusal(answer);
  if (answer.navigate) around.pop(answer.navigate, answer.title ?? "");
  const found = (answer.reply.returnValue ?? {}) as Record<string, unknown>;
  const matches = classicMatches(found, await around.objects(), request.apiVersion);
  if (!deferred) return { result: JSON.stringify(matches) };
  const screenPopUrl = await urlOf(around, found["SCREEN_POP_DATA"]);
  return { result: JSON.stringify({ ...matches, screenPopUrl }) };
}

/** The address of an outcome; empty when nothing is to pop. */
async function urlOf(around: ClassicDesk, pop: unknown): Promise<string> {
  if (pop === undefined || pop === null) return "";
  const written = classicUrl(pop);
  if (written !== null) return written;
  const answer = await around.ask("screenPop", pop as Record<string, unknown>);
  return answer.navigate ?? "";
}

async function saveLog(around: ClassicDesk, request: ClassicRequest): Promise<ClassicAnswer> {
  const { objectName = "", saveParams = "" } = request.parameters;
  const fields = fieldsOf(decoded(saveParams));
  const id = Object.keys(fields).find((name) => name.toLowerCase() === "id");
  if (id === undefined && objectName === "") return wrong("object", "an object's name", "nothing");
  const object = id === undefined ? { entityApiName: objectName, ...fields } : fields;
  const answer = await around.ask("saveLog", { object });
  if (!answer.reply.success) return refusal(answer);
  const { recordId } = (answer.reply.returnValue ?? {}) as { recordId?: unknown };
  const saved = String(recordId ?? "");
  return { result: true, id: saved.slice(0, 15) };
}

async function runApex(around: ClassicDesk, request: ClassicRequest): Promise<ClassicAnswer> {
  const { apexClass = "", methodName = "", methodParams } = request.parameters;
  const given = methodParams === undefined ? {} : { methodParams };
  const answer = await around.ask("runApex", { apexClass, methodName, ...given });
  if (!answer.reply.success) return refusal(answer);
  const { runApex: value } = (answer.reply.returnValue ?? {}) as { runApex?: unknown };
  return { result: typeof value === "string" ? value : JSON.stringify(value ?? "") };
}

/** A method of the server whose value goes out as JSON text. */
async function asText(
  around: ClassicDesk,
  method: string,
  args: Record<string, unknown> = {},
): Promise<ClassicAnswer> {
  const answer = await around.ask(method, args);
  if (!answer.reply.success) return refusal(answer);
  return { result: JSON.stringify(answer.reply.returnValue) };
}

/** Pixels from 0; a panel without a size at all cannot be found again, so there is a least one. */
function size(
  { parameters }: ClassicRequest,
  name: "height" | "width",
  set: (px: number) => void,
): ClassicAnswer {
  const given = parameters[name] ?? "";
  const px = given.trim() === "" ? Number.NaN : Number(given);
  if (!Number.isFinite(px) || px < 0) return wrong(name, "a number from 0", given || "nothing");
  return done(set(Math.min(Math.max(px, SIZE_PX.min), SIZE_PX.max)));
}

const SIZE_PX = { min: 80, max: 2560 } as const;

function done(_: void): ClassicAnswer {
  return { result: true };
}

function failed(error: string): ClassicAnswer {
  return { result: false, error };
}

function wrong(name: string, expected: string, found: string): ClassicAnswer {
  const value = found.length > 100 ? `${found.slice(0, 100)}…` : found;
  return failed(
    `An invalid value was passed to the parameter ${name}. ` +
      `${expected} was expected, but ${value} was found instead.`,
  );
}

/** The server's errors in one sentence; its details say more than the fixed part. */
function refusal({ reply }: ServerAnswer): ClassicAnswer {
  const sentences = (reply.errors ?? []).map(({ description, details }) => {
    const { message } = (details ?? {}) as { message?: unknown };
    return typeof message === "string" ? `${description} ${message}` : description;
  });
  return failed(sentences.join(" ") || "An error occurred while calling the API method.");
}
