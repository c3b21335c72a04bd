// Real SIP by SIPp: one scenario run as a child process, with its keys filled in.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const scenarios = fileURLToPath(new URL("../sip/", import.meta.url));

/**
 * Runs a scenario of e2e/sip once. `local` is the port that the trunk is configured with; `keys`
 * fill `[name]` places. A UAC needs `remote`. `done` gives SIPp's exit code (0: as the scenario
 * says).
 */
export async function startSipp(scenario, { local, remote, keys = {}, pauseMs = 0, calls = 1, tcp = false }) {
  const folder = await mkdtemp(join(tmpdir(), "offhook-sipp-"));
  const args = ["-sf", join(scenarios, scenario), "-i", "127.0.0.1", "-p", String(local)];
  args.push("-m", String(calls), "-nostdin", "-trace_err", "-trace_msg", "-d", String(pauseMs));
  args.push("-message_file", join(folder, "messages.log"), "-error_file", join(folder, "errors.log"));
  args.push("-recv_timeout", "60000", "-timeout", "180", "-timeout_error");
  if (tcp) args.push("-t", "t1");
  for (const [name, value] of Object.entries(keys)) args.push("-key", name, String(value));
  if (remote) args.push(`${remote.host}:${remote.port}`);
  const child = spawn("sipp", args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let screen = "";
  child.stdout.on("data", (data) => (screen += data));
  child.stderr.on("data", (data) => (screen += data));
  const done = new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code));
  });
  const messages = () => readFile(join(folder, "messages.log"), "utf8").catch(() => "");
  return {
    done,
    messages,
    screen: () => screen,
    async close() {
      if (child.exitCode === null) child.kill("SIGKILL");
      await done;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
