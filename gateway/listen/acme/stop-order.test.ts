/** A stop in the middle of an order: nobody waits for an authority that takes its time, and what was shown is taken away. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { createAuthority } from "./authority.ts";
import { createKeeper } from "./keeper.ts";
import { createLock } from "./lock.ts";
import { dnsProof } from "./proofs.ts";
import type { Proof } from "./prove.ts";
import { openStore } from "./store.ts";
import { startTestAuthority } from "./test-authority.ts";

const host = "shop.example";

/** An authority that never gets to look at challenges, with a gateway that is told when it is asked about one again. */
const stage = async (t: TestContext, proof: Proof) => {
  let asked = (): void => {};
  const waiting = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const ca = await startTestAuthority({
    clock: Date.now,
    lifeMs: () => 86_400_000,
    window: null,
    find: () => null,
    interrupts(what) {
      if (what !== "challenge") return null;
      asked();
      return { status: 200, body: "{}" };
    },
  });
  const root = mkdtempSync(join(tmpdir(), "turnpike-stop-"));
  const store = openStore(root, ca.directory);
  const authority = createAuthority({ directory: ca.directory });
  const lines: string[] = [];
  const note = (line: string) => void lines.push(line);
  t.after(async () => {
    authority.close();
    await ca.close();
    rmSync(root, { recursive: true });
  });
  const lock = createLock(store.dir);
  const keeper = createKeeper({
    store,
    lock,
    atOnce: 4,
    authority,
    proofsFor: () => [proof],
    clock: Date.now,
    random: Math.random,
    info: note,
    warn: note,
  });
  return { keeper, authority, store, lock, lines, waiting };
};

test("a stop ends an order that an authority leaves pending; it is no failure, and what was shown goes", async (t) => {
  const shown = new Set<string>();
  const { keeper, authority, store, lock, lines, waiting } = await stage(t, {
    type: "http-01",
    async show(_host, token) {
      shown.add(token);
      return async () => void shown.delete(token);
    },
  });
  const looking = keeper.look(host);
  await waiting;
  assert.equal(shown.size, 1);
  const began = performance.now();
  authority.close();
  await looking;
  // Two minutes are what it would be asked for otherwise.
  assert.ok(performance.now() - began < 30_000, `${performance.now() - began} ms`);
  assert.equal(shown.size, 0);
  assert.deepEqual([store.state(host).failures, store.state(host).nextTryAt, lines], [0, 0, []]);
  const held = lock.take();
  assert.ok(held, "the lock is free");
  held.release();
});

test("a stop ends the wait for name servers, and takes the record out again", {
  timeout: 60_000,
}, async (t) => {
  const calls = join(mkdtempSync(join(tmpdir(), "turnpike-calls-")), "calls");
  const note = "require('node:fs').appendFileSync(process.argv[1], process.argv[2] + '\\n')";
  const real = dnsProof({ command: [process.execPath, "-e", note, calls], waitSeconds: 3600 }, assert.fail);
  const { keeper, authority, lines } = await stage(t, { ...real, type: "http-01" }); // what the authority offers
  t.after(() => rmSync(dirname(calls), { recursive: true }));
  const looking = keeper.look(host);
  while (!existsSync(calls)) await pause(10);
  authority.close();
  await looking;
  assert.equal(readFileSync(calls, "utf8"), "present\ncleanup\n");
  assert.deepEqual(lines, []);
});
