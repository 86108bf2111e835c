import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Event } from "../../model/event.ts";
import { askFolder, documentForTest, eventForTest, noon, openTestFolder } from "./test-folder.ts";

const program = fileURLToPath(new URL("./test-crash.ts", import.meta.url));
const dayMs = 86_400_000;

/** Runs the work in a process that is killed at the step; answers whether it was. */
const dieAt = async (dir: string, work: "seal" | "erase", step: string): Promise<boolean> => {
  const child = spawn(process.execPath, [program, dir, work, step], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [, signal] = (await once(child, "exit")) as [number | null, string | null];
  return signal === "SIGKILL";
};

const someEvents = (): readonly Event[] => [
  eventForTest(),
  eventForTest({ client_id: "visitor-2", properties: { plan: "pro" } }),
  eventForTest({ client_id: "visitor-2", timestamp_utc: noon - dayMs }),
  documentForTest(),
];

const idsInFiles = async (dir: string): Promise<readonly string[]> =>
  (await askFolder(dir, "SELECT id::VARCHAR AS id")).map(({ id }) => String(id)).sort();

for (const step of ["started", "written", "published", "committed"]) {
  test(`a process killed while it seals, ${step}, loses nothing and stores nothing twice`, async () => {
    const folder = openTestFolder({ journalDays: 0, clock: () => noon });
    const first = someEvents();
    folder.store(first);
    await folder.keeper.seal();
    const second = someEvents(); // of the same days: their files are written anew
    const other = [eventForTest({ timestamp_utc: noon - 3 * dayMs })]; // of a day that has none yet
    folder.store([...second, ...other]);
    const events = [...first, ...second, ...other];
    assert.ok(await dieAt(folder.dir, "seal", step), "it was killed");

    assert.deepEqual(
      folder.reader.read(0, 100).map(({ event }) => event.id),
      events.map(({ id }) => id),
      "read before anything was put in order",
    );
    await folder.reopen();
    assert.deepEqual((await folder.keeper.verify()).findings, []);
    await folder.keeper.seal();
    const verified = await folder.keeper.verify();
    assert.deepEqual([verified.findings, verified.events, verified.unsealed], [[], events.length, 0]);
    assert.deepEqual(await idsInFiles(folder.dir), events.map(({ id }) => id).sort());
    folder.close();
  });
}

for (const step of ["marked", "started", "written", "published", "journal", "committed"]) {
  test(`a process killed while it erases, ${step}, has the visitor erased after the next start`, async () => {
    const folder = openTestFolder({ journalDays: 0, clock: () => noon });
    const events = [...someEvents(), eventForTest({ client_id: "visitor-3", ref: "visitor-1" })];
    folder.store(events);
    await folder.keeper.seal();
    const friend = eventForTest({ client_id: "visitor-4", ref: "visitor-1" });
    folder.store([eventForTest(), documentForTest({ client_id: "visitor-1" }), friend]);
    assert.ok(await dieAt(folder.dir, "erase", step), "it was killed");

    const left = [...events, friend].filter(({ client_id }) => client_id !== "visitor-1").map(({ id }) => id);
    const referrers = () => folder.reader.read(0, 100).flatMap(({ event }) => event.ref ?? []);
    assert.deepEqual(referrers(), ["(erased)", "(erased)"], "nor does anybody name him");
    assert.deepEqual(
      folder.reader.read(0, 100).map(({ event }) => event.id),
      left,
      "invisible at once",
    );
    await folder.reopen();
    await folder.keeper.seal();
    const verified = await folder.keeper.verify();
    assert.deepEqual([verified.findings, verified.events], [[], left.length]);
    assert.deepEqual(await idsInFiles(folder.dir), [...left].sort());
    assert.deepEqual(referrers(), ["(erased)", "(erased)"]);
    const named = await askFolder(folder.dir, "SELECT count(*) FILTER (ref = 'visitor-1') AS n");
    assert.deepEqual(named, [{ n: "0" }]);
    assert.deepEqual(readdirSync(join(folder.dir, "sealing")), [], "nothing is left of the work");
    folder.close();
  });
}
