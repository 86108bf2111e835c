/** HTTP/2 frame by frame, through the real program: the table, flow control, and floods that must end. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ask } from "./ask.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { type H2Case, h2Cases, host } from "./h2-cases.ts";
import {
  block,
  code,
  data,
  type Frame,
  flag,
  frame,
  type H2Line,
  h2Line,
  headers,
  type as kind,
  openH2,
  preface,
  settings,
  statusOf,
  uint32,
} from "./h2-frames.ts";
import { readWire } from "./hostile-wire.ts";
import { type ScriptUpstream, startScriptUpstream } from "./http/script-upstream.ts";

const folder = mkdtempSync(join(tmpdir(), "turnpike-h2-"));
const big = "0123456789".repeat(30_000);
let upstream: ScriptUpstream;
let gateway: Gateway;
let port: number;

before(async () => {
  writeFileSync(join(folder, "a.txt"), "a");
  writeFileSync(join(folder, "big.bin"), big);
  upstream = await startScriptUpstream();
  gateway = await startGateway({
    config: {
      tls: { mode: "local", redirect: false },
      limits: { requests: 10_000_000 },
      sites: [{ id: "main", hosts: [host] }],
      routes: [
        { path: "/api/", proxy: { upstreams: [upstream.url] }, inject: false },
        { path: "/", static: { dir: folder }, inject: false },
      ],
    },
  });
  port = Number(new URL(gateway.secureUrl).port);
});
after(async () => {
  await gateway?.close();
  await upstream?.close();
  rmSync(folder, { recursive: true, force: true });
});

const isOf = (what: number, stream: number) => (one: Frame) => one.type === what && one.stream === stream;
const codeOf = (one: Frame): number => one.payload.readUInt32BE(one.type === kind.goaway ? 4 : 0);
const get = (path: string, method = "GET"): readonly (readonly [string, string])[] => [
  [":method", method],
  [":scheme", "https"],
  [":authority", host],
  [":path", path],
];

const play = async (one: H2Case, line: H2Line): Promise<void> => {
  upstream.prepare(undefined, false);
  line.write(...one.send);
  if (one.ends) {
    const last = await line.next(isOf(kind.goaway, 0));
    assert.ok(last, "the connection closed without a word");
    assert.ok(one.ends.includes(codeOf(last)), `ended with ${codeOf(last)} and not ${one.ends.join(", ")}`);
    assert.equal(await line.next(() => false), null, "and it closes");
    return;
  }
  if (one.resets) {
    const reset = await line.next(
      (got) => (isOf(kind.reset, 1)(got) || isOf(kind.goaway, 0)(got)) && codeOf(got) !== code.none,
    );
    assert.ok(reset, "the connection closed without a word");
    assert.ok(one.resets.includes(codeOf(reset)), `reset with ${codeOf(reset)}`);
    if (reset.type === kind.goaway) return;
  }
  if (one.status) {
    const answer = await line.next(isOf(kind.headers, 1));
    assert.ok(answer, "the connection closed");
    assert.ok(one.status.includes(statusOf(answer)), `answered with ${statusOf(answer)}`);
  }
  assert.ok(await line.roundTrip(), "the connection goes on");
  line.write(headers(101, get("/a.txt")));
  const next = await line.next(isOf(kind.headers, 101));
  assert.equal(next && statusOf(next), 200, "and another request is answered");
  if (one.notAsked) assert.equal(upstream.asked(), "", "the upstream was asked");
  readWire(upstream.asked());
};

test("there are enough cases, and none twice", () => {
  assert.ok(h2Cases.length >= 100, `${h2Cases.length} cases`);
  const names = h2Cases.map(({ rfc, name }) => `${rfc} ${name}`);
  assert.deepEqual(
    names.filter((name, i) => names.indexOf(name) !== i),
    [],
  );
});

for (const one of h2Cases) {
  test(`RFC ${one.rfc}: ${one.name}`, async () => {
    const line = await openH2(port);
    try {
      await play(one, line);
    } finally {
      line.close();
    }
  });
}

test("RFC 9113 §3.4: the first frame is the gateway's settings, and each of ours is acknowledged", async () => {
  const line = await h2Line(port);
  line.write(preface, settings());
  await line.next((one) => one.type === kind.settings && one.flags === flag.ack);
  assert.equal(line.frames[0]?.type, kind.settings);
  line.close();
});

test("RFC 9113 §3.4: a preface that is none ends the connection", async () => {
  const line = await h2Line(port);
  line.write(Buffer.from("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  assert.equal(await line.next(() => false), null);
});

test("RFC 9113 §6.7: a ping comes back with its own bytes", async () => {
  const line = await openH2(port);
  line.write(frame(kind.ping, 0, 0, Buffer.from("turnpike")));
  const back = await line.next((one) => one.type === kind.ping && one.payload.toString() === "turnpike");
  assert.equal(back?.flags, flag.ack);
  line.close();
});

test("RFC 9113 §5.1.2: streams past the number that was agreed are refused", async () => {
  const line = await openH2(port);
  const many = Array.from({ length: 160 }, (_, i) =>
    headers(2 * i + 1, get("/api/x", "POST"), flag.endHeaders),
  );
  line.write(...many);
  const refused = await line.next((one) => one.type === kind.reset || one.type === kind.goaway);
  assert.ok(refused && [code.refused, code.protocol].includes(codeOf(refused) as never));
  line.close();
});

test("RFC 9113 §5.2, §6.9: no more is sent than the client has room for, and all of it once there is", async () => {
  const line = await openH2(port, [4, 10]);
  const sent = () =>
    line.frames.filter(isOf(kind.data, 1)).reduce((sum, { payload }) => sum + payload.length, 0);
  line.write(headers(1, get("/big.bin")));
  await line.next(isOf(kind.data, 1));
  await line.roundTrip();
  assert.equal(sent(), 10);
  line.write(frame(kind.window, 0, 1, uint32(25)));
  await line.next(() => sent() >= 35);
  await line.roundTrip();
  assert.equal(sent(), 35);
  line.write(settings([4, 1_000_000]));
  await line.next(() => sent() >= 65_535);
  await line.roundTrip();
  assert.equal(sent(), 65_535, "the connection's own room is a room, too");
  line.write(frame(kind.window, 0, 0, uint32(1_000_000)));
  await line.next((one) => one.type === kind.data && (one.flags & flag.endStream) !== 0);
  assert.equal(sent(), big.length);
  line.close();
});

test("RFC 9113 §6.9.2: a window that becomes smaller may be below zero, and is waited for", async () => {
  const line = await openH2(port, [4, 1000]);
  line.write(headers(1, get("/big.bin")));
  await line.next(isOf(kind.data, 1));
  line.write(settings([4, 0]), frame(kind.window, 0, 1, uint32(500)));
  await line.roundTrip();
  const sent = line.frames.filter(isOf(kind.data, 1)).reduce((sum, { payload }) => sum + payload.length, 0);
  assert.equal(sent, 1000);
  line.write(frame(kind.window, 0, 1, uint32(600)));
  await line.next(
    () =>
      line.frames.filter(isOf(kind.data, 1)).reduce((sum, { payload }) => sum + payload.length, 0) === 1100,
  );
  line.close();
});

test("RFC 9113 §8.1: HEAD is answered without data", async () => {
  const line = await openH2(port);
  line.write(headers(1, get("/a.txt", "HEAD")));
  const answer = await line.next(isOf(kind.headers, 1));
  assert.ok(answer && statusOf(answer) === 200);
  await line.next((one) => one.stream === 1 && (one.flags & flag.endStream) !== 0);
  assert.equal(line.frames.filter((one) => isOf(kind.data, 1)(one) && one.payload.length > 0).length, 0);
  line.close();
});

test("RFC 9113 §4.2: no frame is longer than the client takes", async () => {
  const line = await openH2(port, [4, 1_000_000]);
  line.write(frame(kind.window, 0, 0, uint32(1_000_000)), headers(1, get("/big.bin")));
  await line.next((one) => one.type === kind.data && (one.flags & flag.endStream) !== 0);
  assert.ok(line.frames.every(({ payload }) => payload.length <= 16_384));
  line.close();
});

/** Sends pieces until the gateway has had enough, or `most` pieces were taken; how many were sent. */
const flood = async (line: H2Line, most: number, piece: (i: number) => Buffer): Promise<number> => {
  let sent = 0;
  while (sent < most && !line.isClosed()) {
    line.write(...Array.from({ length: 50 }, () => piece(sent++)));
    if (sent % 500 === 0) await Promise.race([line.roundTrip(), line.next(isOf(kind.goaway, 0))]);
    else await new Promise((resolve) => setImmediate(resolve));
  }
  return sent;
};

