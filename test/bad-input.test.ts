import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { exchangeBytes } from "../gateway/http/test-server.ts";
import type { Event } from "../gateway/model/event.ts";
import { newId } from "../gateway/model/ids.ts";
import { type Answer, ask } from "./ask.ts";
import { adminToken, type Gateway, startGateway } from "./gateway.ts";
import { queryData, storedEvents } from "./stored.ts";
import { waitFor } from "./wait-for.ts";
import { withGateway } from "./with-gateway.ts";

const bodyBytes = 1_048_576;

let gateway: Gateway;
before(async () => {
  gateway = await startGateway();
});
after(() => gateway?.close());

/** What was stored before the test began. */
let eventsBefore = 0;
let rejectsBefore = 0;
beforeEach(() => {
  eventsBefore = storedEvents(gateway.data).length;
  rejectsBefore = queryData(gateway.data, "SELECT no FROM rejects").length;
});

const post = (
  body: string | Buffer,
  more: { chunked?: boolean; query?: string; headers?: Record<string, string> } = {},
): Promise<Answer> =>
  ask(`${gateway.url}/tr/v1/${more.query ?? ""}`, {
    method: "POST",
    body,
    chunked: more.chunked ?? false,
    headers: more.headers ?? {},
  });

const newEvents = (): readonly Event[] => storedEvents(gateway.data).slice(eventsBefore);

/** The rejects of this test: they are written beside the events, and nobody waits for them. */
const newRejects = (count: number) =>
  waitFor(() => {
    const rows = queryData(gateway.data, "SELECT * FROM rejects ORDER BY no").slice(rejectsBefore);
    return rows.length >= count && rows;
  }, `${count} rejects`);

/** It answers and stores as if nothing had been. */
const assertGoesOn = async (): Promise<void> => {
  const id = newId();
  const answer = await post(JSON.stringify({ eid: id, ename: "still-here" }));
  assert.deepEqual([answer.status, answer.headers["turnpike-event"]], [200, id]);
  assert.ok(newEvents().some((event) => event.id === id));
};

const good = (name: string) => JSON.stringify({ eid: newId(), ename: name });
const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;

test("a body over the limit is refused with 413, with its length announced or not, and nothing of it is kept", async () => {
  const big = `[${good("lost")},${JSON.stringify({ ename: "x".repeat(bodyBytes) })}]`;
  for (const chunked of [false, true]) {
    const answer = await post(big, { chunked });
    assert.equal(answer.status, 413);
    assert.match(answer.text, /^body over 1048576 bytes: send less, or raise limits\.bodyBytes\n$/);
  }
  const claimed = await exchangeBytes(
    gateway.ports.http,
    "POST /tr/v1/ HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n{",
    "limits.bodyBytes\n",
  );
  assert.match(claimed, /^HTTP\/1\.1 413 /);
  assert.deepEqual(newEvents(), []);
  await assertGoesOn();
});

test("where the memory for bodies is full, a slow one makes room for the next", async () => {
  const config = {
    routes: [{ path: "/", respond: { status: 204 } }],
    sites: [{ id: "main", hosts: ["127.0.0.1"] }],
    limits: { bodyBytes: 100_000, bufferedBytes: 100_000 },
  };
  await withGateway({ config }, async ({ url, ports, admin }) => {
    let refusal = "";
    const slow = exchangeBytes(
      ports.http,
      `POST /tr/v1/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99000\r\n\r\n${" ".repeat(90_000)}`,
      "limits.bufferedBytes",
    ).then((text) => {
      refusal = text;
    });
    await waitFor(async () => {
      const { status } = await ask(`${url}/tr/v1/`, {
        method: "POST",
        body: good("kept") + " ".repeat(80_000),
      });
      assert.equal(status, 200);
      return refusal !== ""; // not with the first one that came before it
    }, "the refusal of the slow one");
    await slow;
    assert.match(refusal, /^HTTP\/1\.1 503 .*retry-after: 1\r\n/is);
    assert.match(await (await admin("/metrics")).text(), /\{limit="memory"\} 1\n/);
  });
});

test("a body of exactly the limit is taken", async () => {
  const frame = JSON.stringify({ ename: "full", params: { text: "" } });
  const body = frame.replace('""', JSON.stringify("x".repeat(bodyBytes - frame.length)));
  assert.equal(body.length, bodyBytes);
  assert.equal((await post(body)).status, 200);
  const [event] = newEvents();
  assert.equal(event?.name, "full");
  assert.match(JSON.stringify(event?.problems), /cut to 8192 characters/);
});

const unreadable: readonly (readonly [name: string, body: string | Buffer, reason: string])[] = [
  ["not JSON", "what is this?", "the body is not JSON"],
  ["half of a JSON object", '{"ename":"cut', "the body is not JSON"],
  ["a number", "42", "expected an object or a list of objects"],
  ["null", "null", "expected an object or a list of objects"],
  ["bytes that are no text", Buffer.from([0xff, 0xfe, 0x00, 0x80, 0xc3]), "the body is not JSON"],
  ["NUL bytes alone", "\0\0\0", "the body is not JSON"],
  ["brackets without end", "[".repeat(100_000), "the body is not JSON"],
];
for (const [name, body, reason] of unreadable) {
  test(`${name} is no event: 200, and a reject that says why`, async () => {
    const answer = await post(body);
    assert.deepEqual([answer.status, answer.headers["turnpike-rejects"]], [200, `1; ${reason}`]);
    assert.equal(answer.headers["turnpike-event"], undefined);
    const [reject, ...more] = await newRejects(1);
    assert.deepEqual(more, []);
    assert.deepEqual(
      [reject?.["reason"], reject?.["site"], reject?.["method"], reject?.["path"]],
      [reason, "main", "POST", "/tr/v1/"],
    );
    assert.deepEqual(newEvents(), []);
    await assertGoesOn();
  });
}

