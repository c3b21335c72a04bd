// SIP written by hand, for messages that no well-behaved program sends. It speaks UDP from the
// trunk's port; the test says what is in each line.
import { createSocket } from "node:dgram";

import { until } from "./offhook.mjs";

/** An offer of PCMU, or of the payload types that are given. */
export function offer(rtpPort, payloads = "0") {
  return [
    "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0",
    `m=audio ${rtpPort} RTP/AVP ${payloads}`, "",
  ].join("\r\n");
}

/** A peer on the trunk's port that sends to `remote` and keeps what it hears. */
export async function startPlainSip(local, remote) {
  const socket = createSocket("udp4");
  await new Promise((resolve, reject) => socket.once("error", reject).bind(local, "127.0.0.1", resolve));
  const heard = [];
  const send = (data) => socket.send(data, remote.port, remote.host);
  const headerOf = (text, name) => text.match(new RegExp(`^${name}: *(.*)$`, "im"))?.[1].trim() ?? "";
  const build = (first, lines, body) =>
    [first, ...lines, `Content-Length: ${Buffer.byteLength(body)}`, "", body].join("\r\n");
  socket.on("message", (data) => {
    const text = data.toString("utf8");
    heard.push(text);
    if (!/^[A-Z]+ sip:/.test(text) || text.startsWith("ACK")) return;
    const copied = ["Via", "From", "To", "Call-ID", "CSeq"].map((name) => `${name}: ${headerOf(text, name)}`);
    send(build("SIP/2.0 200 OK", copied, ""));
  });
  return {
    send,
    /** A call; `from` is the value of the From header without its tag. */
    call(id, from, { more = [], body = "" } = {}) {
      const target = `sip:+15550100@${remote.host}:${remote.port}`;
      let to = `<${target}>`;
      const request = (method, cseq, branch, lines = [], content = "") =>
        build(
          `${method} ${target} SIP/2.0`,
          [
            `Via: SIP/2.0/UDP 127.0.0.1:${local};branch=z9hG4bK${id}${branch}`,
            `From: ${from};tag=tag${id}`, `To: ${to}`, `Call-ID: ${id}`, `CSeq: ${cseq} ${method}`,
            `Contact: <sip:carrier@127.0.0.1:${local}>`, "Max-Forwards: 70", ...lines,
          ],
          content,
        );
      const type = body === "" ? [] : ["Content-Type: application/sdp"];
      const statusIn = (text) => Number(text.match(/^SIP\/2\.0 (\d{3})/)?.[1] ?? 0);
      return {
        invite: (lines = []) => send(request("INVITE", 1, "a", [...more, ...lines, ...type], body)),
        /** Waits for this answer, or for any final one, and gives its text. */
        answer: (status = null, ms = 10_000) =>
          until(`${status ?? "a final answer"} to ${id}`, ms, () =>
            heard.find((text) => {
              const isOurs = headerOf(text, "Call-ID") === id && statusIn(text) > 0;
              return isOurs && (status === null ? statusIn(text) >= 200 : statusIn(text) === status);
            }),
          ),
        ack(answered, content = "") {
          const isRefused = statusIn(answered) >= 300;
          to = headerOf(answered, "To");
          const lines = content === "" ? [] : ["Content-Type: application/sdp"];
          send(request("ACK", 1, isRefused ? "a" : "b", lines, content));
        },
        cancel: () => send(request("CANCEL", 1, "a")),
        bye: () => send(request("BYE", 2, "c")),
        ended: () => until(`BYE of ${id}`, 10_000, () =>
          heard.find((text) => text.startsWith("BYE") && headerOf(text, "Call-ID") === id),
        ),
      };
    },
    close: () => new Promise((resolve) => socket.close(resolve)),
  };
}
