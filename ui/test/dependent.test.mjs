// Dependent picklists as data: what is offered beside a controlling value, and what stays chosen.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { chosenAfter, fitsOf, fitting } = await load("src/console/dependent.ts");

const NONE = { value: "", fits: null };
const VALUES = [
  NONE,
  { value: "Gear", fits: ["Mechanical"] },
  { value: "Fuse", fits: ["Electrical"] },
  { value: "Any", fits: ["Mechanical", "Electrical"] },
];
const offered = (controlling) => fitting(VALUES, controlling).map((known) => known.value);

test("only values that go with the controlling one are offered, and none always", () => {
  assert.deepEqual(offered("Mechanical"), ["", "Gear", "Any"]);
  assert.deepEqual(offered("Electrical"), ["", "Fuse", "Any"]);
  assert.deepEqual(offered(""), [""]);
});

test("what was chosen stays if it still fits, else nothing is chosen", () => {
  assert.equal(chosenAfter(fitting(VALUES, "Electrical"), "Any"), "Any");
  assert.equal(chosenAfter(fitting(VALUES, "Electrical"), "Gear"), "");
  assert.equal(chosenAfter(fitting(VALUES.slice(1), "Electrical"), "Gear"), "Fuse");
  assert.equal(chosenAfter([], "Gear"), "");
});

test("what a value goes with is read as the server writes it, and nonsense as all", () => {
  assert.deepEqual(fitsOf('["a","b"]'), ["a", "b"]);
  assert.deepEqual(fitsOf("[]"), []);
  assert.equal(fitsOf(undefined), null);
  assert.equal(fitsOf("{"), null);
});
