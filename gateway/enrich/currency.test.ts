import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { createRates, readDays, roundCents } from "./rates.ts";
import { enriched, site } from "./test-event.ts";

const withFile = (text: string, work: (file: string) => void): void => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-rates-"));
  try {
    const file = join(dir, "rates.json");
    writeFileSync(file, text);
    work(file);
  } finally {
    rmSync(dir, { recursive: true });
  }
};

const usdOf = (value: number, currency: string | null) =>
  enriched({ value, currency }, { site: { ...site, currencyRates: { EUR: 0.5 } } }).value_in_usd;

describe("amounts in USD", () => {
  test("are converted at the site's rate", () => assert.equal(usdOf(30.03, "EUR"), 15.02));
  test("know the currency in small letters", () => assert.equal(usdOf(10, "eur"), 5));
  test("need no rate where they are USD", () => assert.equal(usdOf(30.03, "USD"), 30.03));
  test("are none without a currency or its rate", () => {
    assert.equal(usdOf(1, null), undefined);
    assert.equal(usdOf(1, "CHF"), undefined);
    assert.equal(usdOf(1, "constructor"), undefined);
  });
});

test("goods of GA4 have their worth in USD beside each amount, and keep what else they are", () => {
  const items = [
    { item_id: "a", price: 30.03, item_revenue: 60.06, quantity: 2 },
    { price: "9" },
    "b",
    null,
    [1],
  ];
  const itemsOf = (tracking_protocol: "ga4_gtag" | "native") =>
    enriched(
      { items, currency: "EUR", tracking_protocol },
      { site: { ...site, currencyRates: { EUR: 0.5 } } },
    ).items;
  assert.deepEqual(itemsOf("ga4_gtag"), [
    { ...(items[0] as object), price_in_usd: 15.02, item_revenue_in_usd: 30.03 },
    ...items.slice(1),
  ]);
  assert.deepEqual(itemsOf("native"), items);
});

test("halves of a cent go to the even cent, for refunds too", () => {
  const table = [
    [15.015, 15.02],
    [1.005, 1],
    [-1.005, -1],
    [-15.015, -15.02],
    [2.675, 2.68],
    [0, 0],
    [1e12 + 0.01, 1e12 + 0.01],
  ] as const;
  for (const [amount, rounded] of table) assert.equal(roundCents(amount), rounded, String(amount));
});

describe("a file of rates by date", () => {
  const text = JSON.stringify({
    "2026-01-02": { EUR: 1.1 },
    "2026-01-05": { EUR: 1.2, GBP: 1.3 },
    "2026-01-06": { EUR: 1.25 },
  });
  const at = (day: string) => Date.parse(`${day}T23:59:59Z`);

  test("gives the event's own day, days without rates go by the day before", () => {
    withFile(text, (file) => {
      const rate = createRates(file);
      assert.equal(rate("EUR", at("2026-01-02")), 1.1);
      assert.equal(rate("EUR", at("2026-01-04")), 1.1);
      assert.equal(rate("EUR", at("2026-01-05")), 1.2);
      assert.equal(rate("GBP", at("2026-01-06")), 1.3);
      assert.equal(rate("EUR", at("2027-01-01")), 1.25);
    });
  });

  test("says nothing of days before its first, nor of other currencies", () => {
    withFile(text, (file) => {
      const rate = createRates(file);
      assert.equal(rate("EUR", at("2026-01-01")), null);
      assert.equal(rate("CHF", at("2026-01-06")), null);
      assert.equal(rate("USD", at("2026-01-01")), 1);
    });
  });

  test("is refused in one sentence where it is something else", () => {
    const wrong = [
      "",
      "[]",
      "{",
      `{"today": {}}`,
      `{"2026-01-01": {"EUR": "1"}}`,
      `{"2026-01-01": {"EUR": 0}}`,
    ];
    for (const one of wrong) withFile(one, (file) => assert.throws(() => readDays(file), /rates\.json/));
    assert.throws(() => readDays("/nowhere/rates.json"), /cannot be read/);
  });
});
