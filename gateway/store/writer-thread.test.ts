import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { openLedgerForTest } from "../commands/run-for-test.ts";
import type { Event } from "../model/event.ts";
import type { Ledger } from "./ledger.ts";
import { openReader } from "./reader.ts";
import { createKeeper } from "./segments/keeper.ts";
import { eventForTest, noon } from "./segments/test-folder.ts";
import { type FromWriter, serveWriter, type ToWriter, type WriterCall } from "./writer-thread.ts";

const hourMs = 3_600_000;
let dir: string;
let ledger: Ledger;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "turnpike-writer-"));
  ledger = openLedgerForTest(dir);
  await sealAway([at(0), at(3 * hourMs, { client_id: "visitor-2" }), at(4 * hourMs)]);
});
/** ends the writers of a test that failed before it ended them */
const open = new Set<() => Promise<void>>();
afterEach(async () => {
  for (const end of open) await end();
  rmSync(dir, { recursive: true });
});

const at = (ms: number, change: Partial<Event> = {}): Event =>
  eventForTest({ timestamp_utc: noon + ms, ...change });

const batchOf = (events: readonly Event[]) => ({
  lines: events.map((event) => JSON.stringify(event)),
  keyTimes: events.map((event) => event.timestamp_utc),
  rejects: [],
});

/** Stores events that then lie in sealed files alone. */
const sealAway = async (events: readonly Event[]): Promise<void> => {
  ledger.append(batchOf(events));
  while (ledger.pending() > 0) ledger.follow(1000);
  const write = async (call: Parameters<Ledger["segments"]>[0]) => ledger.segments(call);
  await createKeeper({ dir, clock: () => noon + 9 * hourMs, write, journalDays: 0, pinned: {} }).seal();
};

/** A writer's thread whose reading of sealed files waits until it is let go. */
const serve = (readPast: Ledger["readPast"] = ledger.readPast) => {
  const { port1, port2 } = new MessageChannel();
  const gate = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const slow: Ledger["readPast"] = async (...args) => {
    asked.resolve();
    await gate.promise;
    return readPast(...args);
  };
  serveWriter({ ...ledger, readPast: slow }, port2, () => {});
  const said = follow(port1);
  const post = (message: ToWriter) => port1.postMessage(message);
  const close = async (): Promise<void> => {
    open.delete(close);
    const closed = new Promise((resolve) => port1.once("close", resolve));
    post({ kind: "close" });
    await closed;
  };
  open.add(close);
  return {
    asked: asked.promise,
    letGo: gate.resolve,
    async append(...events: readonly Event[]): Promise<string> {
      post({ kind: "append", ...batchOf(events) });
      return (await said((message) => message.kind === "appended" || message.kind === "refused")).kind;
    },
    async call(what: WriterCall): Promise<FromWriter> {
      post({ kind: "call", call: 1, what });
      return said((message) => message.kind === "answer");
    },
    close,
  };
};

/** The next message that is wanted; several may be waited for. */
const follow = (port: MessagePort) => {
  const messages: FromWriter[] = [];
  const looks = new Set<() => void>();
  port.on("message", (message: FromWriter) => {
    messages.push(message);
    for (const look of looks) look();
  });
  return (isWanted: (message: FromWriter) => boolean): Promise<FromWriter> =>
    new Promise((resolve) => {
      const look = () => {
        const [found] = messages.splice(messages.findIndex(isWanted) >>> 0, 1);
        if (!found) return;
        looks.delete(look);
        resolve(found);
      };
      looks.add(look);
      look();
    });
};

const sessions = (): readonly unknown[] => {
  const reader = openReader(dir);
  const rows = [
    ...reader.query("SELECT client_id, events FROM sessions JOIN visitors ON no = person ORDER BY started_at")
      .rows,
  ];
  reader.close();
  return rows;
};

const late = () => at(10 * 60_000);
const whole = [
  ["visitor-1", 2],
  ["visitor-2", 1],
  ["visitor-1", 1],
];

test("events are acknowledged while the past of somebody is read out of sealed files, which comes to the same", async () => {
  const writer = serve();
  assert.equal(await writer.append(late()), "appended");
  await writer.asked;
  assert.equal(await writer.append(at(5 * hourMs, { client_id: "visitor-3" })), "appended");
  assert.equal(ledger.pending(), 2, "neither is followed yet");
  const answer = await writer.call({ kind: "list-tokens" });
  assert.deepEqual(answer, { kind: "answer", call: 1, value: [] }, "who needs no projection does not wait");
  writer.letGo();
  await writer.close();
  assert.deepEqual(sessions(), [...whole, ["visitor-3", 1]]);
});

