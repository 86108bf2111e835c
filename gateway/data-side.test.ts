import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { capture, someEvent } from "./commands/run-for-test.ts";
import { checkSettings } from "./config/load.ts";
import { openDataSide } from "./data-side.ts";
import { createLog } from "./lib/log.ts";
import { StoreBusy } from "./model/event-store.ts";
import { newId } from "./model/ids.ts";
import { readSecret } from "./store/secret.ts";

/** Stores an event however often it takes; answers how often it was refused. */
const insist = async (append: () => Promise<void>): Promise<number> => {
  for (let refusals = 0; ; refusals++) {
    try {
      await append();
      return refusals;
    } catch (error) {
      assert.ok(error instanceof StoreBusy, String(error));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
};

test("a writer's thread that dies is replaced, and what was acknowledged is stored, once", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-data-side-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const loaded = checkSettings({ data: { dir } }, dir);
  assert.equal(loaded.kind, "ok");
  if (loaded.kind !== "ok") return;
  const said = capture();
  const worker = new Worker(new URL("./writer.ts", import.meta.url));
  const side = await openDataSide(loaded.config, null, createLog(said, false), {
    begin(settings) {
      worker.postMessage(settings);
      return worker;
    },
  });
  const events = Array.from({ length: 300 }, () => someEvent({ id: newId() }));
  const storing = events.map(async (event, i) => {
    for (let turn = 0; turn < i; turn++) await new Promise((resolve) => setImmediate(resolve));
    if (i === 150) void worker.terminate(); // while batches are on their way to it
    return insist(() => side.store.append([{ event, keyTime: event.timestamp_utc }]));
  });
  const refusals = await Promise.all(storing);
  assert.ok(
    refusals.some((n) => n > 0),
    "some were refused while there was none",
  );
  assert.match(
    said.text(),
    /store: the writer's thread has ended \(it ended with 1\): another is started in 1 s/,
  );
  assert.match(said.text(), /events are refused with 503 until it is over/);
  assert.match(said.text(), /events are stored again/);
  assert.equal(side.store.trouble(), null);
  const stored = side.store.reader.read(0, 1000).map(({ event }) => event.id);
  assert.deepEqual(stored.sort(), events.map(({ id }) => id).sort());
  assert.deepEqual(await side.keeper.verify().then(({ findings }) => findings), []);
  await side.close();
});

test("a secret that is gone beside stored events is said once; of a new folder nothing is", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-data-side-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const loaded = checkSettings({ data: { dir } }, dir);
  assert.equal(loaded.kind, "ok");
  if (loaded.kind !== "ok") return;
  const start = async (): Promise<string> => {
    const said = capture();
    const side = await openDataSide(loaded.config, null, createLog(said, false));
    readSecret(dir); // as the gateway does, which begins now
    const event = someEvent({ id: newId() });
    await side.store.append([{ event, keyTime: event.timestamp_utc }]);
    await side.close();
    return said.text();
  };
  assert.doesNotMatch(await start(), /secret/, "a new folder");
  assert.doesNotMatch(await start(), /secret/, "it is there");
  rmSync(join(dir, "secret"));
  const said = await start();
  assert.match(said, /secret is gone, though turnpike\.db has events: a new one is made/);
  assert.equal(said.split("secret is gone").length, 2);
  assert.doesNotMatch(await start(), /secret/, "once");
});
