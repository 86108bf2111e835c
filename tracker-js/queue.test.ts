import assert from "node:assert/strict";
import { test } from "node:test";
import { uuid7 } from "./lib/uuid7.ts";
import { batchBody, batchOf, bound, isFresh, maxAgeMs, without } from "./queue.ts";

const now = 1_760_000_000_000;
const eventText = (created: number, size = 0) =>
  JSON.stringify({ eid: uuid7(created), ename: "x", params: { filler: "y".repeat(size) } });

test("the bound keeps the newest events, in their order", () => {
  assert.deepEqual(bound(["aaaa", "bbbb", "cccc"], 11), ["bbbb", "cccc"]);
  assert.deepEqual(bound(["aaaa", "bbbb"], 100), ["aaaa", "bbbb"]);
  assert.deepEqual(bound([], 100), []);
});

test("an event larger than the bound takes no other with it", () => {
  assert.deepEqual(bound(["aa", "x".repeat(50), "bb"], 20), ["aa", "bb"]);
});

test("a batch stays under 16,384 characters, and an event larger than that goes alone", () => {
  const texts = Array.from({ length: 40 }, () => eventText(now, 1000));
  const batch = batchOf(texts);
  assert.ok(batch.length > 1 && batch.join().length <= 16_384);
  assert.deepEqual(batch, texts.slice(0, batch.length));
  assert.equal(batchOf([eventText(now, 20_000), eventText(now)]).length, 1);
});

test("batches taken one after another carry every event once, in order", () => {
  const texts = Array.from({ length: 101 }, (_, i) => eventText(now + i, i * 20));
  let rest: readonly string[] = texts;
  const sent: string[] = [];
  while (rest.length > 0) {
    const batch = batchOf(rest);
    sent.push(...batch);
    rest = without(rest, batch);
  }
  assert.deepEqual(sent, texts);
});

test("an event is fresh for six days by the time in its id; a line that is no event is not", () => {
  assert.ok(isFresh(eventText(now), now + maxAgeMs - 1));
  assert.ok(!isFresh(eventText(now), now + maxAgeMs));
  for (const line of ["", "{}", "another script's words in our place"]) assert.ok(!isFresh(line, now), line);
});

test("a batch is JSON with its send time, and the site where the script has one", () => {
  const texts = [eventText(now), eventText(now)];
  const events = texts.map((text) => JSON.parse(text));
  assert.deepEqual(JSON.parse(batchBody(texts, "main", now)), { sent: now, site: "main", events });
  assert.deepEqual(JSON.parse(batchBody(texts, undefined, now)), { sent: now, events });
});
