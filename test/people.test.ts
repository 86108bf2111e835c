/** Who is who, from requests to the export: what joins visitors, what an attacker cannot, and who sent whom. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { type ExportRow, exported, replayInto, withFolder } from "./replay-run.ts";

const start = Date.UTC(2026, 2, 1, 12);
const key = "a-write-key-of-the-site";

const settings = {
  sites: [
    {
      id: "main",
      hosts: ["shop.example"],
      writeKeys: [key],
      sessions: { maxEvents: 5 },
      ipMasking: 0,
    },
  ],
};

interface Said {
  /** seconds after the start */
  readonly at: number;
  readonly vid?: string;
  readonly uid?: string;
  readonly more?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly url?: string;
}

const own = { origin: "https://shop.example" };
const server = { authorization: `Bearer ${key}` };

/** A line of a recording: an event of a page of the site, unless it is said otherwise. */
const lineOf = ({ at, vid, uid, more = {}, headers = own, method = "POST", url = "/tr/v1/" }: Said): string =>
  JSON.stringify({
    at: start + at * 1000,
    method,
    url,
    headers: { host: "shop.example", "user-agent": "Mozilla/5.0", ...headers },
    ...(method === "POST" ? { body: JSON.stringify({ ename: "page_view", vid, uid, ...more }) } : {}),
    remote_address: "203.0.113.7",
  });

interface Kept {
  readonly events: readonly ExportRow[];
  readonly sessions: readonly ExportRow[];
}

const keep = (lines: readonly string[], ...options: readonly string[]): Promise<Kept> =>
  withFolder(async (dir) => {
    const { code, err } = await replayInto(dir, settings, lines, ...options);
    assert.deepEqual([code, err], [0, ""]);
    return { events: await exported(dir, "events"), sessions: await exported(dir, "sessions") };
  });

/** The visitors of each session, by the seconds at which their events happened. */
const together = ({ events }: Kept): readonly (readonly number[])[] => {
  const groups = new Map<unknown, number[]>();
  for (const row of events) {
    const at = (Number(row["received_at"]) - start) / 1000;
    groups.set(row["session_id"], [...(groups.get(row["session_id"]) ?? []), at]);
  }
  return [...groups.values()]
    .map((seconds) => seconds.sort((a, b) => a - b))
    .sort(([a = 0], [b = 0]) => a - b);
};

const problemsOf = (row: ExportRow | undefined): string => JSON.stringify(row?.["problems"] ?? null);

test("visitors who log in as one user are one person, from their first events on", async () => {
  const kept = await keep([
    lineOf({ at: 0, vid: "phone" }),
    lineOf({ at: 60, vid: "laptop" }),
    lineOf({ at: 120, vid: "phone", uid: "ada" }),
    lineOf({ at: 180, vid: "other" }),
    lineOf({ at: 240, vid: "laptop", uid: "ada" }),
  ]);
  assert.deepEqual(together(kept), [[0, 60, 120, 240], [180]]);
  assert.equal(kept.sessions[0]?.["user_id"], "ada");
});

test("an alias joins what was known under the former id", async () => {
  const kept = await keep([
    lineOf({ at: 0, vid: "a", uid: "cart-17" }),
    lineOf({ at: 60, vid: "b", uid: "ada", more: { type: "alias", params: { previousId: "cart-17" } } }),
  ]);
  assert.equal(kept.sessions.length, 2, "another user starts another session");
  assert.deepEqual(
    kept.sessions.map((row) => row["session_split_cause"]),
    [null, "user_id_changed"],
  );
});

const ids = {
  root: "0190a4c2-2e7a-7cc0-98c4-dc0c0c073901",
  child: "0190a4c2-2e7a-7cc0-98c4-dc0c0c073902",
  grandchild: "0190a4c2-2e7a-7cc0-98c4-dc0c0c073903",
};

const victim = [lineOf({ at: 0, vid: "victim", uid: "ada" })];
const attacks: readonly [what: string, said: Said][] = [
  [
    "from another site's page",
    { at: 60, vid: "attacker", uid: "ada", headers: { origin: "https://evil.example" } },
  ],
  ["with an opaque origin", { at: 60, vid: "attacker", uid: "ada", headers: { origin: "null" } }],
  ["without an origin", { at: 60, vid: "attacker", uid: "ada", headers: {} }],
  [
    "by an image on another page",
    { at: 60, method: "GET", url: "/tr/v1/?ename=page_view&vid=attacker&uid=ada", headers: own },
  ],
  [
    "with a wrong write key",
    { at: 60, vid: "attacker", uid: "ada", headers: { authorization: "Bearer a-write-key-of-the-sitf" } },
  ],
  ["under a placeholder", { at: 60, vid: "attacker", uid: "undefined" }],
  ["by a bot", { at: 60, vid: "attacker", uid: "ada", headers: { ...own, "user-agent": "Googlebot/2.1" } }],
  [
    "against the visitor's wish",
    { at: 60, vid: "attacker", uid: "ada", headers: { ...own, "sec-gpc": "1" } },
  ],
];

