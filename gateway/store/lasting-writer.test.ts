import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { type LastingWriterOptions, startLastingWriter } from "./lasting-writer.ts";

/** A thread that serves, and does what the lines of a batch say. */
const source = `
  const { parentPort } = require("node:worker_threads");
  parentPort.once("message", (settings) => {
    if (settings === "wrong") throw new Error("the database is damaged");
    parentPort.on("message", (message) => {
      if (message.kind === "close") parentPort.close();
      if (message.kind === "configure") settings = message.settings;
      if (message.kind !== "append") return;
      const [line] = message.lines;
      if (line === "throw") throw new Error("a fault of ours");
      if (line === "leave") process.exit(3);
      if (line === "fill") for (const all = []; ; ) all.push(new Array(10_000).fill(all.length));
      parentPort.postMessage({ kind: "refused", reason: settings, disk: false });
    });
    parentPort.postMessage({ kind: "ready" });
  });`;

/** A writer whose threads are those above; what it tells is waited for one after the other. */
const open = async (given: Partial<LastingWriterOptions> = {}) => {
  const told: string[] = [];
  const waiting: ((sentence: string) => void)[] = [];
  const tell = (sentence: string): void => {
    const next = waiting.shift();
    if (next) next(sentence);
    else told.push(sentence);
  };
  const delays: number[] = [];
  const writer = await startLastingWriter({
    settings: "as at the start",
    start(settings) {
      const worker = new Worker(source, {
        eval: true,
        resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 },
      });
      worker.postMessage(settings);
      return worker;
    },
    onMessage: (message) => tell(message.kind === "refused" ? message.reason : message.kind),
    onLost: (error) => tell(`lost: ${error.message}`),
    onBack: () => tell("back"),
    delayAfter(deaths) {
      delays.push(deaths);
      return 0;
    },
    ...given,
  });
  return {
    delays,
    append: (line: string) => writer.post({ kind: "append", lines: [line], keyTimes: [null], rejects: [] }),
    configure: (settings: string) => writer.post({ kind: "configure", settings }),
    next: () =>
      new Promise<string>((resolve) => {
        const first = told.shift();
        if (first === undefined) waiting.push(resolve);
        else resolve(first);
      }),
    close: () => writer.close(),
  };
};

const deaths: readonly (readonly [line: string, reason: RegExp])[] = [
  ["throw", /^lost: a fault of ours$/],
  ["leave", /^lost: it ended with 3$/],
  ["fill", /^lost: .*memory/],
];
for (const [line, reason] of deaths) {
  test(`a thread that is told to ${line} is followed by another, which has the settings in force`, async () => {
    const writer = await open();
    writer.append("anything");
    assert.equal(await writer.next(), "as at the start");
    writer.configure("changed");
    writer.append(line);
    assert.match(await writer.next(), reason);
    assert.equal(await writer.next(), "back");
    writer.append("anything");
    assert.equal(await writer.next(), "changed");
    await writer.close();
  });
}

test("threads that die one after the other are waited for ever longer", async () => {
  const writer = await open();
  for (const n of [1, 2, 3]) {
    writer.append("throw");
    assert.match(await writer.next(), /^lost: /);
    assert.equal(await writer.next(), "back");
    assert.equal(writer.delays.at(-1), n);
  }
  await writer.close();
});

test("a thread that cannot begin is tried again, and what came of the settings meanwhile counts", async () => {
  let starts = 0;
  const begun = Promise.withResolvers<void>();
  const writer = await open({
    start(settings) {
      const worker = new Worker(source, { eval: true });
      worker.postMessage(++starts === 2 ? "wrong" : settings);
      if (starts === 3) begun.resolve();
      return worker;
    },
  });
  writer.append("throw");
  assert.equal(await writer.next(), "lost: a fault of ours");
  assert.equal(await writer.next(), "lost: the database is damaged");
  await begun.promise;
  writer.configure("changed while it starts");
  assert.equal(await writer.next(), "back");
  writer.append("anything");
  assert.equal(await writer.next(), "changed while it starts");
  await writer.close();
});

test("the first thread's failure is its caller's", async () => {
  await assert.rejects(open({ settings: "wrong" }), /the database is damaged/);
});

test("closing ends the waiting for another thread", async () => {
  const workers: Worker[] = [];
  const writer = await open({
    start(settings) {
      const worker = new Worker(source, { eval: true });
      workers.push(worker);
      worker.postMessage(settings);
      return worker;
    },
    delayAfter: () => 3_600_000,
  });
  writer.append("throw");
  assert.match(await writer.next(), /^lost: /);
  await writer.close();
  assert.equal(workers.length, 1);
});

test("closing ends a thread that is just starting", async () => {
  const starting = Promise.withResolvers<Worker>();
  let starts = 0;
  const writer = await open({
    start(settings) {
      const worker = new Worker(source, { eval: true });
      if (++starts === 1) worker.postMessage(settings);
      else starting.resolve(worker); // it is never told to begin
      return worker;
    },
  });
  writer.append("throw");
  const ended = once(await starting.promise, "exit");
  await writer.close();
  await ended;
});
