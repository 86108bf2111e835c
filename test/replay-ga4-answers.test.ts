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
