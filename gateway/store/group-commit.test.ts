import assert from "node:assert/strict";
import { test } from "node:test";
import type { Keyed } from "../model/event.ts";
import { StoreBusy } from "../model/event-store.ts";
import type { EventId } from "../model/ids.ts";
import { createGroupCommit, type GroupCommitOptions } from "./group-commit.ts";
import type { Batch } from "./ledger.ts";
import { eventOf } from "./stored-event.ts";

const keyed = (id: string): Keyed => ({
  event: {
    id: id as EventId, // any text does here
    property_id: "main",
    tracking_protocol: "native",
    type: "page",
    name: "page_view",
    timestamp_utc: 1,
    received_at: 1,
  },
  keyTime: null,
});

const open = (options: Partial<GroupCommitOptions> = {}) => {
  const posted: Batch[] = [];
  const troubles: (string | null)[] = [];
  const line = createGroupCommit({
    limits: { pendingEvents: 10, pendingBytes: 10_000 },
    post: (batch) => posted.push(batch),
    onTrouble: (trouble) => troubles.push(trouble),
    ...options,
  });
  return {
    line,
    posted,
    troubles,
    idsOf: (i: number) => posted[i]?.lines.map((text) => eventOf(text).id),
  };
};

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("what comes while a batch is on its way is the next batch", async () => {
  const { line, posted, idsOf } = open();
  const first = line.append([keyed("a")]);
  const second = line.append([keyed("b")]);
  await turn();
  const third = line.append([keyed("c"), keyed("d")]);
  await turn();
  assert.deepEqual([posted.length, idsOf(0)], [1, ["a", "b"]]);
  line.settle({ kind: "appended", doubles: [] });
  await Promise.all([first, second]);
  assert.deepEqual(idsOf(1), ["c", "d"]);
  line.settle({ kind: "appended", doubles: [] });
  await third;
});

test("each is told which of its own lines were stored before, and new events alone are announced", async () => {
  const stored: string[] = [];
  const { line } = open({ onStored: (event) => stored.push(event.id) });
  const events = [line.append([keyed("a"), keyed("b")]), line.append([keyed("c")])];
  const lines = [
    line.appendLines(['{"id":"d"}', '{"id":"e"}', '{"id":"f"}'], [null, null, null]),
    line.appendLines(['{"id":"g"}'], [null]),
  ];
  await turn();
  line.settle({ kind: "appended", doubles: [1, 3, 5] });
  await Promise.all(events);
  assert.deepEqual(stored, ["a", "c", "e", "g"]);
  assert.deepEqual(await Promise.all(lines), [[0, 2], []]);
  assert.equal(
    line.perSecond(Date.now()).reduce((sum, n) => sum + n, 0),
    4,
  );
});

test("a full line, a refusing disk and a writer that is gone are said, and that there is another", async () => {
  const { line, troubles } = open({ limits: { pendingEvents: 2, pendingBytes: 10_000 } });
  const first = line.append([keyed("a"), keyed("b")]);
  await assert.rejects(line.append([keyed("c")]), StoreBusy);
  await turn();
  line.settle({ kind: "refused", reason: "the disk is full", disk: true });
  await assert.rejects(first, /the disk is full/);
  const second = line.append([keyed("a")]);
  await turn();
  line.settle({ kind: "appended", doubles: [] });
  await second;
  const third = line.append([keyed("b")]);
  await turn();
  line.fail(new Error("it ended"));
  await assert.rejects(third, StoreBusy);
  await assert.rejects(line.append([keyed("b")]), StoreBusy);
  assert.match(line.trouble() ?? "", /the writer has stopped: it ended/);
  assert.equal(troubles.length, 3);
  line.goOn();
  const fourth = line.append([keyed("b")]);
  await turn();
  line.settle({ kind: "appended", doubles: [] });
  await fourth;
  assert.deepEqual([line.trouble(), line.pending()], [null, 0]);
});

test("each event of a batch keeps its own key time, whoever came with it", async () => {
  const { line, posted, idsOf } = open();
  const at = (id: string, keyTime: number | null): Keyed => ({ ...keyed(id), keyTime });
  const sent = [
    line.append([at("a", 1), at("b", 2)]),
    line.appendLines(['{"id":"c"}'], [null]),
    line.append([at("d", 3)]),
  ];
  await turn();
  assert.deepEqual(
    [idsOf(0), posted[0]?.keyTimes],
    [
      ["a", "b", "c", "d"],
      [1, 2, null, 3],
    ],
  );
  line.settle({ kind: "appended", doubles: [] });
  await Promise.all(sent);
});

test("a writer that ends refuses what waits behind its batch as well, and the line is free for the next", async () => {
  const { line, troubles } = open({ limits: { pendingEvents: 2, pendingBytes: 10_000 } });
  const first = line.append([keyed("a")]);
  await turn();
  const waiting = line.append([keyed("b"), keyed("c")]);
  let isDrained = false;
  const drained = line.drained().then(() => {
    isDrained = true;
  });
  await turn();
  assert.equal(isDrained, false);
  line.fail(new Error("it ended"));
  for (const refused of [first, waiting]) await assert.rejects(refused, StoreBusy);
  await drained;
  line.goOn();
  assert.deepEqual([line.pending(), line.trouble(), troubles.at(-1)], [0, null, null]);
  const next = line.append([keyed("b"), keyed("c")]);
  await turn();
  line.settle({ kind: "appended", doubles: [] });
  await next;
});

test("the line is empty when the last batch is acknowledged, not when it is sent", async () => {
  const { line } = open();
  const sent = [line.append([keyed("a")])];
  await turn();
  sent.push(line.append([keyed("b")]));
  let isDrained = false;
  const drained = line.drained().then(() => {
    isDrained = true;
  });
  line.settle({ kind: "appended", doubles: [] });
  await turn();
  assert.deepEqual([isDrained, line.pending()], [false, 0]);
  line.settle({ kind: "appended", doubles: [] });
  await Promise.all([...sent, drained]);
});

test("bytes that wait are bounded as events are, and so are those of a batch", async () => {
  const { line, posted } = open({ limits: { pendingEvents: 1000, pendingBytes: 12_000_000 } });
  const large = (id: string) => line.appendLines([`{"id":"${id}","x":"${"x".repeat(5_000_000)}"}`], [null]);
  const sent = [large("a"), large("b"), large("c")];
  await assert.rejects(large("d"), StoreBusy);
  await turn();
  line.settle({ kind: "appended", doubles: [] });
  assert.deepEqual(
    posted.map(({ lines }) => lines.length),
    [2, 1],
  );
  sent.push(large("e"));
  line.settle({ kind: "appended", doubles: [] });
  line.settle({ kind: "appended", doubles: [] });
  assert.equal((await Promise.all(sent)).length, 4);
});
