// The org through its API's door, over real sockets of a running server: a bulk load, single
// records, queries and descriptions. One process asks, on the same computer.
import { Agent, request } from "node:http";
import { cpus, totalmem } from "node:os";

import { startOrg, token } from "../clients/lib.mjs";
import { until } from "../lib/offhook.mjs";

const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
};
const records = option("records", 1_000_000);
const seconds = option("seconds", 5);

/** Rows of one job: its upload stays below the platform's 100 MB. */
const JOB_ROWS = 250_000;
const ROOT = "/services/data/v64.0";

const org = await startOrg();
const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const bearer = `Bearer ${await token(org)}`;

/** A request and its answer; an answer that is no success is an error. */
function ask(method, path, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const sent = request(
      new URL(path, org.console),
      { method, agent, headers: { authorization: bearer, ...headers } },
      (answer) => {
        const parts = [];
        answer.on("data", (part) => parts.push(part));
        answer.on("end", () => {
          const text = Buffer.concat(parts).toString();
          if (answer.statusCode >= 400) reject(new Error(`${method} ${path}: ${answer.statusCode} ${text.slice(0, 500)}`));
          else resolve({ status: answer.statusCode, headers: answer.headers, text });
        });
        answer.on("error", reject);
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

const tell = async (method, path, body) => {
  const answer = await ask(method, path, JSON.stringify(body), { "content-type": "application/json" });
  return answer.text ? JSON.parse(answer.text) : null;
};

const percentile = (values, p) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil((p / 100) * sorted.length) - 1)];
};

/** Asks one after the other for some seconds. */
async function times(what, path, headers) {
  const took = [];
  const end = performance.now() + seconds * 1_000;
  for (let number = 0; performance.now() < end; number++) {
    const begun = performance.now();
    await ask("GET", path(number), undefined, headers);
    took.push(performance.now() - begun);
  }
  const warm = took.slice(Math.min(100, took.length >> 1));
  const [p50, p99] = [percentile(warm, 50), percentile(warm, 99)].map((ms) => (ms * 1_000).toFixed(0));
  console.log(`| ${what} | ${warm.length} | ${p50} | ${p99} |`);
}

/** Single records from so many connections, a request each. */
async function singles(clients) {
  let made = 0;
  const end = performance.now() + seconds * 1_000;
  const client = async (number) => {
    while (performance.now() < end) {
      made += 1;
      await tell("POST", `${ROOT}/sobjects/Contact`, contact(`s${number}_${made}`, made));
    }
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
  const rate = (made / (performance.now() - begun)) * 1_000;
  console.log(`creates, ${clients} at once: ${made} records, ${rate.toFixed(0)} a second`);
}

const contact = (key, number) => ({
  FirstName: `First${number % 997}`,
  LastName: `Last${key}`,
  Email: `person${key}@example.com`,
  Phone: `+1415${2_000_000 + (number % 7_000_000)}`,
  Title: "Buyer",
  MailingCity: `City ${number % 300}`,
  LeadSource: "Web",
});

function csv(first, last) {
  const lines = [Object.keys(contact(0, 0)).join(",")];
  for (let number = first; number < last; number++) lines.push(Object.values(contact(number, number)).join(","));
  return Buffer.from(`${lines.join("\n")}\n`);
}

/** All rows through Bulk 2.0: jobs made, uploaded, done by the worker. */
async function load() {
  const uploads = [];
  for (let first = 0; first < records; first += JOB_ROWS) {
    uploads.push(csv(first, Math.min(first + JOB_ROWS, records)));
  }
  const begun = performance.now();
  const jobs = [];
  for (const upload of uploads) {
    const wanted = { object: "Contact", operation: "insert", contentType: "CSV", lineEnding: "LF" };
    const job = await tell("POST", `${ROOT}/jobs/ingest`, wanted);
    const path = `${ROOT}/jobs/ingest/${job.id}`;
    await ask("PUT", `${path}/batches`, upload, { "content-type": "text/csv" });
    await tell("PATCH", path, { state: "UploadComplete" });
    jobs.push(path);
  }
  const uploaded = performance.now();
  const failed = [];
  for (const path of jobs) {
    const done = await until("a job", 3_600_000, async () => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      const job = JSON.parse((await ask("GET", path)).text);
      return ["JobComplete", "Failed", "Aborted"].includes(job.state) ? job : null;
    });
    if (done.state !== "JobComplete" || done.numberRecordsFailed > 0) failed.push(done);
  }
  if (failed.length) throw new Error(JSON.stringify(failed));
  const took = (performance.now() - begun) / 1_000;
  const bytes = uploads.reduce((sum, upload) => sum + upload.length, 0);
  console.log(
    `Bulk 2.0: ${records} records (${(bytes / 1e6).toFixed(0)} MB) in ${took.toFixed(1)} s, ` +
      `${(records / took).toFixed(0)} a second; uploaded after ${((uploaded - begun) / 1_000).toFixed(1)} s`,
  );
}

try {
  console.log(`${cpus().length} cores (${cpus()[0]?.model}), ${Math.round(totalmem() / 2 ** 30)} GiB\n`);
  await singles(1);
  await singles(64);
  await load();
  console.log("\n| a request after the other | requests | p50 us | p99 us |\n|---|---|---|---|");
  await times("the versions, which need no org", () => "/services/data");
  await times("the resources of a version, with a session", () => `${ROOT}/`);
  const tag = (await ask("GET", `${ROOT}/sobjects/Task/describe`)).headers.etag;
  await times("describe of Task", () => `${ROOT}/sobjects/Task/describe`);
  await times("describe of Task, not changed", () => `${ROOT}/sobjects/Task/describe`, { "if-none-match": tag });
  await times("the list of all objects", () => `${ROOT}/sobjects`);
  const query = (number) => {
    const name = `First${((number * 7919) % records) % 997} Last${(number * 7919) % records}`;
    return `${ROOT}/query?q=${encodeURIComponent(`SELECT Id, Name, Email FROM Contact WHERE Name = '${name}'`)}`;
  };
  await times("a query by name, 1 row", query);
} finally {
  agent.destroy();
  await org.stop();
}
