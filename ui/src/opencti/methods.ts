// The methods of `sforce.opencti` as a table: what each needs from the adapter, and which of its
// arguments travel to the host. From the documented contract: a client checks the shape of a call
// and nothing more; values (types, sizes, missing keys) are the host's to judge.

/** What one call must look like before anything is sent. */
export interface Method {
  /** Name on the wire; the key of the object, without its `hvs.` prefix. */
  readonly name: string;
  /** `optional`: may be called with nothing at all. `arguments`: exactly one non-empty object. */
  readonly shape: "optional" | "arguments";
  /** What else must be given: a callback, a listener, or nothing. */
  readonly needs: "callback" | "listener" | "nothing";
  /** Properties that are sent; everything else stays with the client. */
  readonly sends: readonly string[];
}

const method = (name: string, shape: Method["shape"], needs: Method["needs"]): Method => ({
  name,
  shape,
  needs,
  sends: [],
});
const optional = (name: string): Method => method(name, "optional", "nothing");
const getter = (name: string): Method => method(name, "arguments", "callback");
const listener = (name: string): Method => method(name, "arguments", "listener");
const command = (name: string, ...sends: string[]): Method => ({
  ...method(name, "arguments", "nothing"),
  sends,
});

/** Methods whose arguments are copied to the wire under their own names. */
export const METHODS: readonly Method[] = [
  optional("disableClickToDial"),
  optional("enableClickToDial"),
  getter("getAppViewInfo"),
  getter("getCallCenterSettings"),
  getter("getSoftphoneLayout"),
  getter("isSoftphonePanelVisible"),
  optional("notifyInitializationComplete"),
  listener("onClickToDial"),
  listener("onNavigationChange"),
  optional("refreshView"),
  command("runApex", "apexClass", "methodName", "methodParams"),
  command("screenPop", "type", "params"),
  command(
    "searchAndScreenPop",
    "searchParams",
    "queryParams",
    "defaultFieldValues",
    "callType",
    "deferred",
    "params",
  ),
  command("setSoftphoneItemIcon", "key"),
  command("setSoftphoneItemLabel", "label"),
  command("setSoftphonePanelHeight", "heightPX"),
  command("setSoftphonePanelIcon", "key"),
  command("setSoftphonePanelLabel", "label"),
  command("setSoftphonePanelVisibility", "visible"),
  command("setSoftphonePanelWidth", "widthPX"),
];

/** Methods of Sales Engagement, found under `hvs`. */
export const HVS_METHODS: readonly Method[] = [
  listener("onWorkStart"),
  command("completeWork", "workId", "attributes"),
];

/** The values adapters pass as `type` of a screen pop. */
export const SCREENPOP_TYPE = {
  URL: "url",
  SOBJECT: "sobject",
  OBJECTHOME: "objecthome",
  LIST: "list",
  SEARCH: "search",
  NEW_RECORD_MODAL: "newRecord",
  FLOW: "flow",
} as const;

/** The values adapters pass as `callType`. */
export const CALL_TYPE = {
  INBOUND: "inbound",
  OUTBOUND: "outbound",
  INTERNAL: "internal",
} as const;
