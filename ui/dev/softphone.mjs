// A phone server for looking at the softphone without one: it serves the built page, hands out
// tickets, and speaks the wire with a call that goes as told. `node dev/softphone.mjs` prints an
// address; the scenes of softphone-scenes.mjs are under /scene/NAME. Not used by the product.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ringing, scenes } from "./softphone-scenes.mjs";

const dist = join(dirname(dirname(fileURLToPath(import.meta.url))), "dist");
const TYPES = { ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

/** Starts the server; gives its address and a way to end it. With `answerOffer` (an SDP to an SDP)
 * calls have audio. */
export async function startMock(port = 0, answerOffer = null) {
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => response.writeHead(500).end(String(error)));
  });
  server.on("upgrade", (request, socket) => upgrade(request, socket, answerOffer));
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  return { origin, stop: () => server.closeAllConnections() ?? server.close() };
}

async function answer(request, response) {
  const url = new URL(request.url.replace(/^\/+/u, "/"), "http://mock");
  const html = (body) => response.writeHead(200, { "content-type": "text/html" }).end(body);
  const json = (status, value) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
  if (url.pathname === "/") return html(index());
  if (url.pathname.startsWith("/scene/")) return html(hostPage(url.pathname.slice(7)));
  if (url.pathname === "/softphone") {
    response.setHeader("content-security-policy", POLICY);
    return html(page());
  }
  if (url.pathname === "/softphone/ticket") {
    const { token } = JSON.parse(await body(request));
    const scene = scenes[token];
    if (!scene || scene.signedOut) return json(401, { message: "Reload the console." });
    return json(200, { ticket: token, config: { outcomes: OUTCOMES, region: "US" } });
  }
  if (url.pathname === "/softphone/recent") {
    const scene = scenes[request.headers.authorization?.slice("Bearer ".length)];
    return json(200, { calls: scene?.recent ?? [] });
  }
  const library = /^\/support\/api\/\d+\.0\/lightning\/(opencti(?:_min)?\.js)$/u.exec(url.pathname);
  return file(response, library ? library[1] : url.pathname.replace("/assets/", ""));
}

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
  "media-src 'self' blob: data:; connect-src 'self' ws:; base-uri 'none'";

const OUTCOMES = ["Connected", "Left voicemail", "No answer", "Busy", "Wrong number"];

async function file(response, name) {
  const path = join(dist, normalize(`/${name}`));
  const text = await readFile(path).catch(() => null);
  if (!text) return response.writeHead(404).end();
  const type = TYPES[extname(path)] ?? "application/octet-stream";
  return response.writeHead(200, { "content-type": type, "cache-control": "no-store" }).end(text);
}

function index() {
  const links = Object.keys(scenes).map((name) => `<li><a href="/scene/${name}">${name}</a></li>`);
  return `<!doctype html><title>Softphone scenes</title><ul>${links.join("")}</ul>`;
}

