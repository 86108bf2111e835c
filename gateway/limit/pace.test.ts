import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Exchange } from "../http/exchange.ts";
import { readBody } from "../http/read-body.ts";
import { connectTo, exchangeBytes, serve } from "../http/test-server.ts";
import { createPace, judge } from "./pace.ts";
import { limitSettings } from "./settings.ts";

const settings = limitSettings.parse({ bodyBytesPerSecond: 100, bodyGraceSeconds: 10 });

const open = async (t: TestContext) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  let now = 0;
  const refused: string[] = [];
  const pace = createPace(
    settings,
    () => now,
    (reason) => void refused.push(reason),
  );
  let arrived = (_: Exchange): void => {};
  const arrival = new Promise<Exchange>((resolve) => {
    arrived = resolve;
  });
  const server = await serve(async (x) => {
    pace.watch(x);
    arrived(x);
    const body = await readBody(x.req, 10_000);
    x.res.end(`read ${body.length}`);
  });
  t.after(async () => {
    pace.close();
    await server.close();
  });
  const pass = (seconds: number): void => {
    for (let i = 0; i < seconds; i++) {
      now += 1000;
      t.mock.timers.tick(1000);
    }
  };
  return { port: server.port, pace, arrival, pass, refused };
};

const head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n";

test("a body that does not come is cut with 408, and nothing of it is kept", async (t) => {
  const { port, arrival, pace, pass, refused } = await open(t);
  const answer = exchangeBytes(port, head);
  await arrival;
  pass(9);
  assert.equal(pace.watched, 1);
  pass(1);
  assert.match(await answer, /^HTTP\/1\.1 408 [\s\S]*the body of the request comes too slowly\n$/);
  assert.deepEqual([pace.watched, refused], [0, ["slow"]]);
});

test("many that are slow are cut a few at a time, and others are served between", async (t) => {
  const { port, pace, pass, refused } = await open(t);
  const answers = Array.from({ length: 30 }, () => exchangeBytes(port, head));
  while (pace.watched < answers.length) await nextTurn();
  pass(10);
  assert.ok(refused.length < 15, `${refused.length} were cut in one turn`);
  for (const answer of await Promise.all(answers)) assert.match(answer, /^HTTP\/1\.1 408 /);
  assert.deepEqual([pace.watched, refused.length], [0, 30]);
});

test("a body that has come is not watched any longer", async (t) => {
  const { port, pace, pass, refused } = await open(t);
  const text = await exchangeBytes(port, head + "x".repeat(1000), "read 1000");
  assert.match(text, /^HTTP\/1\.1 200/);
  pass(60);
  assert.deepEqual([pace.watched, refused], [0, []]);
});

test("a client that leaves is forgotten", async (t) => {
  const { port, arrival, pace } = await open(t);
  const client = await connectTo(port);
  client.write(head);
  const x = await arrival;
  const closed = new Promise((resolve) => x.req.once("close", resolve));
  client.destroy();
  await closed;
  assert.equal(pace.watched, 0);
});

interface Case {
  readonly what: string;
  readonly came: number;
  readonly seconds: number;
  readonly waiting?: number;
  readonly expects?: boolean;
  readonly verdict: "slow" | "well";
}

const cases: readonly Case[] = [
  { what: "little in a short time", came: 1, seconds: 9, verdict: "well" },
  { what: "little in the grace time", came: 999, seconds: 10, verdict: "slow" },
  { what: "enough in the grace time", came: 1000, seconds: 10, verdict: "well" },
  { what: "nothing while what came is not taken", came: 0, seconds: 60, waiting: 1, verdict: "well" },
  {
    what: "nothing while the client waits for our 100",
    came: 0,
    seconds: 60,
    expects: true,
    verdict: "well",
  },
];

for (const { what, came, seconds, waiting = 0, expects, verdict } of cases) {
  test(`${what} is ${verdict === "slow" ? "too slow" : "well"}`, () => {
    const headers = expects ? { expect: "100-continue" } : {};
    const req = { socket: { bytesRead: 50 + came }, complete: false, readableLength: waiting, headers };
    const x = { req } as unknown as Exchange; // what is looked at of one
    assert.equal(judge({ x, bytes: 50, since: 0 }, seconds * 1000, settings), verdict);
  });
}
