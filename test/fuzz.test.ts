/**
 * Hostile hits over all endpoints of a running gateway, good events beside them: nothing crashes, no answer is a fault
 * of ours, every good event is stored once, memory stays flat. `FUZZ_HITS=200000 node --test test/fuzz.test.ts` sends
 * that many, `FUZZ_SEED=…` others than usual.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { WebSocket } from "ws";
import { packLz4 } from "../gateway/collect/test-lz4.ts";
import { createSender, type Sender } from "./fuzz-client.ts";
import { type Asking, corpus, frames, fuzzSettings } from "./fuzz-corpus.ts";
import { mutate, mutateBytes, type Random } from "./fuzz-mutate.ts";
import { frameOf, makeNeighbour } from "./fuzz-neighbours.ts";
import { type Gateway, root, startGateway } from "./gateway.ts";
import { type HeapProbe, inspected, openHeapProbe } from "./heap-probe.ts";
import { randomFrom } from "./mixed-hits.ts";
import { runTurnpike } from "./program.ts";
import { queryData, settle } from "./stored.ts";
import { waitFor } from "./wait-for.ts";

const hits = Number(process.env["FUZZ_HITS"] ?? 4000);
const seed = Number(process.env["FUZZ_SEED"] ?? 1);
const lanes = 64;
/** Every so many hits a good event is sent. */
const neighbourEvery = 10;

let gateway: Gateway;
let sender: Sender;
/** null where there are too few hits to tell anything of memory */
let probe: HeapProbe | null = null;
/** name → visitor of the good events that were acknowledged */
const good = new Map<string, string>();
const faults: string[] = [];
const memory: { readonly sent: number; readonly bytes: number }[] = [];

before(async () => {
  const isLong = hits >= 50_000;
  gateway = await startGateway({ config: fuzzSettings, ...(isLong && { under: inspected }) });
  if (isLong) probe = await openHeapProbe(gateway);
  sender = createSender(gateway.url, lanes);
});

after(async () => {
  sender?.close();
  probe?.close();
  await gateway?.close();
});

/** The same hit for the same seed and number, so that what it found can be sent again alone. */
const hostile = (n: number): Asking => {
  const random = randomFrom(seed * 1_000_003 + n);
  return mutate(corpus[random(corpus.length)] ?? corpus[0], corpus, random);
};

const sendHostile = async (n: number): Promise<void> => {
  const asking = hostile(n);
  const status = await sender.send(asking);
  const isFault = status >= 500 && status !== 501;
  if (isFault || status === 0)
    faults.push(`hit ${n}: ${status} for ${asking.method} ${asking.path.slice(0, 300)}`);
};

const sendNeighbour = async (n: number): Promise<void> => {
  const { asking, name, client } = makeNeighbour(n, randomFrom(seed * 999_983 + n));
  const status = await sender.send(asking);
  if (status !== 200 && status !== 204) faults.push(`neighbour ${n}: ${status} for ${asking.path}`);
  else good.set(name, client);
};

const lookAtMemory = async (sent: number): Promise<void> => {
  if (probe) memory.push({ sent, bytes: await probe.residentBytes() });
};

