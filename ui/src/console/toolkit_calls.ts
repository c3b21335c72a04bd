// The Console Toolkit's calls about telephone calls and events: what one frame says, the others
// that listen hear. Calls are remembered until they end.

import { CONSOLE_EVENT } from "../classic/integration_client.ts";
import { done, refused, type Acts, type Args, type Caller, type Given } from "./toolkit.ts";
import type { Toolkit } from "./toolkit.ts";

/** Calls that are remembered; of a softphone that ends none of its own, the newest. */
export const CALLS_MAX = 200;
/** Characters of the data of a call, of a message, of an event. */
export const TEXT_LENGTH_MAX = 64 * 1024;

const CALL_TYPES = ["INTERNAL", "INBOUND", "OUTBOUND"];

interface Call {
  readonly type: string;
  readonly data: string | null;
  /** Announced by fireOnCallBegin. */
  readonly begun: boolean;
}

/** Calls of this room. */
export type CallActs = Pick<
  Acts,
  | `cti.${"fireOnCallBegin" | "fireOnCallEnd" | "fireOnCallLogSaved"}`
  | `cti.${"getCallAttachedData" | "getCallObjectIds" | "setCallAttachedData" | "setCallObjectIds"}`
  | `cti.${"onCallBegin" | "onCallEnd" | "onCallLogSaved" | "onSendCTIMessage" | "sendCTIMessage"}`
  | "addEventListener"
  | "removeEventListener"
  | "fireEvent"
>;

/** The key under which handlers of a type of event are kept. */
export const eventKey = (type: string): string => `event:${type}`;

/** The calls, on this toolkit. */
export function callActs(toolkit: Toolkit): CallActs {
  const calls = new Map<string, Call>();
  let ids: string[] = [];
  const keep = (id: string, change: Partial<Call>): void => {
    const before = calls.get(id) ?? { type: "", data: null, begun: false };
    calls.delete(id);
    calls.set(id, { ...before, ...change });
    const oldest = calls.size > CALLS_MAX ? calls.keys().next().value : undefined;
    if (oldest !== undefined) calls.delete(oldest);
  };
  const listener = (key: string) => (_: Args, caller: Caller) => toolkit.listen(key, caller);
  return {
    ...eventActs(toolkit),
    "cti.onCallBegin": listener("onCallBegin"),
    "cti.onCallEnd": listener("onCallEnd"),
    "cti.onCallLogSaved": listener("onCallLogSaved"),
    "cti.onSendCTIMessage": listener("onSendCTIMessage"),
    "cti.fireOnCallBegin": ({ callObjectId, callType, callLabel }) => {
      const id = textOf(callObjectId);
      const type = typeOf(callType);
      if (id === null) return refused("callObjectId: an id was expected.");
      if (type === null) return refused(`callType: one of ${CALL_TYPES.join(", ")} was expected.`);
      keep(id, { type, begun: true });
      if (!ids.includes(id)) ids = [...ids, id].slice(-CALLS_MAX);
      toolkit.emit("onCallBegin", { id, type, label: callLabel ?? null });
      return done();
    },
    "cti.fireOnCallEnd": ({ callObjectId, callDuration, callDisposition }) => {
      const id = textOf(callObjectId);
      if (id === null || !calls.get(id)?.begun) {
        return refused("callObjectId: fireOnCallBegin has not announced this call.");
      }
      calls.delete(id);
      ids = ids.filter((other) => other !== id);
      toolkit.emit("onCallEnd", { id, duration: callDuration, disposition: callDisposition });
      return done();
    },
    "cti.fireOnCallLogSaved": ({ id }) => {
      if (textOf(id) === null) return refused("id: the id of a record was expected.");
      toolkit.emit("onCallLogSaved", { id });
      return done();
    },
    "cti.setCallAttachedData": ({ callObjectId, callData, callType }) => {
      const id = textOf(callObjectId);
      const data = typeof callData === "string" ? callData : JSON.stringify(callData ?? null);
      if (id === null) return refused("callObjectId: an id was expected.");
      if (data.length > TEXT_LENGTH_MAX) return refused("callData is too long.");
      keep(id, { data, ...(callType ? { type: typeOf(callType) ?? "" } : {}) });
      return done();
    },
    "cti.getCallAttachedData": ({ callObjectId, getCallType }) => {
      const call = calls.get(textOf(callObjectId) ?? "");
      if (call === undefined) return refused("callObjectId: there is no such call.");
      const asked = isAsked(getCallType);
      return done({ data: call.data, ...(asked ? { type: call.type } : {}) });
    },
    "cti.setCallObjectIds": ({ callObjectIds }) => {
      const given = Array.isArray(callObjectIds) ? callObjectIds.map(textOf) : [null];
      if (given.length > CALLS_MAX || given.includes(null)) {
        return refused(`callObjectIds: a list of ${CALLS_MAX} ids at most was expected.`);
      }
      ids = given as string[];
      return done();
    },
    "cti.getCallObjectIds": () => done({ ids }),
    "cti.sendCTIMessage": ({ msg }) => {
      const message = typeof msg === "string" ? msg : JSON.stringify(msg ?? "");
      if (message.length > TEXT_LENGTH_MAX) return refused("The message is too long.");
      toolkit.emit("onSendCTIMessage", { message });
      return done();
    },
  };
}

function eventActs(toolkit: Toolkit) {
  return {
    addEventListener: ({ eventType, additionalParams }: Args, caller: Caller): Given | null => {
      const type = textOf(eventType);
      if (type === null) return refused("eventType: a text was expected.");
      const { tabId } = (additionalParams ?? {}) as { tabId?: unknown };
      return toolkit.listen(eventKey(type), caller, textOf(tabId));
    },
    removeEventListener: ({ eventType, listeners }: Args, caller: Caller): Given => {
      const ids = Array.isArray(listeners) ? listeners : [];
      toolkit.stop(eventKey(String(eventType)), caller.frame, ids);
      return done();
    },
    fireEvent: ({ eventType, message }: Args): Given => {
      const type = textOf(eventType);
      if (type === null) return refused("eventType: a text was expected.");
      if ((Object.values(CONSOLE_EVENT) as string[]).includes(type)) {
        return refused("The console alone fires its events.");
      }
      const text = typeof message === "string" ? message : JSON.stringify(message ?? "");
      if (text.length > TEXT_LENGTH_MAX) return refused("The message is too long.");
      toolkit.emit(eventKey(type), { message: text });
      return done();
    },
  };
}

/** `{getCallType: true}` in the guide's sample, a plain boolean in its table. */
function isAsked(given: unknown): boolean {
  if (given === true) return true;
  const { getCallType } = (given ?? {}) as { getCallType?: unknown };
  return getCallType === true;
}

function textOf(given: unknown): string | null {
  return typeof given === "string" && given !== "" && given.length <= 255 ? given : null;
}

function typeOf(given: unknown): string | null {
  const type = String(given ?? "").toUpperCase();
  return CALL_TYPES.includes(type) ? type : null;
}
