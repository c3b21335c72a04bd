// What the tests with genuine clients share: a running org, a person who works in its pages, and
// the clients' own programs.
import { spawn } from "node:child_process";
import { createHash, createSign, generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { freePort, startOffhook } from "../lib/offhook.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

/** An org with https beside http, and its logins by role. */
export async function startOrg({ set = [] } = {}) {
  const port = await freePort();
  const org = await startOffhook({ set: [`tls.console_address=127.0.0.1:${port}`, ...set] });
  const login = (role) => org.logins.find((login) => login.username.startsWith(role));
  return {
    ...org,
    admin: login("ana"),
    rep: login("sam"),
    agent: login("sofia"),
    https: httpsOrigin(org.output()),
    authority: authorityFile(org.output()),
  };
}

function httpsOrigin(output) {
  return output.match(/https:\/\/[\w.-]+:\d+/)?.[0];
}

function authorityFile(output) {
  return output.match(/\S+\.pem\b/)?.[0];
}

/** A person at the console without a browser: cookies, forms and their tokens. */
export class Person {
  constructor(org) {
    this.org = org;
    this.cookies = new Map();
  }

  async signIn(login) {
    await this.submit("/login", { username: login.username, password: login.password });
    return this;
  }

  /** A page; redirects within the console are followed, others are handed back. */
  async open(address, options = {}) {
    let url = new URL(address, this.org.console);
    for (let step = 0; step < 10; step += 1) {
      const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
      const response = await fetch(url, {
        redirect: "manual",
        ...options,
        headers: { cookie, origin: this.org.console, ...options.headers },
      });
      for (const line of response.headers.getSetCookie()) {
        const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
        this.cookies.set(name, value);
      }
      const location = response.headers.get("location");
      if (!location) return { response, url, text: await response.text() };
      const next = new URL(location, url);
      if (next.origin !== new URL(this.org.console).origin) return { response, url: next, text: "" };
      url = next;
      options = {};
    }
    throw new Error(`too many redirects from ${address}`);
  }

  /** Opens a page, fills its form and sends it. */
  async submit(address, values, options) {
    return this.send(await this.open(address), values, options);
  }

  /** Fills the form of a page that posts to itself or to its `action`, and sends it. */
  async send(page, values, { pick } = {}) {
    const form = /<form[^>]*method="post"[\s\S]*?<\/form>/gi;
    const forms = [...page.text.matchAll(form)].map(([text]) => text);
    const chosen = (pick ? forms.find((text) => pick.test(text)) : forms.at(-1)) ?? "";
    if (!chosen) throw new Error(`no form to send at ${page.url}:\n${page.text.slice(0, 2_000)}`);
    const action = chosen.match(/^<form[^>]*\baction="([^"]*)"/i)?.[1];
    const fields = new URLSearchParams();
    for (const [tag] of chosen.matchAll(/<input[^>]*>/gi)) {
      const attribute = (name) => unescape(tag.match(new RegExp(`\\b${name}="([^"]*)"`))?.[1]);
      const type = attribute("type") ?? "text";
      const name = attribute("name");
      if (!name || ((type === "checkbox" || type === "radio") && !/\bchecked\b/.test(tag))) continue;
      fields.append(name, attribute("value") ?? "");
    }
    for (const [, tag, text] of chosen.matchAll(/<textarea([^>]*)>([\s\S]*?)<\/textarea>/gi)) {
      fields.append(tag.match(/\bname="([^"]*)"/)[1], unescape(text));
    }
    for (const [, tag, options] of chosen.matchAll(/<select([^>]*)>([\s\S]*?)<\/select>/gi)) {
      const selected = options.match(/<option[^>]*\bselected\b[^>]*>/i)?.[0] ?? options.match(/<option[^>]*>/i)?.[0];
      const value = unescape(selected?.match(/\bvalue="([^"]*)"/)?.[1] ?? "");
      fields.append(tag.match(/\bname="([^"]*)"/)[1], value);
    }
    for (const [name, value] of Object.entries(values)) {
      fields.delete(name);
      for (const one of [value].flat()) fields.append(name, one);
    }
    return this.open(action ? unescape(action) : page.url, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: fields.toString(),
    });
  }
}

function unescape(text) {
  return text
    ?.replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#34;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&#x27;", "'")
    .replaceAll("&amp;", "&")
    .replaceAll("&#38;", "&");
}

/** A code verifier and its challenge. */
export function pkce() {
  const verifier = randomBytes(32).toString("base64url");
  return { verifier, challenge: createHash("sha256").update(verifier).digest("base64url") };
}

/** Runs a program to its end; gives what it wrote and its exit code. */
export async function run(program, args, { env = {}, cwd = here, input } = {}) {
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
  let out = "";
  let err = "";
  child.stdout.on("data", (data) => (out += data));
  child.stderr.on("data", (data) => (err += data));
  child.stdin.end(input);
  const code = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { code, out, err };
}

