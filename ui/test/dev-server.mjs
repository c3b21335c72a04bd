// A stand-in for the server, for work on the console without Rust: canned pages on two origins,
// answering as `crates/web` does (fragments, redirects after a form, the JSON of the host), with a
// small adapter in the phone's frame. Run by hand (`node test/dev-server.mjs`) or by tests.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { adapterPage, document as wholeDocument, fragment, people } from "./dev-pages.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "../dist");
const TYPES = {
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".map": "application/json",
};

/** Starts both origins; ports of 0 are chosen by the system. */
export async function start({ consolePort = 0, pagesPort = 0 } = {}) {
  const state = { calls: [], frames: 0, signedIn: true, problem: null, people: people() };
  const pages = createServer((request, response) => servePages(request, response, state));
  state.pagesOrigin = await listen(pages, pagesPort);
  const console_ = createServer((request, response) => serveConsole(request, response, state));
  state.consoleOrigin = await listen(console_, consolePort);
  const stop = () => {
    for (const server of [pages, console_]) {
      server.closeAllConnections();
      server.close();
    }
  };
  return { state, stop, consoleOrigin: state.consoleOrigin, pagesOrigin: state.pagesOrigin };
}

function listen(server, port) {
  return new Promise((resolve) => {
    server.listen(port, "127.0.0.1", () => resolve(`http://127.0.0.1:${server.address().port}`));
  });
}

async function serveConsole(request, response, state) {
  const url = new URL(request.url, state.consoleOrigin);
  if (url.pathname.startsWith("/assets/")) return serveFile(response, url.pathname.slice(8));
  if (url.pathname.startsWith("/support/api/")) return serveLibrary(response, url);
  const body = await read(request);
  if (url.pathname === "/login") return send(response, 200, "text/html", "<main>Sign in</main>");
  if (!state.signedIn) return send(response, 401, "text/html", "");
  if (url.pathname === "/host/call") return sendJson(response, hostCall(JSON.parse(body), state));
  if (url.pathname === "/host/phone-frame") return sendJson(response, phoneFrame(state));
  if (url.pathname === "/") return redirect(response, 302, "/lightning/page/home");
  if (url.pathname === "/lightning/slow") await new Promise((done) => setTimeout(done, 400));
  const form = new URLSearchParams(body);
  const page = fragment(url, request.method, form, state);
  if (page.location) return redirect(response, 303, page.location);
  const whole = request.headers["x-offhook-fragment"] !== "1";
  const html = whole ? wholeDocument(page.html, state) : page.html;
  send(response, page.status ?? 200, "text/html; charset=utf-8", html, {
    "Content-Security-Policy":
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
      `connect-src 'self'; frame-src ${state.pagesOrigin}; form-action 'self'; base-uri 'none'`,
    "Referrer-Policy": "strict-origin-when-cross-origin",
  });
}

async function servePages(request, response, state) {
  const url = new URL(request.url, state.pagesOrigin);
  if (url.pathname.startsWith("/support/api/")) return serveLibrary(response, url);
  if (url.pathname === "/adapter") return send(response, 200, "text/html", adapterPage());
  if (url.pathname === "/silent") return send(response, 200, "text/html", "<p>Nothing here.</p>");
  send(response, 404, "text/plain", "no such page");
}

function hostCall({ method, args }, state) {
  state.calls.push({ method, args });
  const ok = (returnValue) => ({ success: true, returnValue, errors: null });
  if (method === "screenPop") {
    const person = state.people.find((p) => p.id === args.params?.recordId);
    const navigate = person ? `/lightning/r/Contact/${person.id}/view` : (args.params?.url ?? null);
    return { reply: ok(null), navigate, title: person?.name ?? "" };
  }
  if (method === "getCallCenterSettings") {
    return { reply: ok({ "/reqGeneralInfo/reqInternalName": "Demo" }), navigate: null };
  }
  const errors = [{ code: "GENERIC_ERROR", description: `${method} is not available yet.` }];
  return { reply: { success: false, returnValue: null, errors }, navigate: null };
}

function phoneFrame(state) {
  if (state.problem) return { problem: state.problem };
  state.frames += 1;
  const query = new URLSearchParams({
    mode: "Lightning",
    sfdcIframeOrigin: state.consoleOrigin,
    nonce: String(state.frames),
  });
  return {
    url: `${state.pagesOrigin}${state.adapter ?? "/adapter"}?${query}`,
    origin: state.pagesOrigin,
    height: 480,
    width: 360,
    label: "Phone",
    own: true,
    standby: null,
    problem: null,
    allow: "microphone; camera; autoplay; clipboard-write; display-capture; hid",
  };
}

function serveLibrary(response, url) {
  const file = url.pathname.endsWith("_min.js") ? "opencti_min.js" : "opencti.js";
  return serveFile(response, file);
}

async function serveFile(response, path) {
  try {
    const file = join(dist, normalize(`/${path}`));
    send(response, 200, TYPES[extname(file)] ?? "application/octet-stream", await readFile(file));
  } catch {
    send(response, 404, "text/plain", "no such file");
  }
}

async function read(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const sendJson = (response, value) =>
  send(response, 200, "application/json", JSON.stringify(value));

function redirect(response, status, location) {
  response.writeHead(status, { Location: location }).end();
}

function send(response, status, type, body, headers = {}) {
  response.writeHead(status, { "Content-Type": type, "Cache-Control": "no-store", ...headers });
  response.end(body);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { consoleOrigin } = await start({ consolePort: 8090, pagesPort: 8091 });
  console.log(`console with canned pages: ${consoleOrigin}`);
}
