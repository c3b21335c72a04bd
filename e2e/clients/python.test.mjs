// The clients in Python as they come from PyPI: simple-salesforce over https, aiosfstream-ng over
// http. Their scripts check; each check is a test here.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { allowPasswords, python, startOrg, token } from "./lib.mjs";

let org;
let settings;

before(async () => {
  org = await startOrg();
  await allowPasswords(org);
  settings = {
    http: org.console,
    https: org.https,
    authority: org.authority,
    token: await token(org),
    username: org.admin.username,
    password: org.admin.password,
  };
}, { timeout: 120_000 });

after(async () => {
  await org?.stop();
});

for (const [script, count] of [["simple_salesforce_checks.py", 10], ["aiosfstream_checks.py", 2]]) {
  test(script, { timeout: 300_000 }, async (t) => {
    const { checks, err } = await python(script, settings);
    for (const { check, ok, found } of checks) {
      await t.test(check, () => assert.ok(ok, found));
    }
    assert.equal(checks.length, count, err);
  });
}
