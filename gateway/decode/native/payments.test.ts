import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Event } from "../../model/event.ts";
import { decode, get, post, receivedAt } from "./test-hit.ts";

const paid = (body: unknown, target = "/tr/v1/ltv/"): readonly Event[] =>
  decode(post(body, target, { trusted: true })).events.map(({ event }) => event);
const ids = (body: unknown, target?: string) => paid(body, target).map(({ id }) => id);
const hour = 3_600_000;

test("a payment of the older layout: one a call, its amount in amt, no currency", () => {
  const [event, ...more] = paid(
    {
      uid: "u1",
      vid: "14fb0860b4bf11e989717b80435315ac",
      orid: "o1",
      amt: "19.90",
      invid: "{1A2B3C4D-0000-4000-8000-000000000001}",
      pid: "p1",
      product: "Tea",
      duration: "1 year",
      qty: 2,
      paid: String(receivedAt - hour),
      starts: receivedAt,
    },
    "/tlv/v1/",
  );
  assert.equal(more.length, 0);
  assert.deepEqual(
    [event?.type, event?.name, event?.user_id, event?.client_id, event?.order_id],
    ["payment", "payment", "u1", "14fb0860-b4bf-11e9-8971-7b80435315ac", "o1"],
  );
  assert.deepEqual(
    [event?.value, event?.currency, event?.timestamp_utc],
    [19.9, undefined, receivedAt - hour],
  );
  assert.equal(event?.engagement_time_ms, undefined);
  assert.deepEqual(event?.properties, {
    amt: 19.9,
    invid: "{1A2B3C4D-0000-4000-8000-000000000001}",
    pid: "p1",
    product: "Tea",
    duration: "1 year",
    qty: 2,
    paid: receivedAt - hour,
    starts: receivedAt,
  });
  assert.equal(event?.problems, undefined);
});

test("payments of the newer layout: lines that share what the object says, in dollars unless they say otherwise", () => {
  const events = paid({
    uid: "u1",
    invid: "i1",
    payments: [
      { pid: "a", total: 10, paid_at: new Date(receivedAt - hour).toISOString() },
      { pid: "b", revenue: 5, currency: "eur" },
    ],
  });
  assert.deepEqual(
    events.map(({ value, currency, user_id, timestamp_utc }) => [value, currency, user_id, timestamp_utc]),
    [
      [10, "USD", "u1", receivedAt - hour],
      [5, "EUR", "u1", receivedAt],
    ],
  );
});

test("a currency that cannot be read is not taken for dollars", () => {
  const currencies = ["€", "EURO", 978, {}, " eur ", "", null];
  const events = paid({ uid: "u1", payments: currencies.map((currency) => ({ total: 3, currency })) });
  assert.deepEqual(
    events.map(({ value, currency }) => [value, currency]),
    [...Array(4).fill([3, undefined]), [3, "EUR"], [3, "USD"], [3, "USD"]],
  );
  assert.ok(events[0]?.problems?.some(({ field }) => field === "currency"));
});

test("tuples and queries pay as well", () => {
  for (const target of ["/tlv/v1/uid/u1/amt/5/invid/i1", "/tlv/v1/?uid=u1&amt=5&invid=i1"]) {
    const { events } = decode(get(target, { trusted: true }));
    assert.deepEqual([events[0]?.event.value, events[0]?.event.user_id], [5, "u1"]);
  }
});

test("lists and lines of JSON are payments each", () => {
  assert.equal(
    paid([
      { amt: 1, invid: "i1" },
      { amt: 2, invid: "i2" },
    ]).length,
    2,
  );
  assert.equal(paid(`{"amt":1,"invid":"i1"}\n{"amt":2,"invid":"i2"}`).length, 2);
});

describe("what is paid", () => {
  const table: readonly (readonly [fields: object, value: number, name: string])[] = [
    [{ total: 3, payment: 2, amt: 1 }, 3, "payment"],
    [{ payment: 2, amt: 1, revenue: 9 }, 2, "payment"],
    [{ amt: 1, revenue: 9 }, 9, "payment"],
    [{ amt: 1 }, 1, "payment"],
    [{ revenue: "9" }, 9, "payment"],
    [{ total: 0 }, 0, "payment"],
    [{ total: -4 }, -4, "refund"],
    [{ total: 4, refund: true }, -4, "refund"],
    [{ total: -4, etyp: "refund" }, -4, "refund"],
  ];
  for (const [fields, value, name] of table) {
    test(JSON.stringify(fields), () => {
      const [event] = paid({ invid: "i1", ...fields });
      assert.deepEqual([event?.value, event?.name], [value, name]);
    });
  }

  test("in the older layout it is amt that counts, whatever else the line is worth", () => {
    const [part] = paid({ invid: "i1", amt: 10, payment: 20, total: 100, revenue: 80 }, "/tlv/v1/");
    assert.equal(part?.value, 10);
    assert.deepEqual(part?.properties, { invid: "i1", amt: 10, payment: 20, total: 100, revenue: 80 });
    assert.equal(paid({ invid: "i2", total: 100, revenue: 80 }, "/tlv/v1/")[0]?.value, 100);
  });

  test("a line that is no object is a reject, and its neighbours are paid", () => {
    const payments = [5, { pid: "a", total: 1 }, null, [{ total: 2 }], ...new Array(100).fill("x")];
    const hit = post({ invid: "i1", payments }, "/tr/v1/ltv/", { trusted: true });
    const { events, rejects } = decode(hit);
    assert.equal(events.length, 1);
    assert.equal(rejects.length, 20);
    assert.equal(rejects[0]?.reason, "expected an object in the list of payments");
  });

  test("a question after what somebody has paid is no payment", () => {
    for (const target of ["/tlv/v1/?uid=u1", "/tr/v1/ltv/ORID/o1", "/tlv/v1/?vid=v&limit=5"]) {
      assert.deepEqual(decode(get(target, { trusted: true })), { events: [], rejects: [] });
    }
    assert.equal(decode(get("/tlv/v1/?uid=u1&amt=much", { trusted: true })).rejects.length, 1);
  });

  test("without an amount it is a reject, and its neighbours are kept", () => {
    const { events, rejects } = decode(
      post(
        { invid: "i1", payments: [{ pid: "a" }, { pid: "b", total: 1 }, { total: "much" }] },
        "/tr/v1/ltv/",
        {
          trusted: true,
        },
      ),
    );
    assert.equal(events.length, 1);
    assert.deepEqual(
      rejects.map(({ reason }) => reason),
      Array(2).fill("a payment without an amount (total, payment, amt or revenue)"),
    );
  });

  test("an amount that is none is named, and the others count", () => {
    for (const bad of ["1e99", "NaN", 1e10, {}, "0x10"]) {
      const [event] = paid({ invid: "i1", total: bad, amt: 5 });
      assert.equal(event?.value, 5);
      assert.deepEqual(
        event?.problems?.map(({ field }) => field),
        ["total"],
      );
    }
  });
});

