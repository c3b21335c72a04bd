// The Open CTI library for Lightning that adapters load: ties the protocol to this window and
// puts it at `window.sforce.opencti`. Served for every API version; the version spoken is the one
// in the address by which the script was loaded.

import { apiVersionOf, hostParameters, type HostParameters } from "./frame.ts";
import { createClient, INITIALIZE_FAILED } from "./protocol.ts";

const KEPT = "offhook.opencti.host";

interface WithSforce {
  sforce?: { opencti?: unknown };
}

function kept(): Partial<HostParameters> {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? "{}") ?? {};
  } catch {
    return {}; // storage is blocked or holds something else: the URL alone decides
  }
}

function keep(parameters: HostParameters): void {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(parameters));
  } catch {
    // storage is blocked: a page that loses its URL parameters then cannot find its host
  }
}

function scriptUrls(): (string | undefined)[] {
  const { currentScript } = document;
  const own = currentScript instanceof HTMLScriptElement ? currentScript.src : undefined;
  return [own, ...Array.from(document.scripts, (script) => script.src)];
}

function start(): unknown {
  const found = hostParameters(location.search, kept());
  if (found.parameters === null) {
    console.error(
      `Open CTI: this page's URL lacks ${found.missing.join(" and ")}. The host adds them to the ` +
        "adapter URL; look for a redirect or a router that drops the query string.",
    );
    // A plain string and no Error: that is what adapters catch.
    throw INITIALIZE_FAILED;
  }
  const host = found.parameters;
  keep(host);
  const client = createClient({
    apiVersion: apiVersionOf(scriptUrls()),
    post: (message) => window.parent.postMessage(message, host.sfdcIframeOrigin),
    later: (run) => void setTimeout(run, 0),
    report: (error) => reportError(error),
  });
  window.addEventListener("message", (event) => {
    if (event.source !== window.parent || event.source === window) return;
    if (event.origin !== host.sfdcIframeOrigin) return;
    client.receive(event.data);
  });
  return client.opencti;
}

const global = window as WithSforce;
global.sforce ??= {};
// Loaded twice, the first stays: two clients would count their calls from 0 side by side and take
// each other's replies.
global.sforce.opencti ??= start();
