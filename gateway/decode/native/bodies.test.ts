import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "../../model/json.ts";
import { decode, eventOf, post, problemsOf } from "./test-hit.ts";

const names = (body: unknown, target?: string) =>
  decode(post(body, target)).events.map(({ event }) => event.name);
const reasons = (body: unknown, target?: string) =>
  decode(post(body, target)).rejects.map(({ reason }) => reason);

interface Case {
  readonly what: string;
  readonly body: unknown;
  readonly target?: string;
  /** names of the events */
  readonly events: readonly string[];
  readonly rejects: readonly RegExp[];
}

const bodies: readonly Case[] = [
  { what: "an object is one event", body: { ename: "a" }, events: ["a"], rejects: [] },
  {
    what: "a list is one event each",
    body: [{ ename: "a" }, { ename: "b" }],
    events: ["a", "b"],
    rejects: [],
  },
  {
    what: "lines are one event each",
    body: `{"ename":"a"}\n\r\n{"ename":"b"}\n`,
    events: ["a", "b"],
    rejects: [],
  },
  {
    what: "a batch is one event each",
    body: { sent: 1, events: [{ ename: "a" }] },
    events: ["a"],
    rejects: [],
  },
  {
    what: "a byte order mark is no part of the JSON",
    body: `\ufeff{"ename":"a"}`,
    events: ["a"],
    rejects: [],
  },
  {
    what: "an empty body is what path and query say",
    body: "",
    target: "/tr/v1/ename/a",
    events: ["a"],
    rejects: [],
  },
  { what: "an empty request is an event, too", body: "", events: ["event"], rejects: [] },
  { what: "an empty list is nothing", body: "[]", events: [], rejects: [] },
  { what: "broken JSON is a reject", body: `{"ename":"a"`, events: [], rejects: [/not JSON/] },
  { what: "a text is a reject", body: `"hello"`, events: [], rejects: [/expected an object/] },
  { what: "null is a reject", body: "null", events: [], rejects: [/expected an object/] },
  {
    what: "a broken body does not spoil what the query says",
    body: "<xml>",
    target: "/tr/v1/?ename=a",
    events: ["a"],
    rejects: [/not JSON/],
  },
  {
    what: "in a list the good neighbours of a bad element are kept",
    body: [{ ename: "a" }, 5, null, [{ ename: "x" }], { ename: "b" }],
    events: ["a", "b"],
    rejects: [/object in the list/, /object in the list/, /object in the list/],
  },
  {
    what: "a broken line does not spoil the others",
    body: `{"ename":"a"}\n{"ename":\n[1]\n{"ename":"b"}`,
    events: ["a", "b"],
    rejects: [/line is not JSON/, /object in the line/],
  },
];

describe("bodies", () => {
  for (const { what, body, target, events, rejects } of bodies) {
    test(what, () => {
      assert.deepEqual(names(body, target), events);
      const found = reasons(body, target);
      assert.equal(found.length, rejects.length);
      for (const [i, reason] of rejects.entries()) assert.match(found[i] ?? "", reason);
    });
  }

  test("of more events than a request may bring the first are kept and the others said", () => {
    const list = Array.from({ length: 103 }, (_, i) => ({ ename: `e${i}` }));
    assert.equal(names(list).length, 100);
    assert.deepEqual(reasons(list), ["over 100 events in one request: 3 after them left out"]);
    const lines = list.map((one) => JSON.stringify(one)).join("\n");
    assert.equal(names(lines).length, 100);
    assert.deepEqual(reasons(lines), ["over 100 events in one request: all after them left out"]);
  });

  test("as many lines as a request may bring are all kept, whatever blank ones stand between and behind them", () => {
    const lines = `${Array.from({ length: 100 }, (_, i) => `{"ename":"e${i}"}`).join("\n\r\n")}\r\n\n`;
    assert.equal(names(lines).length, 100);
    assert.deepEqual(reasons(lines), []);
  });

  test("a number with more digits than numbers have is kept digit by digit", () => {
    const event = eventOf(
      post(`{"uid":1234567890123456789,"order":-1234567890123456789,"score":12345678901234567168}`),
    );
    assert.equal(event.user_id, "1234567890123456789");
    assert.deepEqual(event.properties, { order: "-1234567890123456789" });
    assert.equal(event.score, Number("12345678901234567168"));
    const inText = post({ params: `{"order":1234567890123456789}` });
    assert.deepEqual(eventOf(inText).properties, { order: "1234567890123456789" });
  });

  test("many bad elements are not many rejects", () => {
    assert.equal(reasons(new Array(100).fill(1)).length, 21);
  });

  test("a reject's sample is short, sound text without addresses", () => {
    const [reject] = decode(post(`{"email":"jane@example.com","x":"\0\ud800${"y".repeat(1000)}`)).rejects;
    assert.ok(reject && reject.sample.length <= 500 && reject.sample.isWellFormed());
    assert.doesNotMatch(reject.sample, /jane|\0/);
  });
});

