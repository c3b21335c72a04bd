// The console's program: turns the server's pages, which work without it, into a console with tabs
// and a phone. Puts the rooms together and gives them the window's events; decides nothing itself.

import { listenToArrangements } from "./arrange.ts";
import { Attention } from "./attention.ts";
import { part, readBoot, type Boot } from "./boot.ts";
import { narrowAfter } from "./dependent.ts";
import { showHelp } from "./dialogs.ts";
import { listenToFiles } from "./files.ts";
import { keyInField, openByDoubleClick } from "./inline.ts";
import { anchorTarget, holdsEntries, leavesConsole } from "./intercept.ts";
import { Lookups } from "./lookups.ts";
import { Phone } from "./phone.ts";
import { gridChanged, isGridSearch } from "./rights_grid.ts";
import { findPlaces, firstPlace } from "./setup_pages.ts";
import { commandOf, isTyping, type Command } from "./shortcuts.ts";
import { createToasts } from "./toasts.ts";
import { ConsoleToolkit } from "./toolkit_console.ts";
import { signIn, Workbench } from "./workbench.ts";

const boot = readBoot(document);
if (boot !== null) start(boot);

function start(boot: Boot): void {
  document.body.classList.add("oh-console");
  const toast = createToasts(part(document, "oh-toasts"));
  const attention = new Attention(boot.app);
  let phone: Phone | null = null;
  let toolkit: ConsoleToolkit | null = null;
  const workbench = new Workbench(boot, {
    front: (page, cause) => {
      attention.page(page.title);
      markCurrentLink(page.url);
      phone?.navigated(page, cause);
    },
    toast,
    saved: (facts, page) => {
      lookups.saved(facts);
      toolkit?.saved(page, facts.recordId);
    },
    changed: (before, after) => toolkit?.changed(before, after),
    mayReload: (page) => toolkit?.mayReload(page) ?? true,
  });
  const lookups = new Lookups({
    front: () => workbench.front.id,
    focus: (page) => workbench.focus(page),
    open: (url) => workbench.openBeside(url),
  });
  lookups.listen(document);
  if (boot.phone) {
    phone = new Phone({
      boot,
      attention,
      front: () => workbench.front,
      pop: (url, title) => workbench.pop(url, title),
      refreshView: () => workbench.refresh(),
      signedOut: signIn,
    });
  }
  toolkit = new ConsoleToolkit({ boot, workbench, attention, phone });
  phone?.start();
  listenToFiles({ refresh: () => workbench.refresh(), toast });
  listenToArrangements(document);
  listenToPages(workbench, phone, toolkit);
  listenToKeys(workbench, phone);
  listenToWindow(workbench, phone, attention);
}

function listenToPages(
  workbench: Workbench,
  phone: Phone | null,
  toolkit: ConsoleToolkit,
): void {
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    closeMenus(target);
    const number = target?.closest<HTMLElement>("a.oh-phone");
    if (number && phone?.dial(number.dataset)) return event.preventDefault();
    if (target?.closest('a[href^="#"]')) return goToAnchor(event);
    if (workbench.follow(event)) return;
    // A page outside the console would take the phone with it: it gets a window of its own.
    const link = leavesConsole(event);
    if (link !== null) link.target = "_blank";
  });
  document.addEventListener("submit", (event) => {
    const form = event.target instanceof HTMLFormElement ? event.target : null;
    if (form !== null && new URL(form.action).pathname === "/logout") {
      toolkit.signedOut();
      return workbench.forget();
    }
    workbench.submit(event);
  });
  document.addEventListener("input", (event) => {
    const find = quickFind(event);
    if (find !== null) findPlaces(find);
    gridChanged(event.target);
    if (holdsEntries(event.target) && !isGridSearch(event.target)) workbench.entered();
  });
  document.addEventListener("change", (event) => narrowAfter(event.target));
  document.addEventListener("dblclick", openByDoubleClick);
  document.addEventListener("keydown", keyInField);
}

/** The Quick Find field of Setup that an event is about. */
function quickFind(event: Event): HTMLInputElement | null {
  const field = event.target;
  return field instanceof HTMLInputElement && "setupFind" in field.dataset ? field : null;
}

/** Goes to a place on the same page without touching the address, which names a tab. */
function goToAnchor(event: MouseEvent): void {
  event.preventDefault();
  const anchor = anchorTarget(event);
  anchor?.scrollIntoView();
  anchor?.focus({ preventScroll: true });
}

function listenToKeys(workbench: Workbench, phone: Phone | null): void {
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeMenus(null);
    const find = event.key === "Enter" ? quickFind(event) : null;
    if (find !== null) return firstPlace(find)?.click();
    const { code, key, altKey, shiftKey, ctrlKey, metaKey } = event;
    const typing = isTyping(event.target);
    const command = commandOf({ code, key, altKey, shiftKey, ctrlKey, metaKey, typing });
    if (command === null) return;
    event.preventDefault();
    obey(command, workbench, phone);
  });
}

function obey(command: Command, workbench: Workbench, phone: Phone | null): void {
  switch (command.type) {
    case "step":
      return workbench.step(command.by, command.among);
    case "go":
      return workbench.go(command.to);
    case "close":
      return void workbench.close();
    case "reopen":
      return workbench.reopen();
    case "refresh":
      return workbench.refresh();
    case "phone":
      return phone?.toggle();
    case "search":
      return document.querySelector<HTMLElement>('#oh-header [type="search"]')?.focus();
    case "help":
      return showHelp();
  }
}

function listenToWindow(workbench: Workbench, phone: Phone | null, attention: Attention): void {
  let away = false;
  const left = (): void => void (away ||= !document.hasFocus());
  const returned = (): void => {
    if (!away || document.hidden) return;
    away = false;
    phone?.navigated(workbench.front, "returned");
  };
  window.addEventListener("popstate", (event) => void workbench.traverse(event.state));
  window.addEventListener("beforeunload", (event) => {
    if (workbench.anyDirty()) event.preventDefault();
  });
  // The keyboard going into the phone's frame takes it from this document, but not from the window:
  // only `hasFocus`, asked a moment later, tells the two apart.
  window.addEventListener("blur", () => setTimeout(left, 0));
  window.addEventListener("focus", returned);
  document.addEventListener("visibilitychange", () => {
    attention.draw();
    if (document.hidden) away = true;
    else returned();
  });
}

/** Closes the header's menus that are `<details>`, but for one that was clicked in. */
function closeMenus(clicked: Element | null): void {
  const followed = clicked?.closest("a") != null;
  for (const menu of document.querySelectorAll<HTMLDetailsElement>("#oh-header details[open]")) {
    if (followed || !menu.contains(clicked)) menu.open = false;
  }
}

function markCurrentLink(url: string): void {
  const path = url.split("?")[0]!;
  for (const link of document.querySelectorAll<HTMLAnchorElement>("#oh-header nav a")) {
    const area = link.pathname.split("/").slice(0, 4).join("/");
    const current = path === link.pathname || `${path}/`.startsWith(`${area}/`);
    if (current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}