test(`${hits} hostile hits are answered, none by a fault of ours`, async () => {
  let next = 0;
  const sampleEvery = Math.ceil(hits / 40);
  const lane = async (): Promise<void> => {
    while (next < hits) {
      const n = next++;
      if (n % sampleEvery === 0) await lookAtMemory(n);
      await sendHostile(n);
      if (n % neighbourEvery === 0) await sendNeighbour(n);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  await lookAtMemory(hits);
  const told = gateway
    .output()
    .split("\n")
    .filter((line) => !line.includes('"level":30'))
    .slice(0, 5);
  assert.deepEqual(faults.slice(0, 20), [], `of ${hits} with FUZZ_SEED=${seed}: ${told.join("\n")}`);
});

test("hostile frames of websockets are answered or end their connection, and good ones are acknowledged", async () => {
  const random = randomFrom(seed);
  const count = Math.ceil(hits / 20);
  for (let n = 0; n < count; n += 50) await oneConnection(n, Math.min(50, count - n), random);
});

/** Sends frames one after the other; a connection that was closed for one is opened again. */
const oneConnection = async (from: number, count: number, random: Random): Promise<void> => {
  let socket = await connect();
  for (let n = from; n < from + count; n++) {
    const text = mutateBytes(Buffer.from(frames[random(frames.length)] ?? ""), random);
    const [frame, binary] = frameFor(text, random);
    if (socket.readyState !== socket.OPEN) socket = await connect();
    const told = answerOf(socket);
    socket.send(frame, { binary });
    await told;
    if (socket.readyState !== socket.OPEN) socket = await connect();
    const [name, client] = [`good-frame-${n}`, `0190a5b2-0001-7000-8000-${n.toString(16).padStart(12, "0")}`];
    const acknowledged = answerOf(socket);
    const whole = Buffer.from(frameOf(name, client));
    socket.send(n % 2 ? whole.toString() : packLz4(whole), { binary: n % 2 === 0 });
    const answer = JSON.parse(String(await acknowledged)) as { eid?: string };
    assert.ok(answer.eid, `frame ${n}: ${JSON.stringify(answer)}`);
    good.set(name, client);
  }
  socket.close();
};

/** A text frame must be UTF-8; whatever else is broken is packed, or broken once packed. */
const frameFor = (bytes: Buffer, random: Random): readonly [Buffer | string, boolean] => {
  const kind = random(4);
  if (kind === 0) return [bytes.toString("utf8"), false];
  if (kind === 1) return [bytes, random(2) === 0];
  return [kind === 2 ? packLz4(bytes) : mutateBytes(packLz4(bytes), random), true];
};

const connect = async (): Promise<WebSocket> => {
  const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/tr/v1/ws`, { origin: gateway.url });
  socket.on("error", () => {}); // the answer's promise ends with the connection
  await waitFor(() => socket.readyState === socket.OPEN || null, "the websocket");
  return socket;
};

/** The next frame, null where the connection ends instead. */
const answerOf = (socket: WebSocket): Promise<unknown> =>
  new Promise((resolve) => {
    const tell = (data: unknown) => {
      socket.off("message", tell).off("close", end);
      resolve(data);
    };
    const end = () => tell(null);
    socket.once("message", tell).once("close", end);
  });

test("every good event is stored once, as its visitor's", async () => {
  await settle(gateway.data);
  const rows = queryData(
    gateway.data,
    "SELECT name, client_id AS client FROM events WHERE name GLOB 'good-*'",
  );
  const stored = new Map(rows.map(({ name, client }) => [name, client]));
  const wrong = [...good].filter(([name, client]) => stored.get(name) !== client);
  assert.deepEqual(wrong.slice(0, 10), []);
  assert.equal(rows.length, good.size, "none is there twice");
});

test("what is stored was counted by all that follows", () => {
  const [uncounted] = queryData(
    gateway.data,
    "SELECT count(*) AS n FROM rejects WHERE reason GLOB 'store:*'",
  );
  assert.equal(uncounted?.["n"], 0);
  assert.doesNotMatch(gateway.output(), /"level":"(error|fatal)"/);
});

test("memory is flat once caches are full", { skip: hits < 50_000 && "too few hits to tell" }, () => {
  const late = memory.filter(({ sent }) => sent >= hits / 2);
  const slope = slopeOf(late);
  const peak = Math.max(...memory.map(({ bytes }) => bytes));
  process.stdout.write(
    `# memory: ${late.map(({ bytes }) => Math.round(bytes / 2 ** 20)).join(" ")} MiB, ${Math.round(slope)} bytes a hit, ${Math.round(peak / 2 ** 20)} MiB at most\n`,
  );
  assert.ok(slope < 256, `${Math.round(slope)} bytes stay of each hit`);
});

/** Least squares: bytes a hit. */
const slopeOf = (points: readonly { readonly sent: number; readonly bytes: number }[]): number => {
  const mean = (read: (point: (typeof points)[number]) => number) =>
    points.reduce((sum, point) => sum + read(point), 0) / points.length;
  const [x, y] = [mean(({ sent }) => sent), mean(({ bytes }) => bytes)];
  const over = points.reduce((sum, { sent, bytes }) => sum + (sent - x) * (bytes - y), 0);
  return over / points.reduce((sum, { sent }) => sum + (sent - x) ** 2, 0);
};

test("what was stored can be sealed, verified and exported", async () => {
  for (const command of [["seal", "--now"], ["verify"]]) {
    const { code, out, err } = await runTurnpike([...command, "--data", gateway.data], { longestMs: null });
    assert.equal(code, 0, `${command[0]}: ${out}${err}`);
  }
  assert.ok((await countExported("events")) >= good.size);
  assert.ok((await countExported("sessions")) > 0);
});

/** The rows are read and not kept: of 200,000 hits they fill gigabytes. */
const countExported = async (what: string): Promise<number> => {
  const args = [join(root, "gateway/main.ts"), "export", "--data", gateway.data, "--what", what];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(child, "close");
  let rows = 0;
  for await (const chunk of child.stdout) for (const byte of chunk as Buffer) if (byte === 10) rows++; // no encoding is set
  assert.deepEqual(await closed, [0, null]);
  return rows;
};
