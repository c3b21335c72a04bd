// Words and figures of the softphone: names, initials, durations, and what a screen reader hears.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { load } from "./load.mjs";
import { ANN, call, desk, NOW, offline } from "./softphone-desk.mjs";

const words = await load("src/softphone/words.ts");

describe("the far party", () => {
  const rows = [
    [{ record: ANN, far_name: "ACME" }, "Ann Smith", "(555) 123-4567"],
    [{ far_name: "ACME" }, "ACME", "(555) 123-4567"],
    [{}, "(555) 123-4567", ""],
    [{ record: { ...ANN, name: "" } }, "(555) 123-4567", ""],
    [{ far_number: "anonymous", far_display: "Unknown caller" }, "Unknown caller", ""],
  ];
  for (const [more, name, number] of rows) {
    test(`is ${name}${number && `, ${number}`}`, () => {
      const shown = call("ringing", more);
      assert.equal(words.farParty(shown), name);
      assert.equal(words.farNumber(shown), number);
    });
  }

  const initials = [
    ["Ann Smith", "AS"],
    ["ann", "A"],
    ["Ana María de la Cruz", "AC"],
    ["Šárka Nováková", "ŠN"],
    ["田中 由紀", "田由"],
    ["(555) 123-4567", ""],
    ["", ""],
    ["\"><script>", ""],
  ];
  for (const [name, letters] of initials) {
    test(`${JSON.stringify(name)} has the initials ${JSON.stringify(letters)}`, () => {
      assert.equal(words.initials(name), letters);
    });
  }
});

test("durations are short to read and never negative", () => {
  const rows = [
    [-5000, "0:00"],
    [999, "0:00"],
    [1000, "0:01"],
    [125_000, "2:05"],
    [3_725_000, "1:02:05"],
  ];
  for (const [ms, text] of rows) assert.equal(words.duration(ms), text);
});

test("emergency numbers are known by region, however they are typed", () => {
  assert.ok(words.isEmergency("9-1-1", "US"));
  assert.ok(words.isEmergency("112", "DE"));
  assert.ok(words.isEmergency("999", "GB"));
  assert.ok(!words.isEmergency("999", "US"));
  assert.ok(!words.isEmergency("+1 911 555 0100", "US"));
  assert.ok(!words.isEmergency("", "US"));
});

test("a screen reader hears every change of the state in different words", () => {
  const heard = ["ringing", "dialling", "talking", "held", "wrap_up"].map((phase) =>
    words.announcement(desk(call(phase, { record: ANN })).state),
  );
  const muted = words.announcement(desk(call("talking", { record: ANN, muted: true })).state);
  const away = words.announcement(desk(null, { presence: "away" }).state);
  const lost = desk();
  offline(lost);
  const all = [...heard, muted, away, words.announcement(lost.state)];
  assert.equal(new Set(all).size, all.length);
  assert.equal(heard[0], "Incoming call from Ann Smith");
});

test("the time of a call says the day when it was not today", () => {
  const at = (days) => words.moment(NOW - days * 24 * 3600 * 1000, NOW, "en-GB");
  assert.match(at(0), /^\d{1,2}:\d\d$/u);
  assert.match(at(2), /^\w{3} \d{1,2}:\d\d$/u);
  assert.match(at(20), /^\d{1,2} \w{3}$/u);
});
