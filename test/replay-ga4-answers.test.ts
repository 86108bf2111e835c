import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Answer, ask } from "./ask.ts";
import { type ExpectedAnswer, ga4Cases, urlOf } from "./ga4-cases.ts";
import { type Gateway, startGateway } from "./gateway.ts";

let gateway: Gateway;
before(async () => {
  const sites = [{ id: "main", hosts: ["*"], protocols: ["ga4", "d8a"], measurementIds: ["*"] }];
  gateway = await startGateway({ config: { sites } });
});
after(() => gateway?.close());

describe("how GA4 requests are answered", () => {
  for (const { id, hits = [], expect, config } of ga4Cases) {
    // A store that fails is told as 503, so that a client knows to come again: `disk-full.test.ts`.
    if (!expect.http || config?.inject !== undefined) continue;
    test(id, async () => {
      for (const [i, hit] of hits.entries()) {
        const { method = "POST", headers = {}, body } = hit;
        const question = { method, headers, ...(body === undefined ? {} : { body }) };
        const answer = await ask(gateway.url + urlOf(hit), question);
        checkAnswer(answer, expect.http?.[i]);
      }
    });
  }

  const hit = "/g/collect?v=2&tid=G-1&cid=1.2&en=page_view";
  const refused: readonly (readonly [method: string, target: string, status: number])[] = [
    ...["tid", "cid", "en"].flatMap((name) => {
      const without = hit.replace(new RegExp(`&${name}=[^&]*`), "");
      return [without, `${without}&${name}=`].map((target) => ["POST", target, 400] as const);
    }),
    ["HEAD", hit, 405],
    ["PUT", hit, 405],
    ["GET", hit.replace("/g/", "/mp/"), 405],
    ["GET", "/g/collect/", 404],
    ["GET", "/G/collect", 404],
  ];
  for (const [method, target, status] of refused) {
    test(`${method} ${target} is refused with ${status}`, async () => {
      assert.equal((await ask(gateway.url + target, { method })).status, status);
    });
  }

  test("any page may read an answer, and none sets a cookie", async () => {
    for (const target of [hit, hit.replace("&en=page_view", ""), "/mp/collect?measurement_id=G-1"]) {
      const headers = { origin: "https://page.test", cookie: "vid=1; _ga=GA1.1.1.2" };
      const answer = await ask(gateway.url + target, { method: "POST", headers });
      assert.equal(answer.headers["access-control-allow-origin"], "https://page.test", target);
      assert.equal(answer.headers["access-control-allow-credentials"], "true");
      assert.equal(answer.headers["access-control-allow-methods"], "POST, GET, OPTIONS");
      assert.equal(answer.headers["access-control-max-age"], "86400");
      assert.equal(answer.headers.vary, "Origin");
      assert.equal(answer.cookies.size, 0);
    }
  });

  test("one line that cannot be read refuses none of the others", async () => {
    const body = "en=first\nen=&_et=1\nen=third";
    const answer = await ask(`${gateway.url}/g/collect?v=2&tid=G-1&cid=1.2`, { method: "POST", body });
    assert.equal(answer.status, 204);
  });
});

const checkAnswer = (answer: Answer, expected: ExpectedAnswer | undefined): void => {
  if (!expected) return;
  assert.equal(answer.status, expected.status);
  if (expected.body !== undefined) assert.equal(answer.text.trimEnd(), expected.body);
  const header = (name: string): string => String(answer.headers[name.toLowerCase()] ?? "");
  for (const [name, value] of Object.entries(expected.headers ?? {})) assert.equal(header(name), value, name);
  for (const name of expected.absent_headers ?? [])
    assert.equal(answer.headers[name.toLowerCase()], undefined);
  for (const [name, parts] of Object.entries(expected.header_contains ?? {})) {
    for (const part of [parts].flat()) assert.ok(header(name).includes(part), `${name}: ${header(name)}`);
  }
};
