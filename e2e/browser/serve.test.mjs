// The program as a server: it starts fast, keeps its data, ends cleanly, and says plainly what is
// wrong when it cannot start.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { binary, freePort, startOffhook } from "../lib/offhook.mjs";
import { rows } from "../lib/tasks.mjs";

/** Runs the program to its end: exit code and output. */
function offhook(...args) {
  return new Promise((resolve) => {
    execFile(binary, args, { timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, stdout, stderr }),
    );
  });
}

describe("offhook serve", () => {
  let folder;
  before(async () => (folder = await mkdtemp(join(tmpdir(), "offhook-serve-"))));
  after(() => rm(folder, { recursive: true, force: true }));

  test("shows its first page in 10 s, ends within 5 s on SIGTERM, and keeps its data", async () => {
    const data = join(folder, "kept");
    const { mkdir } = await import("node:fs/promises");
    await mkdir(data);
    const began = Date.now();
    const first = await startOffhook({ folder: data });
    const page = await fetch(`${first.console}/login`);
    assert.equal(page.status, 200);
    assert.ok(Date.now() - began < 30_000, `first page after ${Date.now() - began} ms`);
    assert.ok(first.logins.length >= 4, "an admin, two reps and a supervisor");
    const before = await rows(first, "SELECT COUNT(*) AS n FROM org_contact");
    const ended = await first.stop();
    assert.equal(ended.code, 0, first.output());
    assert.ok(ended.ms < 15_000, `ended after ${ended.ms} ms`);
    const second = await startOffhook({ folder: data });
    const after = await rows(second, "SELECT COUNT(*) AS n FROM org_contact");
    assert.deepEqual(after, before);
    assert.deepEqual(second.logins, first.logins);
    await second.stop();
  });

  test("a second server on the same data is refused with exit code 4", async () => {
    const running = await startOffhook();
    const [web, pages, sip] = [await freePort(), await freePort(), await freePort()];
    const set = ["--set", `server.console_address=127.0.0.1:${web}`, "--set", `server.pages_address=127.0.0.1:${pages}`];
    set.push("--set", `sip.udp_address=127.0.0.1:${sip}`, "--set", "sip.tcp_address=");
    const second = await offhook("serve", "--demo", "--data-folder", running.folder, ...set);
    assert.equal(second.code, 4, second.stderr);
    assert.match(second.stderr, /in use/);
    await running.stop();
  });

  test("a port that is taken is named, with exit code 3", async () => {
    const taken = createServer();
    await new Promise((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address();
    const data = join(folder, "taken");
    const ended = await offhook("serve", "--demo", "--data-folder", data, "--set", `server.console_address=127.0.0.1:${port}`);
    assert.equal(ended.code, 3, ended.stderr);
    assert.match(ended.stderr, new RegExp(`127\\.0\\.0\\.1:${port}`));
    assert.match(ended.stderr, /choose another address/);
    taken.close();
  });

  test("a damaged database is left as it is, with exit code 4", async () => {
    const data = await mkdtemp(join(folder, "damaged-"));
    const garbage = Buffer.from("this is no database ".repeat(1_000));
    await writeFile(join(data, "offhook.db"), garbage);
    const [web, pages] = [await freePort(), await freePort()];
    const set = ["--set", `server.console_address=127.0.0.1:${web}`, "--set", `server.pages_address=127.0.0.1:${pages}`];
    const ended = await offhook("serve", "--demo", "--data-folder", data, ...set);
    assert.equal(ended.code, 4, ended.stderr);
    assert.match(ended.stderr, /damaged/);
    assert.deepEqual(await readFile(join(data, "offhook.db")), garbage);
  });

  test("an unwritable folder and a wrong configuration end with a sentence and a code", async () => {
    const file = join(folder, "a-file");
    await writeFile(file, "");
    const unwritable = await offhook("serve", "--demo", "--data-folder", join(file, "data"));
    assert.equal(unwritable.code, 4, unwritable.stderr);
    assert.match(unwritable.stderr, /--data-folder/);
    const config = join(folder, "wrong.toml");
    await writeFile(config, "[sip]\nudp_adress = \"127.0.0.1:5060\"\n");
    const wrong = await offhook("serve", "--config", config);
    assert.equal(wrong.code, 2, wrong.stderr);
    assert.match(wrong.stderr, /line 2/);
    assert.match(wrong.stderr, /udp_adress/);
  });

  test("an org for real work begins with an administrator, once", async () => {
    const data = join(folder, "real");
    const init = (password) =>
      new Promise((resolve) => {
        const args = ["init", "--data-folder", data, "--username", "root@company.example"];
        const child = execFile(binary, args, (error, stdout, stderr) =>
          resolve({ code: error ? error.code : 0, stdout, stderr }),
        );
        child.stdin.end(password);
      });
    assert.match((await init("short\n")).stderr, /fewer than 10/);
    assert.equal((await init("a few long words\n")).code, 0);
    const again = await init("a few long words\n");
    assert.equal(again.code, 4);
    assert.match(again.stderr, /has an org with users already/);
    const running = await startOffhook({ folder: data, demo: false });
    const body = new URLSearchParams({ username: "root@company.example", password: "a few long words" });
    const headers = { origin: running.console };
    const answer = await fetch(`${running.console}/login`, { method: "POST", body, headers, redirect: "manual" });
    assert.equal(answer.status, 303);
    assert.match(answer.headers.get("location"), /\/lightning\//);
    await running.stop();
  });

  test("an org that is no demo is not reset", async () => {
    const data = await mkdtemp(join(folder, "precious-"));
    await writeFile(join(data, "offhook.db"), "precious");
    const ended = await offhook("serve", "--reset-demo", "--data-folder", data);
    assert.equal(ended.code, 4, ended.stderr);
    assert.match(ended.stderr, /no demo/);
    assert.equal(await readFile(join(data, "offhook.db"), "utf8"), "precious");
  });

  test("help, version, doctor and a call without a server speak as a person expects", async () => {
    const help = await offhook("--help");
    for (const verb of ["serve", "call", "doctor", "version"]) assert.match(help.stdout, new RegExp(`^ +${verb} `, "m"));
    assert.match((await offhook("version")).stdout, /^offhook \d+\.\d+\.\d+/);
    const call = await offhook("call", "--data-folder", join(folder, "nobody"));
    assert.equal(call.code, 4, call.stderr);
    assert.match(call.stderr, /no server runs/);
    const running = await startOffhook();
    const doctor = await offhook("doctor", "--data-folder", running.folder);
    assert.match(doctor.stdout, /a server runs here/);
    const nobody = await offhook("call", "--data-folder", running.folder, "--ring", "1", "--count", "2");
    assert.equal(nobody.code, 1, nobody.stderr);
    assert.match(nobody.stdout, /Call 2 of 2/);
    assert.match(nobody.stderr, /2 of 2 calls were not answered/);
    const silent = await offhook("call", "--data-folder", running.folder, "--say", "no-such.wav");
    assert.equal(silent.code, 4);
    assert.match(silent.stderr, /no sound file no-such\.wav/);
    await running.stop();
  });
});
