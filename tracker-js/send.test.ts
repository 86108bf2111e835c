import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { uuid7 } from "./lib/uuid7.ts";
import { backOffMs, createSender, type Transport } from "./send.ts";
import type { Store } from "./store.ts";
import { isFinal } from "./transport.ts";

const text = (name: string) => JSON.stringify({ eid: uuid7(Date.now()), ename: name });
const names = (body: string): string[] =>
  JSON.parse(body).events.map((event: { ename: string }) => event.ename);

const memoryStore = (...stored: string[]): Store & { readonly texts: () => readonly string[] } => {
  let kept = stored;
  return {
    texts: () => kept,
    load: () => kept,
    add: (texts) => {
      kept = [...new Set([...kept, ...texts])];
    },
    remove: (texts) => {
      kept = kept.filter((one) => !texts.includes(one));
    },
  };
};

/** A gateway that answers with `answers` in turn, then takes everything. */
const fakeTransport = (...answers: (number | undefined | Error)[]) => {
  const posted: string[] = [];
  const left: string[] = [];
  const transport: Transport = {
    async post(body) {
      posted.push(body);
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    },
    leave: (body) => void left.push(body),
  };
  return { transport, posted, left };
};

test("events of one task travel in one batch, and nothing is kept once they are taken", async () => {
  const { transport, posted } = fakeTransport();
  const store = memoryStore();
  const sender = createSender("main", transport, store);
  sender.add(text("a"));
  sender.add(text("b"));
  await sender.flush();
  assert.deepEqual(posted.map(names), [["a", "b"]]);
  assert.deepEqual(store.texts(), []);
});

test("what was not taken is kept and sent again byte for byte, with what came meanwhile", async () => {
  for (const failure of [0, 5000, new Error("offline")]) {
    mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_760_000_000_000 });
    const { transport, posted } = fakeTransport(failure);
    const store = memoryStore();
    const sender = createSender(undefined, transport, store);
    const first = text("a");
    sender.add(first);
    await sender.flush();
    assert.deepEqual(store.texts(), [first]);
    sender.add(text("b"));
    mock.timers.tick(499);
    assert.equal(posted.length, 1, "no try before the shortest back-off has passed");
    mock.timers.tick(10_000);
    await sender.flush();
    assert.deepEqual(posted.map(names), [["a"], ["a", "b"]]);
    assert.ok(posted[1]?.includes(first));
    assert.deepEqual(store.texts(), []);
    mock.timers.reset();
  }
});

test("each event is sent by itself, also one that came while another travelled", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { transport, posted } = fakeTransport();
  const sender = createSender(undefined, transport, memoryStore());
  sender.add(text("a"));
  mock.timers.tick(0);
  sender.add(text("b"));
  mock.timers.tick(0);
  await sender.flush();
  sender.add(text("c"));
  mock.timers.tick(0);
  assert.deepEqual(posted.map(names), [["a"], ["b"], ["c"]]);
  mock.timers.reset();
});

test("what an earlier page left behind goes first", async () => {
  const { transport, posted } = fakeTransport();
  const store = memoryStore(text("before"));
  const sender = createSender(undefined, transport, store);
  await sender.flush();
  assert.equal(posted.length, 0, "nothing leaves before the page's first event");
  sender.add(text("now"));
  await sender.flush();
  assert.deepEqual(posted.map(names), [["before", "now"]]);
  assert.deepEqual(store.texts(), []);
});

test("a document that goes sends what does not travel yet, and keeps all of it until it is acknowledged", async () => {
  const { transport, left } = fakeTransport();
  let answer = (_: undefined): void => {};
  const slow: Transport = { ...transport, post: () => new Promise((resolve) => (answer = resolve)) };
  const store = memoryStore();
  const sender = createSender(undefined, slow, store);
  sender.add(text("travels"));
  const flushed = sender.flush();
  sender.add(text("waits"));
  sender.leave();
  assert.deepEqual(left.map(names), [["waits"]]);
  assert.equal(store.texts().length, 2);
  sender.hide();
  answer(undefined);
  await flushed;
  assert.deepEqual(
    store.texts().map((one) => JSON.parse(one).ename),
    ["waits"],
  );
});

test("without a store everything still goes out", async () => {
  const { transport, posted, left } = fakeTransport();
  const sender = createSender(undefined, transport, null);
  sender.add(text("a"));
  sender.hide();
  await sender.flush();
  sender.add(text("b"));
  sender.leave();
  assert.deepEqual([...posted, ...left].map(names), [["a"], ["b"]]);
});

test("only an overload or a failing server is worth another try", () => {
  for (const status of [200, 202, 204, 400, 403, 413]) assert.ok(isFinal(status), String(status));
  for (const status of [408, 429, 500, 502, 503]) assert.ok(!isFinal(status), String(status));
});

test("the back-off doubles up to five minutes, spread by half either way", () => {
  assert.equal(backOffMs(0, 0), 500);
  assert.equal(backOffMs(0, 0.5), 1000);
  assert.equal(backOffMs(3, 0.5), 8000);
  assert.equal(backOffMs(60, 0.5), 300_000);
});
