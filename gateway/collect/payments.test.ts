import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ask, serve, type TestServer } from "../http/test-server.ts";
import type { Json } from "../model/json.ts";
import { payments } from "./payments.ts";
import { site, writeKey } from "./test-collector.ts";

let server: TestServer;
const reports: (readonly [name: string, parameters: Readonly<Record<string, Json>>])[] = [];
let taken = 0;
before(async () => {
  const handler = payments({
    take: (x) => {
      taken++;
      x.res.end("taken");
    },
    report: async (name, parameters) => {
      reports.push([name, parameters]);
      return [
        { currency: "EUR", value: 12.5, payments: 2, refunds: 1, firstAt: 1, lastAt: 2 },
        { currency: "", value: 1, payments: 1, refunds: 0, firstAt: 3, lastAt: 3 },
      ];
    },
    paths: ["/tr/v1/ltv/", "/tlv/v1/"],
  });
  server = await serve((x) => handler({ ...x, site }));
});
after(() => server.close());

const key = `Authorization: Bearer ${writeKey}`;

test("a GET that names a person and no amount is answered with the value by currency, to who holds the key", async () => {
  const table: readonly (readonly [target: string, of: string, id: string])[] = [
    ["/tr/v1/ltv/?uid=U1", "user", "U1"],
    ["/tlv/v1/UID/U%2F1", "user", "U/1"],
    ["/tr/v1/ltv/vid/v1", "visitor", "v1"],
    [
      "/tlv/v1/?vid=%7B14FB0860B4BF11E989717B80435315AC%7D",
      "visitor",
      "14fb0860-b4bf-11e9-8971-7b80435315ac",
    ],
    ["/tlv/v1/?orid=o1", "order", "o1"],
    ["/tlv/v1/?order_id=o1&uid=u1", "order", "o1"],
  ];
  for (const [target, of, id] of table) {
    const answer = await ask(server.port, `GET ${target}\n${key}`);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("cache-control"), "no-store");
    assert.deepEqual(JSON.parse(answer.body), {
      [of]: id,
      currencies: [
        { currency: "EUR", value: 12.5, payments: 2, refunds: 1, firstAt: 1, lastAt: 2 },
        { currency: null, value: 1, payments: 1, refunds: 0, firstAt: 3, lastAt: 3 },
      ],
    });
    assert.deepEqual(reports.at(-1), [`lifetime-value-${of}`, { site: "main", id }]);
  }
});

test("all else is taken as a payment, which asks for the key", async () => {
  const before = reports.length;
  const requests = [
    `GET /tr/v1/ltv/?uid=U1&amt=5\n${key}`,
    `GET /tlv/v1/uid/U1/total/5\n${key}`,
    `GET /tlv/v1/\n${key}`,
    `GET /tlv/v1/%ff/x\n${key}`,
    "GET /tr/v1/ltv/?uid=U1",
    "GET /tr/v1/ltv/?uid=U1\nAuthorization: Bearer wrong-key-of-the-site",
    `POST /tr/v1/ltv/?uid=U1\n${key}`,
  ];
  taken = 0;
  for (const request of requests)
    assert.equal((await ask(server.port, request)).body.includes("taken"), true);
  assert.equal(taken, requests.length);
  assert.equal(reports.length, before);
});
