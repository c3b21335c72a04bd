// The Open CTI methods that concern this browser window: the panel, the item in the utility bar,
// click-to-dial and the page in front. Each checks its arguments, since clients check none. All
// other methods are the server's. From the documented methods and their ranges.

import { refused, success, type Response } from "./wire.ts";

/** The page in front, as adapters are told of it. */
export interface ViewInfo extends PersonInfo {
  readonly url: string;
  readonly recordId?: string;
  readonly recordName?: string;
  readonly objectType?: string;
}

/** What adapters are told where the org has person accounts. */
export interface PersonInfo {
  readonly personAccount?: boolean;
  readonly contactId?: string;
  readonly accountId?: string;
}

/** The window as these methods see it. */
export interface Desk {
  viewInfo(): ViewInfo;
  refreshView(): void;
  setClickToDial(enabled: boolean): void;
  initialized(): void;
  panelVisible(): boolean;
  setPanelVisible(visible: boolean): void;
  setPanelHeight(px: number): void;
  setPanelWidth(px: number): void;
  setPanelLabel(label: string): void;
  setPanelIcon(key: string): void;
  setItemLabel(label: string): void;
  setItemIcon(key: string): void;
}

type Args = Readonly<Record<string, unknown>>;
type Method = (desk: Desk, args: Args) => Response;

/** Documented ranges in CSS pixels; inside them the panel is fitted to the window. */
export const HEIGHT_PX = { min: 240, max: 2560 } as const;
export const WIDTH_PX = { min: 200, max: 1920 } as const;

/** Methods whose registration is remembered and never answered. */
export const LISTENERS: ReadonlySet<string> = new Set([
  "onClickToDial",
  "onNavigationChange",
  "onWorkStart",
]);

/** The method of that name, if the window answers it by itself. */
export function deskMethod(name: string): Method | undefined {
  return Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
}

const METHODS: Readonly<Record<string, Method>> = {
  enableClickToDial: (desk) => done(desk.setClickToDial(true)),
  disableClickToDial: (desk) => done(desk.setClickToDial(false)),
  getAppViewInfo: (desk) => success(desk.viewInfo()),
  isSoftphonePanelVisible: (desk) => success({ visible: desk.panelVisible() }),
  notifyInitializationComplete: (desk) => done(desk.initialized()),
  refreshView: (desk) => done(desk.refreshView()),
  setSoftphonePanelHeight: (desk, args) =>
    size(args, "heightPX", HEIGHT_PX, (px) => desk.setPanelHeight(px)),
  setSoftphonePanelWidth: (desk, args) =>
    size(args, "widthPX", WIDTH_PX, (px) => desk.setPanelWidth(px)),
  setSoftphonePanelLabel: (desk, args) => label(args, (text) => desk.setPanelLabel(text)),
  setSoftphoneItemLabel: (desk, args) => label(args, (text) => desk.setItemLabel(text)),
  setSoftphonePanelIcon: (desk, args) => iconKey(args, (key) => desk.setPanelIcon(key)),
  setSoftphoneItemIcon: (desk, args) => iconKey(args, (key) => desk.setItemIcon(key)),
  setSoftphonePanelVisibility: (desk, args) => {
    const { visible } = args;
    if (typeof visible !== "boolean") return expected("visible", "A boolean value", visible);
    return done(desk.setPanelVisible(visible));
  },
};

function done(_: void): Response {
  return success();
}

function size(
  args: Args,
  name: string,
  range: { min: number; max: number },
  set: (px: number) => void,
): Response {
  const px = args[name];
  if (typeof px !== "number") return expected(name, "A numeric value", px);
  if (px >= range.min && px <= range.max) return done(set(px));
  return expected(name, `A numeric value from ${range.min} to ${range.max}`, px);
}

function label(args: Args, set: (text: string) => void): Response {
  const text = args["label"];
  return typeof text === "string" ? done(set(text)) : expected("label", "A string value", text);
}

function iconKey(args: Args, set: (key: string) => void): Response {
  const key = args["key"];
  if (typeof key === "string" && /^[a-z0-9_]+$/i.test(key)) return done(set(key.toLowerCase()));
  return expected("key", "The name of a utility icon", key);
}

/** The documented error for a value of the wrong kind. */
export function expected(name: string, what: string, found: unknown): Response {
  const shown = typeof found === "number" || typeof found === "boolean" ? found : kindOf(found);
  return refused(
    "INVALID_PARAM",
    `An invalid value was passed to the parameter ${name}. ` +
      `${what} was expected, but ${shown} was found instead.`,
  );
}

function kindOf(found: unknown): string {
  return found === null ? "null" : typeof found;
}
