// The keyboard of the console.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { commandOf, HELP } = await load("src/console/shortcuts.ts");

const press = (code, more = {}) => ({
  code,
  key: "",
  altKey: false,
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  typing: false,
  ...more,
});
const altShift = (code) => commandOf(press(code, { altKey: true, shiftKey: true, typing: true }));

test("Alt and Shift with a key command the tabs, also while typing", () => {
  assert.deepEqual(altShift("ArrowRight"), { type: "step", by: 1, among: "tabs" });
  assert.deepEqual(altShift("ArrowUp"), { type: "step", by: -1, among: "subtabs" });
  assert.deepEqual(altShift("Digit3"), { type: "go", to: 3 });
  assert.deepEqual(altShift("KeyP"), { type: "phone" });
  assert.equal(altShift("KeyZ"), null);
});

test("single characters are commands only outside text fields", () => {
  assert.deepEqual(commandOf(press("Slash", { key: "?", shiftKey: true })), { type: "help" });
  assert.deepEqual(commandOf(press("Slash", { key: "/" })), { type: "search" });
  assert.equal(commandOf(press("Slash", { key: "?", typing: true })), null);
});

test("keys of the browser and of other layouts are left alone", () => {
  assert.equal(commandOf(press("KeyW", { ctrlKey: true })), null);
  assert.equal(commandOf(press("KeyP", { altKey: true, shiftKey: true, ctrlKey: true })), null);
  assert.equal(commandOf(press("Slash", { key: "?", altKey: true })), null);
});

test("every command is in the help", () => {
  const text = HELP.map(({ keys }) => keys).join(" ");
  for (const key of ["?", "/", "Alt+Shift+P", "→", "↓", "+0", "+1", "+W", "+T", "+R", "Delete"]) {
    assert.ok(text.includes(key), key);
  }
});