describe("what joins nobody", () => {
  for (const [what, said] of attacks) {
    test(`a user's id claimed ${what}`, async () => {
      const kept = await keep([...victim, lineOf(said), lineOf({ ...said, at: 90 })]);
      const [first] = together(kept);
      assert.deepEqual(first, [0]);
      assert.equal(kept.events.length, 3, "what was sent is kept");
    });
  }

  test("a visitor's id in a body, beside the cookie that says who is asking", async () => {
    const cookie = `vid=${ids.child}`;
    const { events } = await keep([
      lineOf({ at: 0, vid: ids.root }),
      lineOf({ at: 60, vid: ids.root, uid: "mallory", headers: { ...own, cookie } }),
    ]);
    assert.equal(events[1]?.["client_id"], ids.child, "the cookie beats the body");
    assert.notEqual(events[1]?.["session_id"], events[0]?.["session_id"]);
  });

  test("placeholders are named", async () => {
    const { events } = await keep([
      lineOf({ at: 0, vid: "a", uid: "guest" }),
      lineOf({ at: 60, vid: "b", uid: "guest" }),
    ]);
    assert.equal(new Set(events.map((row) => row["session_id"])).size, 2);
    assert.match(problemsOf(events[1]), /nobody in particular/);
  });

  test("more than twenty visitors are no one user, unless the site's server says so", async () => {
    const claims = (headers: Said["headers"] & object) =>
      Array.from({ length: 23 }, (_, i) =>
        lineOf({ at: 23 - i, vid: `v${String(i).padStart(2, "0")}`, uid: "shared", headers }),
      );
    const claimed = await keep(claims(own));
    // The earliest claims join, although they came last; a session holds five events here.
    assert.deepEqual(
      claimed.events.filter((row) => problemsOf(row).includes("not joined")).map((row) => row["client_id"]),
      ["v00", "v01", "v02"],
    );
    const people = claimed.sessions.filter((row) => row["session_split_cause"] === null);
    assert.equal(people.length, 4, "one person of twenty visitors, and three");
    const told = await keep(claims(server));
    assert.equal(told.sessions.filter((row) => row["session_split_cause"] === null).length, 1);
  });

  test("what the site has taken back, from the first event on", async () => {
    const undo = { type: "alias", params: { undo: true } };
    const lines = [
      lineOf({ at: 0, vid: "a", uid: "ada" }),
      lineOf({ at: 60, vid: "b", uid: "ada" }),
      lineOf({ at: 120, vid: "b", uid: "ada", more: undo, headers: server }),
      lineOf({ at: 180, vid: "b", uid: "ada" }),
    ];
    const kept = await keep(lines);
    assert.deepEqual(together(kept), [[0], [60, 120, 180]]);
    assert.match(problemsOf(kept.events[3]), /taken back/);
    assert.deepEqual(together(await keep(lines.toReversed())), [[0], [60, 120, 180]]);
    const page = lineOf({ at: 120, vid: "b", uid: "ada", more: undo });
    assert.deepEqual(together(await keep([...lines.slice(0, 2), page])), [[0, 60, 120]], "no page can do it");
  });
});

test("what a server says of a user without a visitor counts for the person, and is no visit", async () => {
  const kept = await keep([
    lineOf({ at: 0, vid: "a", uid: "ada", more: { rcode: "X1" } }),
    lineOf({ at: 60, uid: "ada", headers: server, more: { ename: "purchase", outcome: "paid", value: 5 } }),
  ]);
  assert.deepEqual(
    kept.events.map((row) => [row["session_total_events"], row["referral_rcode"]]),
    [
      [1, "X1"],
      [null, "X1"],
    ],
  );
});

