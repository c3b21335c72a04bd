// The Console Toolkit that pages load: ties the client to this window and puts it at
// `window.sforce.console`. Served for every API version, with all signatures in each.

import { createToolkit } from "./integration_client.ts";
import { findFrame, listen, provide } from "./window.ts";

provide("console", () => {
  const frame = findFrame("Console Toolkit");
  const client = createToolkit({
    post: frame && ((message) => window.parent.postMessage(message, frame.origin)),
    later: (run) => void setTimeout(run, 0),
    report: (error) => reportError(error),
    address: () => location.href,
  });
  if (frame !== null) listen(frame, (data) => client.receive(data));
  return client.console;
});