const half = block([["x-a", "y".repeat(1000)]]);
const floods: readonly (readonly [string, string, number, (i: number) => Buffer])[] = [
  [
    "9113 §10.5",
    "requests that are reset at once",
    20_000,
    (i) => Buffer.concat([headers(2 * i + 1, get("/api/x")), frame(kind.reset, 0, 2 * i + 1, uint32(8))]),
  ],
  [
    "9113 §10.5",
    "requests that the gateway is made to reset",
    20_000,
    (i) =>
      Buffer.concat([
        headers(2 * i + 1, get("/api/x", "POST"), flag.endHeaders),
        frame(kind.window, 0, 2 * i + 1, uint32(0)),
      ]),
  ],
  [
    "9113 §10.5.1",
    "headers without an end",
    20_000,
    (i) => (i === 0 ? frame(kind.headers, 0, 1, block(get("/api/x"))) : frame(kind.continuation, 0, 1, half)),
  ],
  [
    "9113 §10.5.1",
    "headers without an end, in empty pieces",
    20_000,
    (i) => (i === 0 ? frame(kind.headers, 0, 1, block(get("/api/x"))) : frame(kind.continuation, 0, 1)),
  ],
  ["9113 §10.5", "malformed requests", 20_000, (i) => headers(2 * i + 1, [...get("/api/x"), ["X", "1"]])],
  ["9113 §10.5", "pings", 20_000, (i) => frame(kind.ping, 0, 0, Buffer.concat([uint32(i), uint32(i)]))],
  ["9113 §10.5", "settings", 20_000, () => settings([4, 65_535])],
];

for (const [rfc, name, most, piece] of floods) {
  test(`RFC ${rfc}: a flood of ${name} ends its connection, and nobody else's`, async () => {
    const line = await openH2(port);
    const sent = await flood(line, most, piece);
    assert.ok(sent < most, `${sent} were taken`);
    assert.equal((await ask(`${gateway.url}/a.txt`, { headers: { host } })).status, 200);
    line.close();
  });
}

test("RFC 9113 §6.1: empty pieces of a body cost their sender more than us", async () => {
  const line = await openH2(port);
  line.write(headers(1, get("/api/x", "POST"), flag.endHeaders));
  await flood(line, 5000, () => data(1, "", 0));
  assert.equal((await ask(`${gateway.url}/a.txt`, { headers: { host } })).status, 200);
  line.close();
});
