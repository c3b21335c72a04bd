// The JSON endpoints of the console: calls of the Open CTI host and the address of the phone.

import type { Boot } from "./boot.ts";
import type { ServerAnswer } from "./host.ts";
import type { FrameAnswer } from "./phone_frame.ts";
import type { Request } from "./wire.ts";

/** A call that has no answer by then is answered with a server error. */
const CALL_TIMEOUT_MS = 15_000;

/** The session is over; the caller leads to the sign-in page. */
export class SignedOut extends Error {}

/** Carries one Open CTI method to the server. */
export function hostCall(boot: Boot, request: Request): Promise<ServerAnswer> {
  const { methodName: method, args, apiVersion } = request;
  return post(boot, "/host/call", { method, args, apiVersion });
}

/** Calls a method of the server by its name, for wires other than Lightning's. */
export function callServer(
  boot: Boot,
  method: string,
  args: Record<string, unknown>,
): Promise<ServerAnswer> {
  return post(boot, "/host/call", { method, args });
}

/** A fresh address for the phone's frame. */
export function phoneFrame(boot: Boot): Promise<FrameAnswer> {
  return post(boot, "/host/phone-frame", {});
}

/** A record as adapters hear of it; without members when the user may not see it. */
export interface RecordAnswer {
  readonly recordId?: string;
  readonly recordName?: string;
  readonly objectType?: string;
}

/** What adapters hear of the record with this id. */
export function recordOf(boot: Boot, id: string): Promise<RecordAnswer> {
  return post(boot, "/host/record", { id });
}

async function post<Answer>(boot: Boot, path: string, body: unknown): Promise<Answer> {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": boot.csrf },
    credentials: "same-origin",
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
  });
  if (answer.status === 401) throw new SignedOut("The session is over.");
  if (!answer.ok) throw new Error(`${path} answered with status ${answer.status}`);
  return (await answer.json()) as Answer;
}
