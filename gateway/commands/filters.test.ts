import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { run, someEvent, store } from "./run-for-test.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "turnpike-filters-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const filters = (settings: unknown, ...argv: readonly string[]) => {
  const config = join(dir, "config.json");
  writeFileSync(config, JSON.stringify(settings));
  return run(["filters", "--config", config, "--data", join(dir, "data"), ...argv]);
};

const office = {
  name: "office",
  type: "exclude",
  test_mode: false,
  expression: `inCidr(ip_address, "10.0.0.0/8")`,
};
const admin = { name: "admin", type: "test", expression: `page_path startsWith "/admin"` };
const settings = {
  sites: [{ id: "main", filters: { fields: ["ip_address"], conditions: [office, admin] } }],
};

test("filters shows the filters of the settings", async () => {
  const { code, out } = await filters(settings);
  assert.equal(code, 0);
  assert.match(out, /office\s+exclude\s+inCidr/);
  assert.match((await filters({ sites: [{ id: "main" }] })).out, /main: no filters/);
});

test("filters --dry-run counts what each would match and what would be kept, and changes nothing", async () => {
  const paths = ["/admin/x", "/pricing/", "/admin/"];
  const events = paths.map((page_path, i) =>
    someEvent({ page_path, ip_address: i === 0 ? "10.1.2.0" : "8.8.8.0" }),
  );
  store(join(dir, "data"), [...events, someEvent({ property_id: "other" })]);
  for (let i = 0; i < 2; i++) {
    const { code, out } = await filters(settings, "--dry-run");
    assert.equal(code, 0);
    assert.match(out, /office\s+exclude\s+1/);
    assert.match(out, /admin\s+test\s+2/);
    assert.match(out, /2 of 3 stored events would be kept/);
    assert.match(out, /Stored addresses are masked/);
  }
});

test("a filter over a column that does not exist is refused, with the one that was meant", async () => {
  const wrong = { name: "x", type: "allow", expression: `ip_adress == "1"` };
  const { code, err } = await filters({ sites: [{ id: "main", filters: { conditions: [wrong] } }] });
  assert.equal(code, 1);
  assert.match(
    err,
    /sites\[0\]\.filters\.conditions\[0\]\.expression: there is no column ip_adress, did you mean ip_address\?/,
  );
});

test("a site that does not exist is told", async () => {
  const { code, err } = await filters(settings, "--site", "shop");
  assert.equal(code, 1);
  assert.match(err, /there is no site shop: expected one of main/);
});
