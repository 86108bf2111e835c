import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Exchange, Handler } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { ask, serve } from "../http/test-server.ts";
import type { Event, Keyed } from "../model/event.ts";
import type { Visitor } from "../model/visitor.ts";
import { createObserver, type ObserverOptions } from "./observe.ts";
import { trackSettings } from "./settings.ts";

const nobody: Visitor = {
  id: null,
  isNew: false,
  mustIssue: false,
  sessionId: null,
  privacy: { tracking: "full", consent: null, reason: null },
};

/** A route that answers with `answer`, what became of its events, and the two ways in which storing can go. */
const observe = async (t: TestContext, answer: Handler, options: Partial<ObserverOptions> = {}) => {
  const stored: Event[] = [];
  const seen = { dropped: 0, errors: [] as unknown[], ended: 0 };
  const observer = createObserver({
    make: {
      enrich: () => {},
      maskIp: (address) => address,
      visitorOf: () => nobody,
      variantsOf: () => null,
    },
    append: async (events: readonly Keyed[]) => void stored.push(...events.map(({ event }) => event)),
    waiting: 2,
    now: () => 250,
    onDropped: () => void seen.dropped++,
    onError: (error) => void seen.errors.push(error),
    ...options,
  });
  const handle = observer.route(trackSettings.parse({}), "/").handle(answer);
  const closed: Promise<void>[] = [];
  const server = await serve((x) => {
    closed.push(new Promise((resolve) => x.res.once("close", () => setImmediate(resolve))));
    return handle(x);
  });
  t.after(() => server.close());
  /** Asks, and answers the status once the request's event was made. */
  const get = async (path: string): Promise<number> => {
    const { status } = await ask(server.port, `GET ${path}`);
    await Promise.all(closed);
    return status;
  };
  return { stored, seen, get };
};

const ok = (x: Exchange) => void x.res.end("ok");

test("a request is timed from its receipt to its end", async (t) => {
  const { stored, get } = await observe(t, ok);
  await get("/a");
  assert.deepEqual(
    stored.map((event) => [event.timestamp_utc, event.received_at, event.duration_ms, event.status]),
    [[0, 250, 250, 200]],
  );
});

test("what the route refuses is an event, too", async (t) => {
  const { stored, get } = await observe(t, () => {
    throw new HttpError(403, "not for you");
  });
  assert.equal(await get("/a"), 403);
  assert.deepEqual(
    stored.map((event) => [event.status, event.properties?.["response_bytes"]]),
    [[403, "not for you\n".length]],
  );
});

test("while the disk is behind, events beyond the limit are dropped and counted, and requests are answered", async (t) => {
  const waiting: (() => void)[] = [];
  const append = () => new Promise<void>((resolve) => void waiting.push(resolve));
  const { seen, get } = await observe(t, ok, { append });
  for (let i = 0; i < 5; i++) assert.equal(await get(`/${i}`), 200);
  assert.equal(waiting.length, 2);
  assert.equal(seen.dropped, 3);
  for (const done of waiting.splice(0)) done();
  await get("/after");
  assert.equal(waiting.length, 1, "there is room again");
  assert.equal(seen.dropped, 3);
});

test("what the store refuses is counted, and its place given back", async (t) => {
  const { seen, get } = await observe(t, ok, { append: () => Promise.reject(new Error("disk full")) });
  for (let i = 0; i < 5; i++) assert.equal(await get(`/${i}`), 200);
  assert.equal(seen.dropped, 5);
});

test("a fault while the event is made harms no request and is told", async (t) => {
  const enrich = () => {
    throw new Error("a fault of ours");
  };
  const make = { enrich, maskIp: () => null, visitorOf: () => nobody, variantsOf: () => null };
  const { seen, stored, get } = await observe(t, ok, { make });
  assert.equal(await get("/a"), 200);
  assert.equal(stored.length, 0);
  assert.match(String(seen.errors[0]), /a fault of ours/);
});