describe("who sent whom", () => {
  const sale = (at: number, vid: string) => lineOf({ at, vid, more: { ename: "purchase", outcome: "paid" } });

  test("the first referral stays, counts generations, and is carried to every outcome", async () => {
    const lines = [
      lineOf({ at: 0, vid: ids.root }),
      lineOf({ at: 10, vid: ids.child, more: { ref: ids.root, aff: "spring" } }),
      lineOf({ at: 20, vid: ids.child, more: { ref: ids.grandchild } }),
      lineOf({ at: 30, vid: ids.grandchild, more: { ref: ids.child } }),
      sale(40, ids.root),
      sale(7200, ids.child),
      sale(7300, ids.grandchild),
    ];
    for (const arriving of [lines, lines.toReversed()]) {
      const { events } = await keep(arriving);
      const sales = events.filter((row) => row["name"] === "purchase");
      assert.deepEqual(
        sales
          .toSorted((a, b) => Number(a["received_at"]) - Number(b["received_at"]))
          .map((row) => [row["referral_ref"], row["referral_aff"], row["referral_generation"]]),
        [
          [null, null, null],
          [ids.root, "spring", 1],
          [ids.child, null, 2],
        ],
      );
    }
  });

  test("nobody sends himself, not by another browser of his either", async () => {
    const { events } = await keep([
      lineOf({ at: 0, vid: ids.root, uid: "ada" }),
      lineOf({ at: 10, vid: ids.child, more: { ref: ids.root } }),
      lineOf({ at: 20, vid: ids.child, uid: "ada" }),
      lineOf({ at: 30, vid: ids.child, more: { rcode: "from-bob" } }),
      sale(40, ids.child),
    ]);
    assert.deepEqual(
      events.map((row) => row["referral_generation"]),
      [null, null, null, 1, 1],
    );
    assert.equal(events[4]?.["referral_rcode"], "from-bob");
  });

  test("people who send each other do not count for ever", async () => {
    const { events } = await keep([
      lineOf({ at: 0, vid: ids.root, more: { ref: ids.child } }),
      lineOf({ at: 10, vid: ids.child, more: { ref: ids.root } }),
      sale(20, ids.root),
    ]);
    assert.equal(events[2]?.["referral_generation"], 2);
  });
});

test("first touch stays, the last one that was not direct is remembered", async () => {
  const touch = (at: number, page: string) =>
    lineOf({ at, vid: "a", more: { url: `https://shop.example/${page}` } });
  const { sessions } = await keep([
    touch(0, "?utm_source=news&utm_medium=email&utm_campaign=spring"),
    touch(7200, ""),
    touch(14_400, "?utm_source=ads&utm_medium=cpc"),
    touch(21_600, ""),
  ]);
  assert.deepEqual(
    sessions.map((row) => [row["session_source"], row["first_touch_source"], row["last_touch_source"]]),
    [
      ["news", "news", "news"],
      ["direct", "news", "news"],
      ["ads", "news", "ads"],
      ["direct", "news", "ads"],
    ],
  );
  assert.equal(sessions[3]?.["first_touch_campaign"], "spring");
});

const drawn = fc.record({
  at: fc.integer({ min: 0, max: 40 }).map((n) => n * 300),
  delay: fc.constantFrom(0, 0, 0, 1, 5000),
  vid: fc.constantFrom("a", "b", "c", "d"),
  uid: fc.constantFrom(undefined, undefined, "ada", "bob"),
  headers: fc.constantFrom(own, own, server, {}),
  page: fc.constantFrom("", "pricing", "?utm_campaign=spring&utm_source=news"),
  ref: fc.constantFrom(undefined, undefined, ids.root),
});

test("any order of arrival, any batches and any repeats give the same export", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(drawn, { minLength: 1, maxLength: 30 }).chain((events) => {
        const lines = events.map(({ at, delay, vid, uid, headers, page, ref }, i) => {
          const created = start + at * 1000;
          const eid = `0190a4c2-2e7a-4cc0-98c4-dc0c0c07${String(i).padStart(4, "0")}`;
          const url = `https://shop.example/${page}`;
          return lineOf({
            at: at + delay,
            vid,
            ...(uid ? { uid } : {}),
            headers,
            more: { created, eid, url, ref },
          });
        });
        return fc.record({
          lines: fc.constant(lines),
          arriving: fc.tuple(
            fc.shuffledSubarray(lines, { minLength: lines.length, maxLength: lines.length }),
            fc.subarray(lines),
          ),
          batch: fc.constantFrom("1", "3", "1000"),
        });
      }),
      async ({ lines, arriving, batch }) => {
        const byId = (rows: readonly ExportRow[]) =>
          [...rows].sort((a, b) => (String(a["id"]) < String(b["id"]) ? -1 : 1));
        const first = await keep(lines);
        const second = await keep(arriving.flat(), "--batch", batch);
        assert.deepEqual(byId(second.events), byId(first.events));
        assert.deepEqual(second.sessions, first.sessions);
      },
    ),
    { numRuns: 15 },
  );
});
