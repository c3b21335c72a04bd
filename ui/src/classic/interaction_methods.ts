// The methods of `sforce.interaction` as a table: where each stands, its parameters on the wire in
// the order of its arguments, and the version that brought it. From the documented signatures and
// the parameter names that were measured.

/** One method. */
export interface InteractionMethod {
  /** Where it stands under `sforce.interaction`. */
  readonly path: string;
  /** Parameters by their names on the wire, in the order of the arguments; functions left out. */
  readonly sends: readonly string[];
  /** A callback runs once, a listener for each event. */
  readonly takes: "callback" | "listener" | "nothing";
  /** First API version that documents it; ours has it in all. */
  readonly since: number;
  /** What the callback's or listener's `result` is. */
  readonly gives: "boolean" | "JSON text" | "text" | "object" | "nothing";
}

type Row = readonly [string, number, InteractionMethod["gives"], string, "listener"?];

const ROWS: readonly Row[] = [
  ["isInConsole", 25, "boolean", ""],
  ["screenPop", 25, "boolean", "targetUrl force"],
  ["searchAndGetScreenPopUrl", 28, "JSON text", "searchParams queryParams callType"],
  ["searchAndScreenPop", 25, "JSON text", "searchParams queryParams callType"],
  ["getPageInfo", 25, "JSON text", ""],
  ["onFocus", 25, "JSON text", "", "listener"],
  ["saveLog", 25, "boolean", "objectName saveParams"],
  ["runApex", 25, "text", "apexClass methodName methodParams"],
  ["setVisible", 25, "boolean", "value"],
  ["isVisible", 25, "boolean", ""],
  ["refreshPage", 28, "boolean", ""],
  ["refreshRelatedList", 28, "boolean", "listName"],
  ["cti.enableClickToDial", 25, "boolean", ""],
  ["cti.disableClickToDial", 25, "boolean", ""],
  ["cti.onClickToDial", 25, "JSON text", "", "listener"],
  ["cti.getCallCenterSettings", 25, "JSON text", ""],
  ["cti.getSoftphoneLayout", 27, "JSON text", ""],
  ["cti.setSoftphoneHeight", 25, "boolean", "height"],
  ["cti.setSoftphoneWidth", 25, "boolean", "width"],
  ["cti.notifyInitializationComplete", 29, "nothing", ""],
  [
    "cti.getDirectoryNumbers",
    31,
    "JSON text",
    "isGlobal callCenterName resultSetPage resultSetPageSize",
  ],
  [
    "entityFeed.refreshObject",
    30,
    "boolean",
    "objectId refreshFields refreshRelatedLists refreshFeed",
  ],
  ["entityFeed.onObjectUpdate", 30, "object", "", "listener"],
  ["entityFeed.reloadFrame", 34, "nothing", ""],
];

/** All of them. */
export const INTERACTION: readonly InteractionMethod[] = ROWS.map(
  ([path, since, gives, sends, listener]) => ({
    path,
    since,
    gives,
    sends: sends === "" ? [] : sends.split(" "),
    takes: listener ?? (gives === "nothing" ? "nothing" : "callback"),
  }),
);

/** The name on the wire: the last step of the path. */
export function wireName(method: InteractionMethod): string {
  return method.path.split(".").at(-1)!;
}