test("events are acknowledged while results are worked out again from sealed files, and are in them", async () => {
  const seen = (ms: number, visitor: string) =>
    at(ms, { type: "exposure", experiment_id: "headline", variation_id: "b", client_id: visitor });
  await sealAway([seen(6 * hourMs, "visitor-4")]);
  const gate = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const { rebuilding } = ledger;
  ledger = {
    ...ledger,
    rebuilding: {
      ...rebuilding,
      async fetch(signal) {
        asked.resolve();
        await gate.promise;
        return rebuilding.fetch(signal);
      },
    },
  };
  const writer = serve();
  const rebuilt = writer.call({ kind: "rebuild-experiments" });
  await asked.promise;
  assert.equal(await writer.append(seen(7 * hourMs, "visitor-5")), "appended");
  gate.resolve();
  assert.deepEqual(await rebuilt, { kind: "answer", call: 1, value: 2 });
  await writer.close();
});

test("a stop in the midst of working results out again says so to who waits, and the next start goes on", async () => {
  const asked = Promise.withResolvers<void>();
  const { rebuilding } = ledger;
  ledger = {
    ...ledger,
    rebuilding: {
      ...rebuilding,
      fetch(signal) {
        asked.resolve();
        return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
      },
    },
  };
  const writer = serve();
  const rebuilt = writer.call({ kind: "rebuild-experiments" });
  await asked.promise;
  await writer.close();
  const { error } = (await rebuilt) as { error?: string };
  assert.match(String(error), /worked out again after its next start/);
  ledger = openLedgerForTest(dir);
  assert.equal(ledger.rebuilding.hasWork(), false, "a command that waits finishes it");
  ledger.close();
});

test("who is to be erased while somebody's past is read is erased once it is there", async () => {
  const writer = serve();
  await writer.append(late(), at(0, { client_id: "visitor-2" }));
  await writer.asked;
  const erased = writer.call({
    kind: "segments",
    what: { kind: "erase", column: "client_id", value: "visitor-1", site: null, at: noon + 9 * hourMs },
  });
  writer.letGo();
  assert.deepEqual(await erased, { kind: "answer", call: 1, value: { visitors: 1, others: 0, sessions: 2 } });
  await writer.close();
  assert.deepEqual(
    sessions().map((row) => (row as unknown[])[0]),
    ["visitor-2", "visitor-2"],
  );
});

test("where files cannot be read, the events that need them are named, and others counted", async () => {
  rmSync(join(dir, "events"), { recursive: true });
  const writer = serve();
  writer.letGo();
  await writer.append(late(), at(6 * hourMs, { client_id: "visitor-3" }));
  await writer.asked;
  const reader = openReader(dir);
  const done = () => [...reader.query("SELECT min(seq) FROM offsets").rows][0]?.[0] === 5;
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 20));
  const reasons = [...reader.query("SELECT reason FROM rejects").rows];
  reader.close();
  await writer.close();
  assert.match(String(reasons), /^store: stored, but not counted: .*sealed events cannot be read/);
  assert.deepEqual(sessions().at(-1), ["visitor-3", 1]);
});

test("a stop while the past is read waits for no more than that, and leaves nothing behind", async () => {
  const writer = serve();
  await writer.append(late());
  await writer.asked;
  await writer.close();
  assert.deepEqual(sessions(), whole);
  writer.letGo();
});

test("where the past of many is too much at a time, fewer are followed at once, with the same end", async () => {
  const limits: number[] = [];
  const { tryToFollow, readPast } = ledger;
  ledger = {
    ...ledger,
    tryToFollow(limit) {
      limits.push(limit);
      return tryToFollow(limit);
    },
  };
  const writer = serve(async (lacking, signal) => {
    if (lacking.length > 1) return false;
    return readPast(lacking, signal);
  });
  writer.letGo();
  await writer.append(late(), at(2 * hourMs, { client_id: "visitor-2" }));
  await writer.asked;
  await writer.call({ kind: "rebuild-experiments" }); // once all is followed
  await writer.close();
  assert.deepEqual(sessions(), [
    ["visitor-1", 2],
    ["visitor-2", 1],
    ["visitor-2", 1],
    ["visitor-1", 1],
  ]);
  assert.ok(limits.includes(1), limits.join());
});
