import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { capture } from "./commands/run-for-test.ts";
import { loadConfig } from "./config/load.ts";
import { createLog } from "./lib/log.ts";
import { createReload } from "./reload.ts";

test("what only a restart changes is said to wait for one, until the settings say again what runs", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-reload-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "config.json");
  const write = (settings: object) => writeFileSync(file, JSON.stringify(settings));
  write({ workers: 2 });
  const loaded = loadConfig({ file });
  if (loaded.kind === "wrong") return assert.fail("these settings are right");
  const reload = createReload({
    file,
    load: { file },
    initial: loaded.config,
    tryOut: async () => {},
    apply: () => {},
    log: createLog(capture(), false),
  });
  const changesTo = async (settings: object) => {
    write(settings);
    return reload();
  };
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