test("in the newer layout an invoice is its order, unless the line names another", () => {
  const invid = "{1A2B3C4D-0000-4000-8000-000000000001}";
  const order = (body: object, target?: string) => paid(body, target)[0]?.order_id;
  assert.equal(order({ total: 1, invid }), invid);
  assert.equal(order({ total: 1, invid: "R-17" }), "R-17");
  assert.equal(order({ total: 1, invid, orid: "o1" }), "o1");
  assert.equal(order({ amt: 1, invid }, "/tlv/v1/"), undefined);
});

describe("a line of an invoice is one event however often it is sent", () => {
  const line = { invid: "1a2b3c4d-0000-4000-8000-000000000001", pid: "p1", total: 10 };

  test("whatever else is sent with it, and in whichever form its ids are", () => {
    const [id] = ids(line);
    assert.deepEqual(ids({ ...line, uid: "u1", paid: receivedAt, total: 12 }), [id]);
    assert.deepEqual(ids({ ...line, invid: "{1A2B3C4D-0000-4000-8000-000000000001}" }), [id]);
    assert.deepEqual(ids({ payments: [line] }), [id]);
    assert.deepEqual(ids({ ...line }, "/tlv/v1/"), [id]);
    const { events } = decode(
      post(line, "/tr/v1/ltv/", { trusted: true, receivedAt: receivedAt + 90 * 24 * hour }),
    );
    assert.deepEqual([events[0]?.event.id, events[0]?.keyTime], [id, null]);
  });

  test("another product, line, invoice or site is another one", () => {
    const others = [
      { ...line, pid: "p2" },
      { ...line, line: 2 },
      { ...line, line: 3 },
      { ...line, invid: "i2" },
    ].flatMap((one) => ids(one));
    assert.equal(new Set([...ids(line), ...others]).size, 5);
  });

  test("the same product twice in one invoice is two lines, and both are the same when sent again", () => {
    const body = { invid: "i1", payments: [line, { ...line, total: 11 }].map(({ invid: _, ...own }) => own) };
    const first = ids(body);
    assert.equal(new Set(first).size, 2);
    assert.deepEqual(ids(body), first);
  });

  test("refunds are apart from what they refund and from each other, and the same when sent again", () => {
    const refunds = [
      { ...line, total: -3, paid: receivedAt - hour },
      { ...line, total: -3, paid: receivedAt },
      { ...line, total: -4, paid: receivedAt },
    ];
    const first = refunds.flatMap((one) => ids(one));
    assert.equal(new Set([...ids(line), ...first]).size, 4);
    assert.deepEqual(
      refunds.flatMap((one) => ids(one)),
      first,
    );
  });

  test("an eid of the sender's is the id", () => {
    const eid = "0190a4c2-2e7a-7cc0-98c4-dc0c0c07398f";
    assert.deepEqual(ids({ ...line, eid }), [eid]);
  });

  test("without an invoice every call counts, and says so", () => {
    const [event] = paid({ total: 10, uid: "u1" });
    assert.deepEqual(
      event?.problems?.map(({ field }) => field),
      ["invid"],
    );
    const [first, second] = [...ids([{ total: 10 }, { total: 10 }])];
    assert.notEqual(first, second);
  });
});

test("hostile lines cost nothing but themselves", () => {
  const hostile = [
    `{"payments":[5,null,[],{"__proto__":{"total":1},"invid":"x"},{"total":1,"invid":"ok"}]}`,
    `{"payments":[{"total":1,"invid":"\\ud800"}]}`,
    `{"payments":[{"total":1,"invid":"${"x".repeat(5000)}"}]}`,
    `{"payments":{"total":1},"total":2,"invid":"i"}`,
  ];
  for (const body of hostile) {
    for (const event of paid(body)) {
      assert.equal(event.type, "payment");
      assert.ok(JSON.stringify(event).isWellFormed());
    }
  }
  assert.equal(paid(hostile[0]).length, 1);
});

test("of more payments than a request may bring the first are kept and the others said", () => {
  const payments = Array.from({ length: 103 }, (_, i) => ({ total: 1, pid: String(i) }));
  const { events, rejects } = decode(post({ invid: "i", payments }, "/tr/v1/ltv/", { trusted: true }));
  assert.equal(events.length, 100);
  assert.deepEqual(
    rejects.map(({ reason }) => reason),
    ["over 100 payments in one request: 3 after them left out"],
  );
});