describe("lists", () => {
  test("events of one moment keep the order in which they were written, unless their sender counts them", () => {
    const list = [{ ename: "a" }, { ename: "b", seq: 7 }, { ename: "c" }];
    const places = (body: unknown) => decode(post(body)).events.map(({ event }) => event.sequence ?? 0);
    assert.deepEqual(places(list), [0, 7, 2]);
    assert.deepEqual(places({ events: list }), [0, 7, 2]);
    const [first = 0, counted, last = 0] = places(list.map((one) => JSON.stringify(one)).join("\n"));
    assert.equal(counted, 7);
    assert.ok(first < last);
  });

  test("path, query and batch hold for every event, and the event's own word beats them", () => {
    const body = { app: "batch", rel: "batch", events: [{ ename: "a" }, { ename: "b", rel: "own" }] };
    const events = decode(post(body, "/tr/v1/tz/UTC?app=query")).events.map(({ event }) => event);
    assert.deepEqual(
      events.map(({ tz, app, release }) => [tz, app, release]),
      [
        ["UTC", "batch", "batch"],
        ["UTC", "batch", "own"],
      ],
    );
  });

  test("what a batch says under one name of a field beats path and query under another", () => {
    const body = { version: "batch", App: "batch", events: [{ ename: "a" }, { ename: "b", VER: "own" }] };
    const events = decode(post(body, "/tr/v1/ver/path/app/path?APP=query")).events.map(({ event }) => event);
    assert.deepEqual(
      events.map(({ version, app }) => [version, app]),
      [
        ["batch", "batch"],
        ["own", "batch"],
      ],
    );
  });

  test("an id in path, query or batch is not the id of every event", () => {
    const eid = "0190a4c2-2e7a-7cc0-98c4-dc0c0c07398f";
    const { events } = decode(post({ eid, events: [{}, {}] }, `/tr/v1/EID/${eid}?utm_eid=${eid}`));
    assert.equal(new Set(events.map(({ event }) => event.id)).size, 2);
    assert.ok(!events.some(({ event }) => event.id === eid));
  });

  test("equal events of one list are different events", () => {
    const { events } = decode(post([{ ename: "a" }, { ename: "a" }]));
    assert.equal(new Set(events.map(({ event }) => event.id)).size, 2);
  });
});

const nested = (levels: number): string => `${'{"d":'.repeat(levels)}1${"}".repeat(levels)}`;

describe("hostile values", () => {
  test("300 levels of nesting are cut off at 32 and named", () => {
    const event = eventOf(post(`{"deep":${nested(300)},"app":"shop"}`));
    assert.deepEqual(problemsOf(event), ["deep"]);
    assert.equal(JSON.stringify(event.properties), `{"deep":${nested(31).replace("1", "{}")}}`);
    assert.equal(event.app, "shop");
  });

  test("lists nested 200,000 deep do not overflow the stack", () => {
    const lists = (n: number) => "[".repeat(n) + "]".repeat(n);
    assert.deepEqual(problemsOf(eventOf(post(`{"deep":${lists(200_000)}}`))), ["deep"]);
    assert.equal(decode(post(`[${lists(200_000)},{"ename":"a"}]`)).events.length, 1);
  });

  test("NUL characters and lone surrogates are taken out of texts and keys, and named", () => {
    const event = eventOf(post(`{"title":"a\\u0000b","k\\u0000":"x\\ud800y","ename":"\\udc00"}`));
    assert.equal(event.page_title, "ab");
    assert.equal(event.name, "\ufffd");
    assert.deepEqual(event.properties, { k: "x\ufffdy" });
    assert.deepEqual(problemsOf(event).sort(), ["ename", "k", "title"]);
  });

  test("a text of 10 MB is cut without splitting a pair", () => {
    const text = "😀".repeat(2_600_000);
    const event = eventOf(post({ title: `x${text}`, mine: text }));
    assert.equal(event.page_title?.length, 8191);
    assert.ok(event.page_title?.isWellFormed());
    assert.equal((event.properties as JsonObject)["mine"], "😀".repeat(4096));
    assert.deepEqual(problemsOf(event).sort(), ["mine", "title"]);
  });

  test("properties past 64 KiB are left out and named", () => {
    const fields = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`f${i}`, "ä".repeat(4000)]));
    const event = eventOf(post(fields));
    assert.deepEqual(Object.keys(event.properties ?? {}), ["f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7"]);
    assert.ok(Buffer.byteLength(JSON.stringify(event.properties)) <= 65_536);
    assert.deepEqual(problemsOf(event), ["f8", "f9", "f10", "f11"]);
  });

  test("numbers past the largest are left out and named", () => {
    const event = eventOf(post(`{"big":1e999,"list":[1e999,1],"score":1e999}`));
    assert.deepEqual(event.properties, { list: [null, 1] });
    assert.deepEqual(problemsOf(event).sort(), ["big", "list", "score"]);
  });

  test("__proto__ and constructor as keys change nothing but themselves", () => {
    const event = eventOf(
      post(
        `{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"params":{"__proto__":{"polluted":1},"a":{"__proto__":{"polluted":1}}}}`,
        "/tr/v1/__proto__/x/constructor/y?__proto__=z&toString=1",
      ),
    );
    assert.equal(Object.getPrototypeOf(event.properties), Object.prototype);
    assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
    assert.equal(
      JSON.stringify(event.properties),
      `{"constructor":{"prototype":{"polluted":1}},"toString":"1","a":{}}`,
    );
  });
});

describe("a small body that asks for much work", () => {
  test("what is said of every event of a list is bounded", () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k${i}`, "x"]));
    const { events } = decode(post({ ...many, list: [1], events: new Array(100).fill({}) }));
    assert.equal(events.length, 100);
    for (const { event } of events) assert.ok(JSON.stringify(event.properties).length < 2100);
    assert.match(events[0]?.event.problems?.[0]?.problem ?? "", /said of every event/);
  });

  test("of a hundred thousand properties as many are kept as there is room for", () => {
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`k${i}`, 1]));
    for (const body of [many, { params: many }, { traits: many }, { mine: many }]) {
      const event = eventOf(post(body));
      assert.ok(JSON.stringify(event).length < 80_000);
      assert.ok(problemsOf(event).length > 0);
    }
  });

  test("properties that fit are kept beside one that does not", () => {
    const event = eventOf(post({ a: 1, huge: new Array(50_000).fill("xyz"), b: 2 }));
    assert.deepEqual(event.properties, { a: 1, b: 2 });
    assert.deepEqual(problemsOf(event), ["huge"]);
  });
});
