// Softphones of others for a test: pages of a folder served from an origin of their own, a call
// center that leads to one of them, and a rep who is in it.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";

import { until } from "./offhook.mjs";

const fixtures = fileURLToPath(new URL("../fixtures/", import.meta.url));
const TYPES = { html: "text/html; charset=utf-8", js: "text/javascript", svg: "image/svg+xml" };

/** Serves `e2e/fixtures`; the answer has the origin and `close()`. */
export async function startAdapterHost() {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, "http://adapter").pathname;
    const name = /^\/((?:[\w-]+\/)*[\w-]+\.(\w+))$/.exec(path);
    try {
      const body = await readFile(fixtures + name[1]);
      response.writeHead(200, { "Content-Type": TYPES[name[2]] ?? "text/plain" }).end(body);
    } catch {
      response.writeHead(404).end("no such page");
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

/** A definition file whose softphone is at this address. */
export function definition(name, url, mode, { height = 400, width = 300 } = {}) {
  const item = (order, name, value) =>
    `<item sortOrder="${order}" name="${name}" label="${name}">${value.replaceAll("&", "&amp;")}</item>`;
  return `<callCenter><section sortOrder="0" name="reqGeneralInfo" label="General Information">
    ${item(0, "reqInternalName", name)}${item(1, "reqDisplayName", `${name} phone`)}
    ${item(2, "reqAdapterUrl", url)}${item(3, "reqUseApi", "true")}
    ${item(4, "reqSoftphoneHeight", String(height))}${item(5, "reqSoftphoneWidth", String(width))}
    ${item(6, "reqSalesforceCompatibilityMode", mode)}</section></callCenter>`;
}

/**
 * Imports a definition as the admin whose page this is, and puts the user of this id in it, who
 * leaves the call center that she was in.
 */
export async function assignCallCenter(admin, text, user) {
  return admin.evaluate(
    async ({ text, user }) => {
      const { csrf } = JSON.parse(document.querySelector("#oh-boot").textContent);
      const root = "/lightning/setup/call-centers";
      const post = async (path, fields, Form = URLSearchParams) => {
        const body = new Form();
        for (const [name, value] of Object.entries({ _csrf: csrf, ...fields })) body.append(name, value);
        const answer = await fetch(path, { method: "POST", body });
        if (answer.status >= 400) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
        return answer;
      };
      const parse = async (path) =>
        new DOMParser().parseFromString(await (await fetch(path)).text(), "text/html");
      const link = /\/call-centers\/(04v\w+)/;
      const centers = [...(await parse(root)).querySelectorAll("a[href]")].flatMap(
        (a) => link.exec(a.getAttribute("href"))?.[1] ?? [],
      );
      for (const center of new Set(centers)) {
        const users = await parse(`${root}/${center}/users`);
        const member = `form[action$="/users/remove"] input[name="user"][value="${user}"]`;
        if (users.querySelector(member)) await post(`${root}/${center}/users/remove`, { user, q: "" });
      }
      const file = new Blob([text], { type: "text/xml" });
      const made = await post(`${root}/import/confirm`, { definition: file }, FormData);
      const id = link.exec(made.url)?.[1];
      if (!id) throw new Error(`the definition was not imported: ${made.url}`);
      await post(`${root}/${id}/users/add`, { user, q: "" });
      return id;
    },
    { text, user },
  );
}

/** The id of the user whose console this page is. */
export function userOf(page) {
  return page.evaluate(() => JSON.parse(document.querySelector("#oh-boot").textContent).user.id);
}

/** The frame of the page with this address, once its own script has run. */
export async function adapterFrame(page, path, ready) {
  return until(`the adapter ${path}`, 15_000, async () => {
    const frame = page.frames().find((frame) => frame.url().includes(path));
    const is = await frame?.evaluate(ready).catch(() => false);
    return is ? frame : null;
  });
}
