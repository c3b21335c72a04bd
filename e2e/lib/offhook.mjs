// Starting the real program for a test: free ports, a data folder of its own, the demo org, and a
// clean end.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const binary =
  process.env.OFFHOOK_TEST_BINARY ?? fileURLToPath(new URL("../../target/debug/offhook", import.meta.url));

/** A TCP and UDP port on loopback that nobody uses now. */
export async function freePort() {
  for (;;) {
    const port = await new Promise((resolve, reject) => {
      const server = createServer().once("error", reject);
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address();
        server.close(() => resolve(port));
      });
    });
    const free = await new Promise((resolve) => {
      const socket = createSocket("udp4").once("error", () => resolve(false));
      socket.bind(port, "127.0.0.1", () => socket.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

/** Waits until `probe` gives something, at most `ms`. */
export async function until(what, ms, probe) {
  const end = Date.now() + ms;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited ${ms} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/**
 * Starts `offhook serve --demo`. `trunks` are `{name, address, caller_id}`; `set` are further
 * `section.key=value` settings. The answer has origins, SIP address, logins, `stop()`.
 */
export async function startOffhook({ trunks = [], set = [], folder, demo = true, log = "warn" } = {}) {
  const own = folder ?? (await mkdtemp(join(tmpdir(), "offhook-test-")));
  const [web, pages, sip, rtp] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const config = join(own, "test.toml");
  const { writeFile } = await import("node:fs/promises");
  await writeFile(
    config,
    trunks
      .map((t) => Object.entries(t).map(([k, v]) => `${k} = ${JSON.stringify(v)}`).join("\n"))
      .map((t) => `[[trunk]]\n${t}\n`)
      .join("\n"),
  );
  const settings = [
    `server.console_address=127.0.0.1:${web}`,
    `server.pages_address=127.0.0.1:${pages}`,
    `sip.udp_address=127.0.0.1:${sip}`,
    `sip.tcp_address=127.0.0.1:${sip}`,
    `media.rtp_port_first=${Math.min(rtp, 60000)}`,
    `media.rtp_port_last=${Math.min(rtp, 60000) + 999}`,
    `log.filter=${process.env.OFFHOOK_TEST_LOG ?? log}`,
    ...set,
  ];
  const args = ["serve", "--config", config, "--data-folder", own];
  if (demo) args.push("--demo");
  for (const setting of settings) args.push("--set", setting);
  const child = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (data) => (output += data));
  child.stderr.on("data", (data) => (output += data));
  const exited = new Promise((resolve) => child.on("exit", (code, signal) => resolve({ code, signal })));
  let early = null;
  exited.then((how) => (early = how));
  await until("Offhook to start", 60_000, () => {
    if (early) throw new Error(`offhook ended early (${JSON.stringify(early)}):\n${output}`);
    return output.includes("Stop with Ctrl+C");
  });
  const logins = [...output.matchAll(/^ {4}(\S+@\S+)\s+(\S+)\s+(.+)$/gm)].map(([, username, password, role]) => ({
    username,
    password,
    role: role.trim(),
  }));
  return {
    console: `http://127.0.0.1:${web}`,
    pages: `http://127.0.0.1:${pages}`,
    sip: { host: "127.0.0.1", port: sip },
    folder: own,
    logins,
    child,
    exited,
    output: () => output,
    /** Ends it as `kill -9` would. */
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
    /** Ends it with SIGTERM; gives the milliseconds it took and the exit code. */
    async stop({ keep = false } = {}) {
      const began = Date.now();
      child.kill("SIGTERM");
      const how = await exited;
      if (!keep && !folder) await rm(own, { recursive: true, force: true });
      return { ms: Date.now() - began, ...how };
    },
  };
}
