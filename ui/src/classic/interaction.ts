// The Open CTI library for Classic that adapters load: ties the protocol to this window and puts it
// at `window.sforce.interaction`. Served for every API version; the version spoken is the one in
// the address by which the script was loaded.

import { createInteraction } from "./interaction_client.ts";
import { findFrame, listen, ownVersion, provide } from "./window.ts";

provide("interaction", () => {
  const frame = findFrame("Open CTI");
  const client = createInteraction({
    apiVersion: ownVersion(),
    nonce: frame?.nonce ?? "",
    frameOrigin: location.origin,
    post: frame && ((message) => window.parent.postMessage(message, frame.origin)),
    later: (run) => void setTimeout(run, 0),
    report: (error) => reportError(error),
  });
  if (frame !== null) listen(frame, (data) => client.receive(data));
  return client.interaction;
});