/** The `sf` command line with a home of its own; `json` reads its answer. */
export async function startSf(org) {
  const home = await mkdtemp(join(tmpdir(), "offhook-sf-"));
  const env = {
    HOME: home,
    SF_DISABLE_TELEMETRY: "true",
    SF_AUTOUPDATE_DISABLE: "true",
    SF_SKIP_NEW_VERSION_CHECK: "true",
    SF_USE_GENERIC_UNIX_KEYCHAIN: "true",
    NODE_EXTRA_CA_CERTS: org.authority,
    FORCE_COLOR: "0",
  };
  const program = join(here, "node_modules/@salesforce/cli/bin/run.js");
  const raw = (args, options = {}) =>
    run(process.execPath, [program, ...args], { ...options, env: { ...env, ...options.env }, cwd: home });
  return {
    home,
    raw,
    /** The answer of a command that must succeed. */
    async json(args, options) {
      const { code, out, err } = await raw([...args, "--json"], options);
      let answer;
      try {
        answer = JSON.parse(out);
      } catch {
        throw new Error(`sf ${args.join(" ")} (${code}):\n${out}\n${err}`);
      }
      if (code !== 0) throw new Error(`sf ${args.join(" ")} (${code}):\n${JSON.stringify(answer, null, 1)}`);
      return answer.result;
    },
    close: () => rm(home, { recursive: true, force: true }),
  };
}

/** A script in Python; it prints one JSON line a check: `{"check", "ok", "found"}`. */
export async function python(script, settings) {
  const { code, out, err } = await run(join(here, ".venv/bin/python"), [join(here, script)], {
    input: JSON.stringify(settings),
  });
  const checks = out
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
  return { code, checks, err };
}

/** What a person does when an app asks to be let in; gives the address that the app is handed. */
export async function allow(org, url, login) {
  const person = new Person(org);
  let step = await person.open(url);
  for (let page = 0; page < 3 && step.url.origin === org.console; page += 1) {
    step = /name="password"/.test(step.text)
      ? await person.send(step, { username: login.username, password: login.password })
      : await person.send(step, { answer: "allow" }, { pick: /name="request"/ });
  }
  if (step.url.origin === org.console) throw new Error(`not let in at ${step.url}:\n${step.text.slice(0, 3_000)}`);
  return step.url;
}

const CLI = { clientId: "PlatformCLI", redirect: "http://localhost:1717/OauthRedirect" };

/** Tokens of a user, by the web server flow of the app that every org has. */
export async function tokens(org, login = org.admin) {
  const { verifier, challenge } = pkce();
  const asked = new URL("/services/oauth2/authorize", org.console);
  asked.search = new URLSearchParams({
    response_type: "code",
    client_id: CLI.clientId,
    redirect_uri: CLI.redirect,
    scope: "refresh_token api web",
    code_challenge: challenge,
  });
  const back = await allow(org, asked.href, login);
  const answer = await fetch(`${org.console}/services/oauth2/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      code: back.searchParams.get("code"),
      client_id: CLI.clientId,
      redirect_uri: CLI.redirect,
      code_verifier: verifier,
    }),
  });
  const body = await answer.json();
  if (!answer.ok) throw new Error(JSON.stringify(body));
  return body;
}

/** An access token. */
export async function token(org, login) {
  return (await tokens(org, login)).access_token;
}

/** What an administrator settles about passwords of API clients. */
export async function allowPasswords(org) {
  const admin = await new Person(org).signIn(org.admin);
  const policy = { soap_login: "on", password_flow: "on" };
  await admin.submit("/lightning/setup/api-access", policy, { pick: /name="soap_login"/ });
}

/**
 * A connected app as an administrator makes it in Setup: approved for administrators, with the
 * flows of servers, or open to all users, with the flows of people.
 */
export async function connectedApp(org, { name, redirect, certificate = "", approved = false }) {
  const admin = await new Person(org).signIn(org.admin);
  const form = await admin.open("/lightning/setup/connected-apps/new");
  const runAs = form.text.match(/<option value="(005\w{15})"[^>]*>[^<]*Ana/)?.[1] ?? "";
  const made = await admin.send(form, {
    name,
    flow: approved ? ["jwt_bearer", "client_credentials"] : ["web_server", "username_password"],
    scope: ["api", "refresh_token", "web", "full", "openid", "id"],
    redirect_uris: redirect ?? "https://app.example/callback",
    secret_required: "on",
    run_as: runAs,
    certificate,
    permitted_users: approved ? "admin_approved" : "all_users",
    profile: approved ? ["System Administrator"] : [],
  }, { pick: /name="redirect_uris"/ });
  const clientSecret = made.text.match(/data-secret>([^<]+)</)?.[1];
  const clientId = made.text.match(/Consumer key<\/dt><dd[^>]*>([^<]+)</)?.[1];
  if (!clientSecret || !clientId) throw new Error(`the app was not made:\n${made.text.slice(0, 4_000)}`);
  return { clientId, clientSecret };
}

/** A key to sign assertions with: in a file for those who want one, and what an app must know. */
export async function jwtKey() {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const folder = await mkdtemp(join(tmpdir(), "offhook-key-"));
  const file = join(folder, "key.pem");
  await writeFile(file, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return {
    file,
    certificate: publicKey.export({ type: "spki", format: "pem" }),
    assertion(claims) {
      const exp = Math.floor(Date.now() / 1_000) + 180;
      const text = `${part({ alg: "RS256" })}.${part({ exp, ...claims })}`;
      return `${text}.${createSign("RSA-SHA256").update(text).sign(privateKey, "base64url")}`;
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
