import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type DemoUpstream, readExperiments, startDemoUpstream } from "./server.ts";

let shop: DemoUpstream;
before(async () => {
  shop = await startDemoUpstream({ admin: "http://127.0.0.1:8081" });
});
after(() => shop.close());

const order = (body: string, headers: Record<string, string> = {}) =>
  fetch(`${shop.url}/api/order`, { method: "POST", body, headers, redirect: "manual" });

test("the stock goes down by the bags that are sold", async () => {
  const stock = async () => ((await (await fetch(`${shop.url}/api/stock`)).json()) as { bags: number }).bags;
  const first = await stock();
  await order('{"plan":"pair","quantity":2}');
  assert.equal(await stock(), first - 4);
});

test("an order gets the next number, its total and the variants that the gateway told of", async () => {
  const headers = { "x-experiment": "pricing-headline=b" };
  const one = await order('{"plan":"fortnight","quantity":3}', headers);
  const two = await order('{"plan":"single"}');
  assert.equal(one.status, 201);
  const first = (await one.json()) as { order: string };
  const second = (await two.json()) as { order: string };
  assert.match(first.order, /^TB-\d{4,}$/);
  assert.deepEqual(first, {
    order: first.order,
    total: 33,
    currency: "EUR",
    plan: "fortnight",
    quantity: 3,
    experiments: { "pricing-headline": "b" },
  });
  const next = `TB-${Number(first.order.slice(3)) + 1}`;
  assert.deepEqual(second, {
    order: next,
    total: 12.5,
    currency: "EUR",
    plan: "single",
    quantity: 1,
    experiments: {},
  });
});

test("a form sent without JavaScript leads to the thanks page", async () => {
  const response = await order("plan=fortnight&quantity=2", {
    "content-type": "application/x-www-form-urlencoded",
  });
  assert.equal(response.status, 303);
  assert.match(response.headers.get("location") ?? "", /^\/thanks\/\?order=TB-\d+$/);
});

const wrong: readonly (readonly [what: string, body: string, reason: RegExp])[] = [
  ["no JSON", "plan=fortnight", /JSON object/],
  ["an empty body", "", /JSON object/],
  ["an array", "[]", /JSON object/],
  ["null", "null", /JSON object/],
  ["an unknown plan", '{"plan":"mule"}', /one of single, fortnight, pair/],
  ["a plan that is a property of every object", '{"plan":"constructor"}', /one of/],
  ["half a bag", '{"plan":"single","quantity":0.5}', /whole number/],
  ["a quantity in text", '{"plan":"single","quantity":"2"}', /whole number/],
  ["seven bags", '{"plan":"single","quantity":7}', /whole number/],
];
for (const [what, body, reason] of wrong) {
  test(`an order with ${what} is refused with 400 and a sentence`, async () => {
    const response = await order(body, { "content-type": "application/json" });
    assert.equal(response.status, 400);
    assert.match(((await response.json()) as { error: string }).error, reason);
  });
}

test("an order over 16 KB is refused with 413 and the connection closed", async () => {
  const response = await order(`{"plan":"single","note":"${"x".repeat(20_000)}"}`);
  assert.equal(response.status, 413);
  assert.equal(response.headers.get("connection"), "close");
});

test("the page is told where the admin page is", async () => {
  const response = await fetch(`${shop.url}/api/demo`);
  assert.deepEqual(await response.json(), { admin: "http://127.0.0.1:8081" });
});

test("other methods and other paths are refused", async () => {
  const wrongMethod = await fetch(`${shop.url}/api/order`);
  assert.equal(wrongMethod.status, 405);
  assert.equal(wrongMethod.headers.get("allow"), "POST");
  assert.equal((await fetch(`${shop.url}/api/stock`, { method: "DELETE" })).status, 405);
  assert.equal((await fetch(`${shop.url}/api/nothing`)).status, 404);
});

test("a taken port is an error, not a silent other port", async () => {
  const port = Number(new URL(shop.url).port);
  await assert.rejects(startDemoUpstream({ admin: "", port }), { code: "EADDRINUSE" });
});

test("X-Experiment may name several experiments, and what is no pair is left out", () => {
  assert.deepEqual(readExperiments("a=1, b=control,broken, =x"), { a: "1", b: "control" });
  assert.deepEqual(readExperiments(undefined), {});
});
