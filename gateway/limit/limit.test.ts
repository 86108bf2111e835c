import assert from "node:assert/strict";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { type TestContext, test } from "node:test";
import type { Exchange } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { testExchange } from "../http/test-server.ts";
import { createLimiter } from "./limit.ts";
import { limitSettings } from "./settings.ts";

const settings = limitSettings.parse({ requests: 3, windowSeconds: 10, addresses: 4 });

const from = (address: string, headers: Record<string, string> = {}): Exchange => {
  const req = new IncomingMessage(new Socket());
  Object.assign(req.headers, headers);
  return { ...testExchange(req, new ServerResponse(req)), address };
};

/** A limiter at a time that stands still until the test moves it, and a way to ask it: null or the refusal. */
const limiter = (t: TestContext, isTrusted?: (address: string) => boolean) => {
  t.mock.timers.enable({ apis: ["Date", "setTimeout"], now: 1_000_000 });
  const it = createLimiter(settings, isTrusted);
  t.after(() => it.close());
  let served = 0;
  const handle = it.layer(() => void served++);
  const knock = async (address: string, headers?: Record<string, string>): Promise<HttpError | null> => {
    const before = served;
    try {
      await handle(from(address, headers));
      assert.equal(served, before + 1);
      return null;
    } catch (error) {
      assert.equal(served, before);
      assert.ok(error instanceof HttpError);
      return error;
    }
  };
  return { it, knock };
};

test("an address over its count is refused with 429 until its window is over", async (t) => {
  const { knock } = limiter(t);
  for (let i = 0; i < 3; i++) assert.equal(await knock("198.51.100.7"), null);
  t.mock.timers.tick(2500);
  const refusal = await knock("198.51.100.7");
  assert.equal(refusal?.status, 429);
  assert.equal(refusal?.message, "too many requests from this address: try again in 8 s");
  assert.deepEqual(refusal?.headers, {
    "retry-after": "8",
    ratelimit: '"address";r=0;t=8',
    "ratelimit-policy": '"address";q=3;w=10',
  });
  assert.equal(await knock("198.51.100.8"), null, "a neighbour is not concerned");
  t.mock.timers.tick(7500);
  assert.equal(await knock("198.51.100.7"), null);
});

test("IPv6 addresses of one /64 count together", async (t) => {
  const { knock } = limiter(t);
  for (const last of ["1", "2", "3"]) assert.equal(await knock(`2001:db8:0:1::${last}`), null);
  assert.equal((await knock("2001:db8:0:1::4"))?.status, 429);
  assert.equal(await knock("2001:db8:0:2::4"), null);
});

test("exempt addresses are not counted", async (t) => {
  const { it, knock } = limiter(t);
  for (let i = 0; i < 10; i++) assert.equal(await knock("127.0.0.1"), null);
  for (let i = 0; i < 10; i++) assert.equal(await knock("::1"), null);
  assert.equal(it.addresses, 0);
});

test("an exempt address that forwards for somebody is counted, unless it is trusted to", async (t) => {
  for (const header of ["x-forwarded-for", "forwarded"]) {
    const { knock } = limiter(t);
    const headers = { [header]: "1.2.3.4" };
    for (let i = 0; i < 3; i++) assert.equal(await knock("127.0.0.1", headers), null);
    assert.equal((await knock("127.0.0.1", headers))?.status, 429, header);
    t.mock.timers.reset();
  }
  const { knock } = limiter(t, () => true);
  for (let i = 0; i < 10; i++) assert.equal(await knock("127.0.0.1", { forwarded: "for=1.2.3.4" }), null);
});

test("the number of counted addresses is bounded; the one quiet for longest is forgotten", async (t) => {
  const { it, knock } = limiter(t);
  for (let i = 0; i < 3; i++) await knock("10.0.0.1");
  for (let i = 2; i <= 4; i++) await knock(`10.0.0.${i}`);
  assert.equal((await knock("10.0.0.1"))?.status, 429, "still known, and active");
  for (let i = 5; i <= 7; i++) await knock(`10.0.0.${i}`);
  assert.equal(it.addresses, 4);
  assert.equal((await knock("10.0.0.1"))?.status, 429);
  for (let i = 8; i <= 11; i++) await knock(`10.0.0.${i}`);
  assert.equal(await knock("10.0.0.1"), null, "forgotten, so counted anew");
});

test("closing forgets everybody", async (t) => {
  const { it, knock } = limiter(t);
  for (let i = 0; i < 4; i++) await knock("10.0.0.1");
  it.close();
  assert.equal(it.addresses, 0);
  assert.equal(await knock("10.0.0.1"), null);
});

test("what a handler throws is not taken for a refusal", async (t) => {
  t.mock.timers.enable({ apis: ["Date", "setTimeout"] });
  const it = createLimiter(settings);
  t.after(() => it.close());
  const broken = it.layer(() => {
    throw new Error("broken");
  });
  await assert.rejects(async () => broken(from("10.0.0.1")), /^Error: broken$/);
});
