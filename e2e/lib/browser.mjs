// A real Chromium with a fake microphone that plays a WAV file, signed in to the console, and
// what a test does with the softphone in it.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

import { until } from "./offhook.mjs";
import { writeToneWav } from "./tones.mjs";

/** Starts Chromium whose microphone hears a tone of this frequency. */
export async function startBrowser({ microphone = 440, width = 1440, height = 900 } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "offhook-browser-"));
  const wav = join(folder, "microphone.wav");
  await writeToneWav(wav, microphone, 10);
  const browser = await chromium.launch({
    executablePath: process.env.OFFHOOK_TEST_CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--use-fake-device-for-media-stream",
      "--use-fake-ui-for-media-stream",
      `--use-file-for-fake-audio-capture=${wav}`,
      "--autoplay-policy=no-user-gesture-required",
      "--disable-features=WebRtcHideLocalIpsWithMdns",
    ],
  });
  return {
    browser,
    /** A context of its own: another person, or the same one in another browser. */
    async person(offhook, login, { viewport = { width, height }, ...options } = {}) {
      const context = await browser.newContext({
        viewport,
        locale: "en-US",
        timezoneId: "America/New_York",
        permissions: [],
        ...options,
      });
      await context.grantPermissions(["microphone"], { origin: offhook.console });
      await context.grantPermissions(["microphone"], { origin: offhook.pages });
      const page = await context.newPage();
      const problems = [];
      page.on("pageerror", (error) => problems.push(String(error)));
      page.on("console", (message) => {
        if (message.type() === "error") problems.push(message.text());
      });
      if (login) await signIn(page, offhook, login);
      return { context, page, problems };
    },
    async close() {
      await browser.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Signs in and waits for the console. */
export async function signIn(page, offhook, login) {
  await page.goto(`${offhook.console}/login`);
  await page.getByLabel("User name").fill(login.username);
  await page.getByLabel("Password").fill(login.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(/\/lightning\//);
}

/** The softphone's frame in the console, once it has drawn itself. */
export async function softphone(page) {
  const frame = await until("the softphone's frame", 15_000, () =>
    page.frames().find((frame) => frame.url().includes("/softphone")),
  );
  await frame.waitForSelector("[data-state]", { state: "attached", timeout: 15_000 });
  return frame;
}

/** Waits until the softphone is in this state. */
export async function inState(page, state, ms = 15_000) {
  let seen = null;
  try {
    return await until(`the softphone to be ${state}`, ms, async () => {
      const frame = page.frames().find((frame) => frame.url().includes("/softphone"));
      if (!frame) return null;
      seen = await frame.evaluate(() => document.querySelector("[data-state]")?.dataset.state).catch(() => null);
      return seen === state ? frame : null;
    });
  } catch (error) {
    throw new Error(`${error.message}; it is ${seen}`);
  }
}

/** Opens the phone panel if it is closed. */
export async function openPhone(page) {
  const button = page.locator("#oh-utility button[aria-expanded]").first();
  await button.waitFor();
  if ((await button.getAttribute("aria-expanded")) === "false") await button.click();
}

/** Records what the softphone's loudspeaker plays for this long: samples at `rate`. */
export async function listen(frame, milliseconds) {
  const { samples, rate } = await frame.evaluate(async (milliseconds) => {
    const audio = document.querySelector("#far-audio");
    const stream = audio?.srcObject;
    if (!stream) return { samples: [], rate: 48_000 };
    const context = new AudioContext();
    await context.resume();
    const source = context.createMediaStreamSource(stream);
    const recorder = context.createScriptProcessor(4_096, 1, 1);
    const samples = [];
    recorder.onaudioprocess = (event) => samples.push(...event.inputBuffer.getChannelData(0));
    source.connect(recorder);
    recorder.connect(context.destination);
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    source.disconnect();
    recorder.disconnect();
    const rate = context.sampleRate;
    await context.close();
    return { samples, rate };
  }, milliseconds);
  return { samples: Float64Array.from(samples), rate };
}

/** Calls the console's own API as the signed-in user: JSON of a path. */
export async function text(page, offhook, path) {
  return page.evaluate(async (url) => (await fetch(url)).text(), offhook.console + path);
}