function page() {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Softphone</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/assets/slds.css"><link rel="stylesheet" href="/assets/softphone.css">
<script type="module" async src="/assets/softphone.js"></script></head>
<body class="slds-scope oh-softphone"><div id="softphone"><p>The softphone is starting…</p></div>
</body></html>`;
}

/** A host that frames the page and answers its library as a scene tells. */
function hostPage(name) {
  const scene = scenes[name] ?? {};
  const found = JSON.stringify(scene.found ?? {});
  const refusal = JSON.stringify(scene.refusal ?? null);
  return `<!doctype html><title>${name}</title>
<style>body{margin:0}iframe{border:0;width:100vw;height:100vh;display:block}</style>
<script>
const replies = {
  searchAndScreenPop: () => ({ success: true, returnValue: ${found}, errors: null }),
  saveLog: () => (${refusal})
    ?? { success: true, returnValue: { recordId: "00T000000000001AAA" }, errors: null },
  getSoftphoneLayout: () => ({ success: true, errors: null, returnValue: { Inbound: {
    callRelatedFields: ["ANI", "DNIS"], objects: { Contact: [], Lead: [], Account: [] } } } }),
};
window.asked = [];
addEventListener("message", ({ data, source, origin }) => {
  if (data.apiType !== "opencti") return;
  asked.push(data);
  if (!data.isCallbackRegistered) return;
  const reply = replies[data.methodName]
    ?? (() => ({ success: true, returnValue: null, errors: null }));
  source.postMessage({ ...data, args: undefined, shouldExecuteCallback: true,
    shouldExecuteListener: false, response: reply() }, origin);
});
addEventListener("DOMContentLoaded", () => {
  const frame = document.createElement("iframe");
  frame.allow = "microphone; camera; autoplay";
  frame.title = "Phone";
  frame.src = "/softphone?mode=Lightning&sfdcIframeOrigin="
    + encodeURIComponent(location.origin) + "&offhook_token=${encodeURIComponent(name)}";
  document.body.append(frame);
});
</script><body>`;
}

function body(request) {
  return new Promise((resolve) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => resolve(Buffer.concat(parts).toString()));
  });
}

/** The WebSocket handshake (RFC 6455, 4.2.2), then the scene's call. */
function upgrade(request, socket, answerOffer) {
  const accept = createHash("sha1")
    .update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest("base64");
  const protocols = request.headers["sec-websocket-protocol"] ?? "";
  const name = /ticket\.([^,\s]+)/u.exec(protocols)?.[1] ?? "";
  socket.write(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      `Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: offhook.v1\r\n\r\n`,
  );
  const send = (message) => socket.writable && socket.write(frame(JSON.stringify(message)));
  const call = new Line(scenes[name], send, () => socket.destroy(), answerOffer);
  let rest = Buffer.alloc(0);
  socket.on("data", (part) => {
    rest = Buffer.concat([rest, part]);
    for (let found = unframe(rest); found; found = unframe(rest)) {
      rest = rest.subarray(found.length);
      if (found.opcode === 8) return socket.end();
      if (found.opcode === 1) call.said(JSON.parse(found.text));
    }
  });
  socket.on("error", () => socket.destroy());
  call.start();
}

function frame(text) {
  const payload = Buffer.from(text);
  const head = payload.length < 126 ? Buffer.alloc(2) : Buffer.alloc(4);
  head[0] = 0x81;
  head[1] = Math.min(payload.length, 126);
  if (payload.length >= 126) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}

function unframe(data) {
  if (data.length < 6) return null;
  const short = data[1] & 0x7f;
  const at = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (data.length < at + 4) return null;
  const size =
    short < 126 ? short : short === 126 ? data.readUInt16BE(2) : Number(data.readBigUInt64BE(2));
  if (data.length < at + 4 + size) return null;
  const mask = data.subarray(at, at + 4);
  const payload = data.subarray(at + 4, at + 4 + size).map((byte, index) => byte ^ mask[index % 4]);
  return { opcode: data[0] & 0x0f, text: payload.toString(), length: at + 4 + size };
}

/** One agent's line at the mock: a view, and what commands do to it. */
class Line {
  constructor(scene, send, cut, answerOffer) {
    this.scene = scene ?? {};
    this.answerOffer = answerOffer;
    this.send = send;
    this.cut = cut;
    this.sequence = 0;
    this.view = structuredClone({ ...EMPTY_VIEW, ...this.scene.view });
  }

  start() {
    if (this.scene.mute) return;
    const call = this.view.call;
    for (const time of ["started_at_ms", "answered_at_ms", "ended_at_ms", "wrap_up_ends_at_ms"]) {
      // Scenes give times as milliseconds from now.
      if (call && call[time] !== null) call[time] += Date.now();
    }
    this.show();
    if (this.scene.cut) setTimeout(this.cut, 100);
  }

  show() {
    this.sequence += 1;
    this.send({ type: "view", ...this.view, sequence: this.sequence, now_ms: Date.now() });
  }

  said(message) {
    if (message.type === "ping") return this.send({ type: "pong" });
    if (message.type === "offer" && this.scene.refuseMedia) {
      return this.send({ type: "media_refused", reason: "This phone server has no audio." });
    }
    if (message.type === "offer" && this.answerOffer) {
      return void this.answerOffer(message.sdp).then((sdp) => this.send({ type: "answer", sdp }));
    }
    if (message.type !== "command" || this.scene.deaf) return;
    const reply = { type: "reply", id: message.id, accepted: true };
    Object.assign(reply, this.carryOut(message));
    this.send(reply);
    this.show();
    if (message.command === "wrap_up" && !this.scene.refusal) {
      setTimeout(() => {
        this.view.call = null;
        this.show();
      }, 300);
    }
  }

  carryOut(message) {
    const call = this.view.call;
    switch (message.command) {
      case "answer":
        Object.assign(call, { phase: "talking", answered_at_ms: Date.now() });
        return {};
      case "decline":
        this.view.call = null;
        return {};
      case "hang_up":
        Object.assign(call, {
          phase: "wrap_up",
          ended_at_ms: Date.now(),
          end_cause: "agent_hung_up",
          wrap_up_ends_at_ms: Date.now() + 60_000,
          talk_duration_ms: call.answered_at_ms ? Date.now() - call.answered_at_ms : 0,
        });
        return {};
      case "hold":
      case "resume":
        call.phase = message.command === "hold" ? "held" : "talking";
        return {};
      case "mute":
        call.muted = message.muted;
        return {};
      case "dial":
        if (message.number === "000") return { accepted: false, reason: "'000' is not a number." };
        this.view.call = { ...ringing, direction: "outbound", phase: "dialling", pop: null };
        Object.assign(this.view.call, { far_number: message.number, far_display: message.number });
        this.view.call.far_name = null;
        this.view.call.started_at_ms = Date.now();
        return {};
      case "set_presence":
        this.view.presence = message.presence;
        return {};
      case "claim_pop":
        call.pop = null;
        return {};
      case "popped":
        call.record = message.record;
        return {};
      case "draft":
        Object.assign(call, { outcome: message.outcome, notes: message.notes });
        return {};
      case "wrap_up":
        call.logging = true;
        return { log_key: `${call.id}:005`, call: recordOf(call, message) };
      default:
        return {};
    }
  }
}

function recordOf(call, { outcome, notes }) {
  return {
    call: call.id,
    version: 1,
    direction: call.direction,
    trunk: "demo",
    far_number: call.far_number,
    far_name: call.far_name,
    dialled: call.dialled,
    agent: "005",
    state: "wrap_up",
    started_at_ms: call.started_at_ms,
    answered_at_ms: call.answered_at_ms,
    ended_at_ms: call.ended_at_ms,
    ring_duration_ms: 3000,
    talk_duration_ms: call.talk_duration_ms,
    end_cause: call.end_cause,
    record: call.record,
    outcome,
    notes,
    task: null,
  };
}

const EMPTY_VIEW = {
  agent: "005000000000001AAA",
  agent_name: "Rosa Delgado",
  presence: "ready",
  this_device: "this-page",
  media_device: "this-page",
  device_count: 1,
  call: null,
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { origin } = await startMock(Number(process.argv[2] ?? 8095));
  console.log(`Softphone scenes: ${origin}/`);
}