const mixed: readonly (readonly [
  name: string,
  bad: string,
  events: number,
  rejects: readonly string[],
  problem: RegExp | null,
])[] = [
  ["an empty list", "[]", 2, ["expected an object in the list"], null],
  ["a number", "7", 2, ["expected an object in the list"], null],
  ["null", "null", 2, ["expected an object in the list"], null],
  ["300 levels", `{"ename":"deep","params":${deep(300)}}`, 3, [], /a: .*32/],
  ["NUL characters", '{"ename":"nu\\u0000l","params":{"t":"a\\u0000b"}}', 3, [], /t: NUL characters removed/],
  ["lone surrogates", '{"ename":"half","params":{"t":"\\ud800x"}}', 3, [], /t: broken characters replaced/],
  ["a name that is a list", '{"ename":[1,2],"url":"http://a.example/"}', 3, [], /ename: /],
  ["a value that is a word", '{"ename":"buy","value":"much"}', 3, [], /value: /],
  ["an id that is an object", '{"eid":{"a":1},"ename":"odd"}', 3, [], /eid: /],
  ["a time that is a list", '{"ename":"when","created":[]}', 3, [], /created: /],
  ["params that are a number", '{"ename":"p","params":5}', 3, [], /params: expected an object/],
  [
    "keys of the language itself",
    '{"ename":"k","__proto__":{"x":1},"constructor":"c","toString":1}',
    3,
    [],
    null,
  ],
];
for (const [name, bad, events, rejects, problem] of mixed) {
  test(`${name} between two good events leaves both of them`, async () => {
    const answer = await post(`[${good("before")},${bad},${good("after")}]`);
    assert.equal(answer.status, 200);
    const stored = newEvents();
    assert.equal(stored.length, events);
    assert.deepEqual([stored[0]?.name, stored.at(-1)?.name], ["before", "after"]);
    assert.deepEqual(
      stored.map((event) => event.problems?.length ?? 0).filter((_, i) => i === 0 || i === events - 1),
      [0, 0],
    );
    if (problem)
      assert.match(
        (stored[1]?.problems ?? []).map((one) => `${one.field}: ${one.problem}`).join("\n"),
        problem,
      );
    const found = await newRejects(rejects.length);
    assert.deepEqual(
      found.map((row) => row["reason"]),
      rejects,
    );
    const row = JSON.stringify(stored);
    assert.ok(row.isWellFormed() && !row.includes("\\u0000"));
  });
}

test("a line that is broken leaves the lines beside it", async () => {
  const answer = await post(`${good("one")}\n{"ename":"br\n\n${good("two")}\n`);
  assert.equal(answer.status, 200);
  assert.deepEqual(
    newEvents().map((event) => event.name),
    ["one", "two"],
  );
  assert.deepEqual(
    (await newRejects(1)).map((row) => row["reason"]),
    ["the line is not JSON"],
  );
});

test("an empty body is a bare event, named by the address where that says something", async () => {
  const answers = [await post(""), await post(" \r\n"), await post("", { query: "?ename=from-the-address" })];
  for (const answer of answers)
    assert.deepEqual([answer.status, answer.headers["turnpike-rejects"]], [200, undefined]);
  assert.deepEqual(
    newEvents().map((event) => event.name),
    ["event", "event", "from-the-address"],
  );
  assert.deepEqual(
    newEvents().flatMap((event) => event.problems ?? []),
    [],
  );
});

test("a string of 10 MB is cut where the limit lets it in, and its neighbour is stored", () =>
  withGateway({ config: { limits: { bodyBytes: 16_777_216 } } }, async (roomy) => {
    const long = JSON.stringify({ ename: "long", params: { text: "€".repeat(3_333_333) } });
    const body = `[${good("neighbour")},${long}]`;
    assert.equal((await ask(`${roomy.url}/tr/v1/`, { method: "POST", body })).status, 200);
    const [neighbour, cut] = storedEvents(roomy.data);
    assert.deepEqual([neighbour?.name, cut?.name], ["neighbour", "long"]);
    assert.equal(String(cut?.properties?.["text"]).length, 8192);
    assert.deepEqual(cut?.problems, [{ field: "text", problem: "cut to 8192 characters" }]);
  }));

test("stored rows are shown to a token alone", async () => {
  const body = good("shown");
  const bare = await post(body, { query: "?debug=1" });
  assert.deepEqual([bare.status, bare.text], [200, ""]);
  const wrong = await post(good("shown"), { query: "?debug=1", headers: { authorization: "Bearer guess" } });
  assert.deepEqual([wrong.status, wrong.text], [200, ""]);
  const right = await post(good("shown"), {
    query: "?debug=1",
    headers: { authorization: `Bearer ${adminToken}` },
  });
  const told = JSON.parse(right.text) as { events: readonly Event[]; rejects: readonly unknown[] };
  assert.deepEqual(told.events, [newEvents().at(-1)]);
  assert.deepEqual(told.rejects, []);
  assert.equal(newEvents().length, 3, "and all three are stored");
});
