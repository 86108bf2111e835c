/**
 * One recording of mixed hits, replayed in different batch sizes, through kills, and sealed: the export is the same to
 * the byte. `REPLAY_HITS=1000000 node --test test/replay-mixed.test.ts` replays that many and prints how fast.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createReadStream, createWriteStream, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { databaseFile } from "../gateway/store/database.ts";
import { root } from "./gateway.ts";
import { mixedHits, mixedSettings } from "./mixed-hits.ts";
import { withFolder } from "./replay-run.ts";
import { queryData } from "./stored.ts";

const hits = Number(process.env["REPLAY_HITS"] ?? 5000);
const main = join(root, "gateway/main.ts");

interface Content {
  readonly events: string;
  readonly sessions: string;
}

let folder = "";
let first: Content;
let leave = (): void => {};
let left: Promise<unknown> = Promise.resolve();

before(async () => {
  const ready = Promise.withResolvers<string>();
  left = withFolder(async (dir) => {
    ready.resolve(dir);
    await new Promise<void>((resolve) => {
      leave = resolve;
    });
  });
  folder = await ready.promise;
  writeFileSync(join(folder, "config.json"), JSON.stringify(mixedSettings));
  await pipeline(Readable.from(withNewlines(mixedHits(hits))), createWriteStream(recording()));
  makeFolder("first");
  await replay("first", 1000);
  first = await contentOf("first");
});

after(async () => {
  leave();
  await left;
});

const recording = () => join(folder, "hits.jsonl");
const dataOf = (name: string) => join(folder, name);

function* withNewlines(lines: Iterable<string>): Generator<string> {
  for (const line of lines) yield `${line}\n`;
}

/** One secret for all: it keys what is exported. */
const makeFolder = (name: string): void => {
  mkdirSync(dataOf(name));
  writeFileSync(join(dataOf(name), "secret"), `${"ab".repeat(32)}\n`, { mode: 0o600 });
};

const launch = (command: string, name: string, ...args: readonly string[]) => {
  const all = [main, command, ...args, "--data", dataOf(name), "--config", join(folder, "config.json")];
  return spawn(process.execPath, all, { stdio: ["pipe", "pipe", "inherit"] });
};

const replay = async (name: string, batch: number): Promise<void> => {
  const child = launch("replay", name, recording(), "--batch", String(batch));
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk;
  });
  const [code] = (await once(child, "close")) as [number];
  assert.equal(code, 0);
  if (process.env["REPLAY_HITS"]) process.stdout.write(`# ${name}: ${out}`);
};

const contentOf = async (name: string): Promise<Content> => ({
  events: await hashOf(name, "events"),
  sessions: await hashOf(name, "sessions"),
});

const hashOf = async (name: string, what: string): Promise<string> => {
  const child = launch("export", name, "--what", what);
  const closed = once(child, "close");
  const hash = createHash("sha256");
  let rows = 0;
  for await (const chunk of child.stdout) {
    const bytes = chunk as Buffer; // no encoding is set
    hash.update(bytes);
    for (const byte of bytes) if (byte === 10) rows++;
  }
  assert.deepEqual(await closed, [0, null]);
  return `${rows} ${what} ${hash.digest("hex")}`;
};

test("the recording holds events of every kind, and sessions of many people", () => {
  const count = (content: string) => Number(content.split(" ", 1)[0]);
  assert.ok(count(first.events) > hits, first.events);
  assert.ok(count(first.sessions) > hits / 50, first.sessions);
  const protocols = queryData(dataOf("first"), "SELECT DISTINCT tracking_protocol AS p FROM events");
  assert.deepEqual(protocols.map(({ p }) => p).toSorted(), ["d8a", "ga4_gtag", "ga4_mp", "native"]);
});

test("other batches give the same", async () => {
  makeFolder("batches");
  await replay("batches", 77);
  assert.deepEqual(await contentOf("batches"), first);
});

test("a replay that was killed twice and begun again gives the same", async () => {
  makeFolder("killed");
  for (const share of [0.3, 0.6]) {
    // Its input never ends, so that it is at work when it is killed, however slow the machine is.
    const child = launch("replay", "killed", "-", "--batch", "50");
    const ended = once(child, "exit");
    child.stdin.on("error", () => {}); // the reader is killed
    const input = createReadStream(recording());
    input.pipe(child.stdin, { end: false });
    while (child.exitCode === null && lastRow("killed") < hits * share) await pause(20);
    child.kill("SIGKILL");
    assert.deepEqual(await ended, [null, "SIGKILL"]);
    input.destroy();
  }
  await replay("killed", 1000);
  assert.deepEqual(await contentOf("killed"), first);
});

test("sealed into files, it is exported the same", async () => {
  const child = launch("seal", "first", "--now");
  child.stdout.resume();
  const [code] = (await once(child, "close")) as [number];
  assert.equal(code, 0);
  assert.deepEqual(await contentOf("first"), first);
});

/** None while the database is being made. */
const lastRow = (name: string): number => {
  if (!existsSync(databaseFile(dataOf(name)))) return 0;
  try {
    return Number(queryData(dataOf(name), "SELECT ifnull(max(seq), 0) AS n FROM journal")[0]?.["n"]);
  } catch {
    return 0;
  }
};
