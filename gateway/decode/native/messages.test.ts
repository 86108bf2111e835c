import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Event } from "../../model/event.ts";
import { decode, post, receivedAt } from "./test-hit.ts";

const message = (body: unknown, target = "/str/v1/"): Event | undefined =>
  decode(post(body, target, { trusted: true })).events[0]?.event;

describe("messages of the site's servers are events of type log", () => {
  const table: readonly (readonly [body: object, name: string])[] = [
    [{ etyp: "log", topic: "tic.log.app", id: "x", msg: "started", level: 3 }, "tic.log.app"],
    [{ etyp: "log", id: "tic.log.app" }, "tic.log.app"],
    [{ etyp: "log", msg: "hello" }, "log"],
    [{ etyp: "count", id: "tic.count.signups" }, "tic.count.signups"],
    [{ etype: "count", id: 7 }, "7"],
    [{ etyp: "update", id: "tic.update.x", updated: String(receivedAt - 5), msg: "done" }, "tic.update.x"],
  ];
  for (const [body, name] of table) {
    test(JSON.stringify(body), () => {
      for (const target of ["/str/v1/", "/tr/v1/str/"]) {
        const event = message(body, target);
        assert.deepEqual([event?.type, event?.name, event?.problems], ["log", name, undefined]);
      }
    });
  }

  test("what a message says is kept, its text of JSON opened", () => {
    const event = message({ etyp: "log", topic: "t", level: 3, msg: "m", host: "h", params: `{"a":"b"}` });
    assert.deepEqual(event?.properties, { topic: "t", level: 3, msg: "m", host: "h", a: "b" });
  });

  test("a count or an update without an id is kept and named", () => {
    for (const etyp of ["count", "update"]) {
      const event = message({ etyp });
      assert.deepEqual([event?.name, event?.problems?.map(({ field }) => field)], [etyp, ["id"]]);
    }
  });

  test("a number that cannot be counted is named", () => {
    const problemsOf = (n: unknown) =>
      message({ etyp: "count", id: "x", n })?.problems?.map(({ field }) => field);
    for (const n of [1.5, 1e300, "many", " ", true, [2]]) assert.deepEqual(problemsOf(n), ["n"], String(n));
    for (const n of [-2, "4", 0, null]) assert.equal(problemsOf(n), undefined, String(n));
  });

  test("the moment is the message's own, unless it is none", () => {
    const at = receivedAt - 60_000;
    assert.equal(message({ etyp: "update", id: "x", updated: at })?.timestamp_utc, at);
    assert.equal(message({ etyp: "log", topic: "x", ltimenss: `${at}000000` })?.timestamp_utc, at);
    for (const updated of ["soon", receivedAt + 1, 5, -1]) {
      assert.equal(message({ etyp: "update", id: "x", updated })?.timestamp_utc, receivedAt);
    }
  });

  test("equal messages of one moment are as many events", () => {
    const { events } = decode(post(Array(5).fill({ etyp: "count", id: "x" }), "/str/v1/", { trusted: true }));
    assert.equal(new Set(events.map(({ event }) => event.id)).size, 5);
  });
});

test("where browsers send, log, count and update are words of the site's own", () => {
  for (const etyp of ["log", "count", "update"]) {
    const event = message({ etyp, ename: "saved", id: "x" }, "/tr/v1/");
    assert.deepEqual([event?.type, event?.name, event?.event_category], ["track", "saved", etyp]);
  }
});

test("another event of a server is what it says it is", () => {
  const event = message({ ename: "shipped", etyp: "order" });
  assert.deepEqual([event?.type, event?.name, event?.event_category], ["track", "shipped", "order"]);
});
