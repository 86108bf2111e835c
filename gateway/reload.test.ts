import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { capture } from "./commands/run-for-test.ts";
import { loadConfig } from "./config/load.ts";
import { createLog } from "./lib/log.ts";
import { createReload } from "./reload.ts";

/** A reload of a file with these settings; `save` writes others, as they are or as text, and reloads. */
const reloading = (t: TestContext, settings: object) => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-reload-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "config.json");
  const write = (given: object | string) =>
    writeFileSync(file, typeof given === "string" ? given : JSON.stringify(given));
  write(settings);
  const loaded = loadConfig({ file });
  if (loaded.kind === "wrong") throw new Error("these settings are right");
  const said = capture();
  const reload = createReload({
    file,
    load: { file },
    initial: loaded.config,
    tryOut: async () => {},
    apply: () => {},
    log: createLog(said, false),
  });
  const save = (given: object | string) => {
    write(given);
    return reload();
  };
  const lines = () => [...said.text().matchAll(/"msg":"\S+: (.*)"/g)].map(([, line]) => line);
  return { save, lines };
};

test("what only a restart changes is said to wait for one, until the settings say again what runs", async (t) => {
  const { save: changesTo } = reloading(t, { workers: 2 });
  assert.deepEqual(await changesTo({ workers: 3, limits: { requests: 5 } }), {
    kind: "changed",
    changes: ["limits.requests: 1200 → 5", "workers: 2 → 3 (after a restart)"],
  });
  assert.deepEqual(await changesTo({ workers: 2, limits: { requests: 5, pendingEvents: 100 } }), {
    kind: "changed",
    changes: ["limits.pendingEvents: 50000 → 100 (after a restart)", "workers: 3 → 2 (as it runs)"],
  });
  assert.deepEqual(await changesTo({ workers: 1, limits: { requests: 6 } }), {
    kind: "changed",
    changes: [
      "limits.requests: 5 → 6",
      "limits.pendingEvents: 100 → 50000 (as it runs)",
      "workers: 2 → 1 (after a restart)",
    ],
  });
});

test("a file that is mended is said to be, also where it says again what runs", async (t) => {
  const { save, lines } = reloading(t, { workers: 2 });
  await save({ workers: 2 });
  assert.deepEqual(lines(), []);
  await save("");
  await save({ workers: 2 });
  await save({ workers: 2 });
  assert.deepEqual(lines().slice(1), ["the settings of before go on", "ok again, nothing changed"]);
  await save("{");
  await save({ workers: 2, limits: { requests: 5 } });
  await save({ workers: 2, limits: { requests: 5 } });
  assert.deepEqual(lines().slice(4), ["the settings of before go on", "limits.requests: 1200 → 5"]);
});
