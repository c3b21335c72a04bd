// Files on their way to the server: chosen or dropped on a card, several at once, each with its
// progress. Without this script the same form sends them when its button is pressed.

import { element } from "./dom.ts";
import type { Tone, Told } from "./toasts.ts";

/** What the cards of files need of the console. */
export interface FilesHost {
  /** Shows the page in front anew. */
  refresh(): void;
  toast(tone: Tone, ...told: Told[]): void;
}

/** What the server says of each file. */
interface Taken {
  readonly files?: readonly { readonly name: string; readonly refused: string | null }[];
}

/** Listens to every card of files, on whatever page. */
export function listenToFiles(host: FilesHost): void {
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (!(input instanceof HTMLInputElement) || input.type !== "file") return;
    const form = formOf(input);
    if (form !== null && input.files !== null) void sendAll(form, [...input.files], host);
  });
  document.addEventListener("submit", (event) => {
    if (event.target instanceof HTMLFormElement && formOf(event.target) === event.target) {
      event.preventDefault();
    }
  });
  document.addEventListener("dragover", (event) => {
    const card = cardOf(event.target);
    if (card === null || !carriesFiles(event)) return;
    event.preventDefault();
    card.classList.add("oh-files_over");
  });
  document.addEventListener("dragleave", (event) => {
    const card = cardOf(event.target);
    const to = event.relatedTarget;
    if (card !== null && !(to instanceof Node && card.contains(to))) {
      card.classList.remove("oh-files_over");
    }
  });
  document.addEventListener("drop", (event) => {
    const card = cardOf(event.target);
    if (card === null || !carriesFiles(event)) return;
    event.preventDefault();
    card.classList.remove("oh-files_over");
    const form = card.querySelector<HTMLFormElement>("form.oh-files__add");
    const files = [...(event.dataTransfer?.files ?? [])];
    if (form !== null) void sendAll(form, isForMany(form) ? files : files.slice(0, 1), host);
  });
}

function cardOf(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>("[data-files]") : null;
}

function formOf(target: Element): HTMLFormElement | null {
  return target.closest<HTMLFormElement>("form.oh-files__add");
}

function carriesFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

function isForMany(form: HTMLFormElement): boolean {
  return form.querySelector<HTMLInputElement>('input[type="file"]')?.multiple ?? false;
}

/** Sends files one after the other; the page is shown anew when all of them are there. */
async function sendAll(form: HTMLFormElement, files: File[], host: FilesHost): Promise<void> {
  if (files.length === 0) return;
  const card = cardOf(form);
  const going = card?.querySelector("ul.oh-files__going") ?? null;
  const input = form.querySelector<HTMLInputElement>('input[type="file"]');
  const max = Number(input?.dataset["max"] ?? Infinity);
  const lines = files.map((file) => lineFor(file, going));
  let taken = 0;
  for (const [i, file] of files.entries()) {
    const line = lines[i]!;
    const refused = file.size > max ? "it is too large" : await send(form, file, line.progress);
    if (refused === null) taken += 1;
    line.show(refused);
    if (refused !== null) host.toast("error", `${file.name} was not kept: ${refused}`);
  }
  if (input !== null) input.value = "";
  for (const line of lines) line.remove();
  if (taken === 0) return;
  const only = files.length === 1 ? `${files[0]!.name} was uploaded.` : null;
  host.toast("success", only ?? `${taken} of ${files.length} files were uploaded.`);
  host.refresh();
}

/** A line with the file's name and how far it is. */
function lineFor(file: File, going: Element | null) {
  const bar = element("progress", { max: "1", value: "0", "aria-label": file.name });
  const state = element("span", {}, "waiting");
  const line = element("li", {}, element("span", {}, file.name), bar, state);
  going?.append(line);
  return {
    progress(part: number): void {
      bar.value = part;
      state.textContent = `${Math.floor(part * 100)} %`;
    },
    show(refused: string | null): void {
      bar.value = 1;
      state.textContent = refused ?? "done";
      state.classList.toggle("oh-files__refused", refused !== null);
    },
    remove: (): void => line.remove(),
  };
}

/** Sends one file; why it was refused, or null. */
function send(
  form: HTMLFormElement,
  file: File,
  progress: (part: number) => void,
): Promise<string | null> {
  const body = new FormData();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string") body.append(name, value);
  }
  body.append("file", file);
  // `fetch` says nothing of how far an upload is.
  const request = new XMLHttpRequest();
  return new Promise((resolve) => {
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total);
    });
    request.addEventListener("load", () => resolve(refusalIn(request)));
    request.addEventListener("error", () => resolve("the server cannot be reached"));
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.send(body);
  });
}

function refusalIn(request: XMLHttpRequest): string | null {
  try {
    const taken = JSON.parse(request.responseText) as Taken;
    const refused = taken.files?.find((file) => file.refused !== null);
    if (refused !== undefined) return refused.refused;
    if (request.status === 200 && taken.files?.length === 1) return null;
  } catch {
    // No answer of ours: the status says enough.
  }
  if (request.status === 401) return "you are signed out";
  if (request.status === 413) return "it is too large";
  return `the server answered with status ${request.status}`;
}
