import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { listSettings } from "../config/list-settings.ts";
import { configSchema } from "../config/schema.ts";
import { run } from "./run-for-test.ts";

test("settings prints a key with what it takes, its default and what it is for", async () => {
  const { code, out } = await run(["settings", "limits.daily"]);
  assert.equal(code, 0);
  assert.deepEqual(out.split("\n").slice(0, 2), [
    "- `limits.daily`: requests in a day (UTC); the counts survive a restart",
    "- `limits.daily.address`: of one address (a whole number above 0 or null; default `null`)",
  ]);
});

const names: readonly (readonly [key: string, first: string])[] = [
  ["routes[0].proxy.health", "routes[].proxy.health"],
  ["routes.proxy.health", "routes[].proxy.health"],
  ["hsts", "sites[].hsts"],
  ["windowHours", "experiments[].goals[].windowHours"],
];
for (const [key, first] of names) {
  test(`settings ${key} finds ${first}`, async () => {
    const { out } = await run(["settings", key]);
    assert.ok(out.startsWith(`- \`${first}\`: `), out);
  });
}

test("settings tells what is near to a key that is none", async () => {
  assert.deepEqual(await run(["settings", "limit.dayly"]), {
    code: 2,
    out: "",
    err: "settings: there is no key limit.dayly: did you mean limits.daily?\n",
  });
});

test("settings limit prints the limit of routes, and says that there are limits of all", async () => {
  const { code, out, err } = await run(["settings", "limit"]);
  assert.deepEqual([code, err], [0, "settings: there is also limits\n"]);
  assert.match(out, /^- `routes\[\]\.limit`: /);
  for (const key of ["limits", "routes[0].limit.requests", "hsts"])
    assert.equal((await run(["settings", key])).err, "", key);
});

test("every key says what it is for, and setup/settings.md is what the command prints", async () => {
  const silent = listSettings(configSchema).filter(({ about }) => about === "");
  assert.deepEqual(silent, []);
  const page = readFileSync(join(import.meta.dirname, "../../setup/settings.md"), "utf8");
  assert.equal(page, (await run(["settings"])).out, "npm run -s turnpike -- settings > setup/settings.md");
});
