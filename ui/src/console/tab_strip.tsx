// The rows of tabs: navigation tab and workspace tabs, and the subtabs of the workspace in front.
// Arrow keys move between tabs, Enter shows one, Delete closes it. Inside a tablist only tabs are
// allowed, so the crosses are for the pointer alone; the menu beside the row does the same by
// keyboard.

import { render, type RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { symbol } from "./dom.ts";
import type { Dress } from "./tab_dress.ts";
import { shownPage, type Page, type Tabs, type Workspace } from "./tabs.ts";

/** What the rows ask of the console. */
export interface TabActions {
  focus(page: string): void;
  close(page: string): void;
  closeOthers(): void;
  reopen(): void;
  refresh(): void;
  help(): void;
}

interface StripProps {
  readonly tabs: Tabs;
  readonly dirty: (page: string) => boolean;
  readonly dress: (page: string) => Dress;
  readonly actions: TabActions;
}

/** Draws the rows into `place`. */
export function drawTabs(place: HTMLElement, props: StripProps): void {
  render(<Strip {...props} />, place);
}

function Strip(props: StripProps) {
  const { tabs } = props;
  const workspace = tabs.workspaces.find((w) => w.id === tabs.focused);
  const front = workspace ?? null;
  return (
    <nav class="oh-tabs" aria-label="Open tabs">
      <div class="oh-tabs__row">
        <Row label="Workspace tabs" {...props} items={workspaceItems(props)} />
        <Menu {...props} />
      </div>
      {front !== null && front.pages.length > 1 && (
        <div class="oh-tabs__row oh-tabs__row_sub">
          <Row
            label={`Subtabs of ${titleOf(front.pages[0]!, props)}`}
            {...props}
            items={subtabItems(front, props)}
          />
        </div>
      )}
    </nav>
  );
}

/** One tab of a row, whichever row it is. */
interface Item {
  readonly page: Page;
  readonly selected: boolean;
  readonly closes: string | null;
  readonly dirty: boolean;
  /** The page that names the tab; differs from `page` when a subtab is in front. */
  readonly named: Page;
  readonly title: string;
  readonly dress: Dress;
  /** Tabs of the upper row are named by their panel only when no row of subtabs does it. */
  readonly labelsPanel: boolean;
}

/** What a tab is called: as a softphone named it, else as its page is. */
function titleOf(page: Page, { dress }: StripProps): string {
  return dress(page.id).title ?? page.title;
}

function workspaceItems(props: StripProps): Item[] {
  const { tabs, dirty, dress } = props;
  const { navigation } = tabs;
  const first: Item = {
    page: navigation,
    named: navigation,
    title: navigation.title,
    dress: {},
    selected: shownPage(tabs).id === navigation.id,
    closes: null,
    dirty: dirty(navigation.id),
    labelsPanel: true,
  };
  const rest = tabs.workspaces.map((workspace) => {
    const named = workspace.pages[0]!;
    return {
      page: workspace.pages.find((page) => page.id === workspace.shown) ?? named,
      named,
      title: titleOf(named, props),
      dress: dress(named.id),
      selected: workspace.id === tabs.focused,
      closes: dress(named.id).locked ? null : named.id,
      dirty: workspace.pages.some((page) => dirty(page.id)),
      labelsPanel: workspace.pages.length === 1,
    };
  });
  return [first, ...rest];
}

function subtabItems(workspace: Workspace, props: StripProps): Item[] {
  return workspace.pages.map((page, index) => ({
    page,
    named: page,
    title: titleOf(page, props),
    dress: props.dress(page.id),
    selected: page.id === workspace.shown,
    closes: index === 0 || props.dress(page.id).locked ? null : page.id,
    dirty: props.dirty(page.id),
    labelsPanel: true,
  }));
}

interface RowProps extends StripProps {
  readonly label: string;
  readonly items: readonly Item[];
}

function Row({ label, items, actions }: RowProps) {
  const list = useRef<HTMLUListElement>(null);
  const selected = items.find((item) => item.selected)?.page.id;
  useEffect(() => {
    list.current?.querySelector(".oh-tab_selected")?.scrollIntoView({
      block: "nearest",
      inline: "nearest",
    });
  }, [selected, items.length]);
  return (
    <ul class="oh-tabs__list" role="tablist" aria-label={label} ref={list}>
      {items.map((item) => (
        <Tab key={item.named.id} item={item} actions={actions} />
      ))}
    </ul>
  );
}

function Tab({ item, actions }: { item: Item; actions: TabActions }) {
  const { page, named, title, dress, selected, closes, dirty } = item;
  const id = item.labelsPanel ? `oh-tab-${page.id}` : `oh-workspace-${named.id}`;
  const classes = ["oh-tab", selected && "oh-tab_selected", dirty && "oh-tab_dirty"];
  return (
    <li class={classes.filter(Boolean).join(" ")} role="presentation" style={{ ...dress.style }}>
      <a
        role="tab"
        id={id}
        href={page.url}
        class="oh-tab__link"
        title={title}
        style={inherited(dress.style)}
        tabIndex={selected ? 0 : -1}
        aria-selected={selected}
        aria-controls={selected ? `oh-panel-${page.id}` : undefined}
        aria-keyshortcuts={closes === null ? undefined : "Delete"}
        onClick={(event) => pressed(event, () => actions.focus(page.id))}
        onKeyDown={(event) => keyed(event, page.id, closes, actions)}
        onAuxClick={(event) => event.button === 1 && closes !== null && actions.close(closes)}
      >
        <TabIcon name={dress.icon ?? named.icon} />
        <span class="oh-tab__title" style={{ ...dress.textStyle }}>
          {title}
        </span>
        {dirty && <span class="slds-assistive-text"> (unsaved changes)</span>}
      </a>
      {closes !== null && (
        <span
          class="oh-tab__close"
          aria-hidden="true"
          title={`Close ${title}`}
          onClick={() => actions.close(closes)}
        >
          <svg>
            <use href={symbol("utility", "close")} />
          </svg>
        </span>
      )}
    </li>
  );
}

/** A tab's colours go for its link too, which has its own otherwise. */
function inherited(style: Dress["style"]): Record<string, string> {
  const own = Object.keys(style ?? {}).filter((name) => name === "color" || name === "font-weight");
  return Object.fromEntries(own.map((name) => [name, "inherit"]));
}

/** Icons come as `standard:contact` or as the address of a picture; anything else has none. */
function TabIcon({ name }: { name: string }) {
  if (/^(https?:|data:image\/|\/)/.test(name)) {
    return <img class="oh-tab__icon oh-tab__picture" src={name} alt="" />;
  }
  const [sprite, key] = name.includes(":") ? name.split(":") : ["standard", name];
  if (!sprite || !key) return null;
  const colour = `slds-icon-${sprite}-${key.replaceAll("_", "-")}`;
  return (
    <span class={`slds-icon_container ${colour} oh-tab__icon`}>
      <svg class="slds-icon slds-icon_xx-small" aria-hidden="true">
        <use href={symbol(sprite, key)} />
      </svg>
    </span>
  );
}

/** A plain click shows the tab; with Ctrl or Cmd the browser opens a window of its own. */
function pressed(event: MouseEvent, act: () => void): void {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  act();
}

function keyed(
  event: KeyboardEvent,
  page: string,
  closes: string | null,
  actions: TabActions,
): void {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const tabs = tabsAround(event.currentTarget);
  const at = tabs.indexOf(event.currentTarget as HTMLElement);
  const to: Record<string, number> = {
    ArrowRight: (at + 1) % tabs.length,
    ArrowLeft: (at - 1 + tabs.length) % tabs.length,
    Home: 0,
    End: tabs.length - 1,
  };
  const next = to[event.key];
  if (next !== undefined) tabs[next]?.focus();
  else if (event.key === " " || event.key === "Enter") actions.focus(page);
  else if (event.key === "Delete" && closes !== null) actions.close(closes);
  else return;
  event.preventDefault();
}

function tabsAround(target: EventTarget | null): HTMLElement[] {
  const list = target instanceof Element ? target.closest('[role="tablist"]') : null;
  return [...(list?.querySelectorAll<HTMLElement>('[role="tab"]') ?? [])];
}

/** Everything the crosses and shortcuts do, as a menu of buttons. */
function Menu(props: StripProps) {
  const { actions } = props;
  const [open, setOpen] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => (open ? whenLeft(place, () => setOpen(false)) : undefined), [open]);
  const escaped = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || !open) return;
    setOpen(false);
    place.current?.querySelector("button")?.focus();
  };
  const chosen = (act: () => void) => (): void => {
    setOpen(false);
    act();
  };
  return (
    <div class="oh-tabs__menu" ref={place} onKeyDown={escaped}>
      <button
        type="button"
        class="slds-button slds-button_icon slds-button_icon-x-small"
        aria-expanded={open}
        title="Tab actions"
        onClick={() => setOpen(!open)}
      >
        <svg class="slds-button__icon" aria-hidden="true">
          <use href={symbol("utility", "down")} />
        </svg>
        <span class="slds-assistive-text">Tab actions</span>
      </button>
      {open && (
        <ul class="oh-tabs__actions">
          {menuEntries(props).map(({ label, enabled, act }) => (
            <li key={label}>
              <button type="button" disabled={!enabled} onClick={chosen(act)}>
                {label}
              </button>
            </li>
          ))}
          {openTabs(props).map(({ id, title }, index) => (
            <li key={id} class={index === 0 ? "oh-tabs__open" : undefined}>
              <button type="button" onClick={chosen(() => actions.focus(id))}>
                {title}
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

interface Entry {
  readonly label: string;
  readonly enabled: boolean;
  readonly act: () => void;
}

function menuEntries({ tabs, actions, dress }: StripProps): Entry[] {
  const front = shownPage(tabs);
  const closable = front.id !== tabs.navigation.id && !dress(front.id).locked;
  const others = tabs.workspaces.length > (closable ? 1 : 0);
  const close = (): void => actions.close(front.id);
  return [
    { label: "Refresh tab", enabled: true, act: actions.refresh },
    { label: "Close tab", enabled: closable, act: close },
    { label: "Close other tabs", enabled: others, act: actions.closeOthers },
    { label: "Reopen closed tab", enabled: tabs.closed.length > 0, act: actions.reopen },
    { label: "Keyboard shortcuts", enabled: true, act: actions.help },
  ];
}

/** With this many tabs the row may have to be scrolled, so the menu lists them all. */
const LISTED_FROM = 6;

function openTabs(props: StripProps): { id: string; title: string }[] {
  const { tabs } = props;
  if (tabs.workspaces.length < LISTED_FROM) return [];
  const titled = tabs.workspaces.map((w) => ({ id: w.shown, title: titleOf(w.pages[0]!, props) }));
  return [{ id: tabs.navigation.id, title: tabs.navigation.title }, ...titled];
}

/** Runs `left` when pointer or keyboard go elsewhere; gives back what stops the watch. */
function whenLeft(place: RefObject<HTMLElement | null>, left: () => void): () => void {
  const look = (event: Event): void => {
    const inside = event.target instanceof Node && place.current?.contains(event.target);
    if (!inside) left();
  };
  document.addEventListener("pointerdown", look);
  document.addEventListener("focusin", look);
  return () => {
    document.removeEventListener("pointerdown", look);
    document.removeEventListener("focusin", look);
  };
}
