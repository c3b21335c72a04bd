// What a script finds beside the language: `org`, `assert` and `console`. Runs before the script,
// in the same engine; `call` is its only door to the server.
(function (call, userText) {
  "use strict";
  const { parse, stringify } = JSON;
  const { freeze, defineProperty } = Object;

  class OrgError extends Error {
    constructor(error) {
      super(error.message);
      this.name = "OrgError";
      this.code = error.code;
      this.fields = error.fields;
    }
  }

  const ask = (what, request) => {
    const answer = parse(call(what, stringify(request)));
    if (answer.error) throw new OrgError(answer.error);
    return answer.value;
  };

  // `create("Task", {…})`, `update("Task", {Id, …})`, `update({Id, …})`; lists of records too.
  const write = (what, first, second) => {
    const named = typeof first === "string";
    const records = named ? second : first;
    const list = Array.isArray(records) ? records : [records];
    const ids = ask(what, { object: named ? first : null, records: list });
    return Array.isArray(records) ? ids : ids[0];
  };

  const org = freeze({
    user: freeze(parse(userText)),
    query: (soql, binds) => ask("query", { soql: String(soql), binds: binds ?? {} }),
    queryOne: (soql, binds) => org.query(soql, binds)[0] ?? null,
    search: (sosl, binds) => ask("search", { sosl: String(sosl), binds: binds ?? {} }),
    create: (object, records) => write("create", object, records),
    update: (object, records) => write("update", object, records),
  });

  const text = (value) => {
    if (typeof value === "string") return value;
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    return stringify(value) ?? String(value);
  };
  const log = (...values) => void call("log", stringify(values.map(text).join(" ")));

  const assert = (condition, message) => {
    if (!condition) throw new Error(message ?? "The assertion does not hold.");
  };
  assert.equal = (found, wanted, message) => {
    const [is, should] = [stringify(found), stringify(wanted)];
    if (is !== should) throw new Error(`${message ?? "Not equal"}: ${is} instead of ${should}.`);
  };
  assert.throws = (run, message) => {
    try {
      run();
    } catch (error) {
      return error;
    }
    throw new Error(message ?? "No exception was thrown.");
  };

  const names = { org, OrgError, assert: freeze(assert) };
  names.console = freeze({ log, info: log, warn: log, error: log, debug: log });
  for (const [name, value] of Object.entries(names)) {
    defineProperty(globalThis, name, { value, writable: false, configurable: false });
  }

  // These go through every index natively, where nothing can interrupt them: a script that calls
  // one on a huge sparse list would never come back.
  const LENGTH_MAX = 1e6;
  const GUARDED =
    "at concat copyWithin every fill filter find findIndex findLast findLastIndex flat flatMap " +
    "forEach includes indexOf join lastIndexOf map pop push reduce reduceRight reverse shift " +
    "slice some sort splice toLocaleString toReversed toSorted toSpliced toString unshift with";
  for (const name of GUARDED.split(" ")) {
    const inner = Array.prototype[name];
    const guarded = {
      [name](...values) {
        if (this != null && this.length > LENGTH_MAX) {
          throw new RangeError("A list may have 1,000,000 entries here.");
        }
        return inner.apply(this, values);
      },
    };
    defineProperty(Array.prototype, name, { value: guarded[name], enumerable: false });
  }
});
