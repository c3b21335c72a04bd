// The far end's audio: sends a tone as PCMU and keeps what it hears, with gaps counted. Its port
// goes into the SDP that SIPp sends.
import { createSocket } from "node:dgram";

import { decodeMuLaw, encodeMuLaw, tone } from "./tones.mjs";
import { freePort } from "./offhook.mjs";

const PACKET_MS = 20;
const SAMPLES = 160;

/** An RTP endpoint on loopback. It sends once it has heard where to. */
export async function startRtpPeer(frequency) {
  const socket = createSocket("udp4");
  const port = await freePort();
  await new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(port, "127.0.0.1", resolve);
  });
  // One second is a whole number of periods of every test tone, so the loop has no click.
  const second = tone(frequency, 1_000);
  const encoded = Buffer.from(Array.from(second, (x) => encodeMuLaw(Math.round(x * 32_000))));
  const heard = [];
  const digits = new Set();
  let remote = null;
  let [sequence, timestamp, sent] = [1, 1_000, 0];
  socket.on("message", (packet, from) => {
    if (packet.length < 12 || packet[0] >> 6 !== 2) return;
    remote ??= { port: from.port, address: from.address };
    const type = packet[1] & 0x7f;
    const at = Date.now();
    if (type === 0) {
      heard.push({ at, sequence: packet.readUInt16BE(2), payload: Buffer.from(packet.subarray(12)) });
    } else if (type >= 96 && packet.length >= 16 && packet[13] & 0x80) {
      digits.add(`${packet.readUInt32BE(4)}:${"0123456789*#ABCD"[packet[12]]}`);
    }
  });
  const ssrc = Math.floor(Math.random() * 2 ** 32);
  const began = Date.now();
  const timer = setInterval(() => {
    // As many packets as the time that has passed asks for: timers of this process are not exact.
    const due = Math.floor((Date.now() - began) / PACKET_MS);
    while (sent < due) {
      if (remote) {
        const packet = Buffer.alloc(12 + SAMPLES);
        packet[0] = 0x80;
        packet.writeUInt16BE(sequence & 0xffff, 2);
        packet.writeUInt32BE(timestamp >>> 0, 4);
        packet.writeUInt32BE(ssrc, 8);
        for (let n = 0; n < SAMPLES; n++) packet[12 + n] = encoded[(sent * SAMPLES + n) % encoded.length];
        socket.send(packet, remote.port, remote.address);
      }
      sequence += 1;
      timestamp += SAMPLES;
      sent += 1;
    }
  }, 5);
  return {
    port,
    /** Forget where to send and what was heard. */
    mark: () => Date.now(),
    /** Samples heard since a mark, -1..1. */
    samples(since = 0) {
      const packets = heard.filter((packet) => packet.at >= since);
      const bytes = Buffer.concat(packets.map((packet) => packet.payload));
      return Float64Array.from(bytes, decodeMuLaw);
    },
    /** Packets heard since a mark, and how many sequence numbers are missing among them. */
    gaps(since = 0) {
      const packets = heard.filter((packet) => packet.at >= since);
      const seen = new Set(packets.map((packet) => packet.sequence));
      if (packets.length < 2) return { packets: packets.length, missing: 0 };
      const first = packets[0].sequence;
      const span = (packets.at(-1).sequence - first + 65_536) % 65_536;
      return { packets: packets.length, missing: Math.max(0, span + 1 - seen.size) };
    },
    digits: () => [...digits].map((entry) => entry.split(":")[1]).join(""),
    aim(address, port) {
      remote = { address, port };
    },
    close() {
      clearInterval(timer);
      socket.close();
    },
  };
}
