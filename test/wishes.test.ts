import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ask, newVisitor, variantIn, variantOf } from "./ask.ts";
import { shopWith } from "./consent-shop.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { withGateway } from "./with-gateway.ts";

let assumed: Gateway;
let required: Gateway;
before(async () => {
  assumed = await startGateway({ config: shopWith("assumed") });
  required = await startGateway({ config: shopWith("required") });
});
after(async () => {
  await assumed?.close();
  await required?.close();
});

const me = (body: object, headers: Record<string, string> = {}) => ({
  method: "POST",
  body: JSON.stringify(body),
  headers,
});

test("a reset makes the browser forget everything but its wishes, and the next page gives another id", async () => {
  const { url } = required;
  const visitor = newVisitor(url);
  assert.equal((await visitor.ask("/tr/v1/me", me({ consent: "granted" }))).status, 204);
  const before = (await visitor.ask("/?ref=partner")).cookies.get("vid")?.value;
  assert.deepEqual([...visitor.cookies.keys()].sort(), ["ref", "sid", "tp_consent", "vid", "xid"]);
  assert.equal((await visitor.ask("/tr/v1/me", me({ reset: true }, { origin: url }))).status, 204);
  assert.deepEqual([...visitor.cookies.keys()], ["tp_consent"]);
  const next = (await visitor.ask("/")).cookies.get("vid")?.value;
  assert.ok(before && next && before !== next);
});

test("a wish is kept in a cookie that takes the ids with it, and taking it back brings the experiment back", async () => {
  const { url } = assumed;
  const no = [{ optout: true }, { consent: "denied" }];
  const yes = [{ optout: false }, { consent: "granted" }];
  for (const [i, wish] of no.entries()) {
    const visitor = newVisitor(url);
    assert.equal(variantIn((await visitor.ask("/")).text), "b");
    const kept = await visitor.ask("/tr/v1/me", me(wish));
    assert.equal(kept.status, 204);
    assert.deepEqual([...visitor.cookies.keys()], [i === 0 ? "tp_optout" : "tp_consent"]);
    assert.equal(
      kept.cookies.get([...visitor.cookies.keys()][0] ?? "")?.attributes.get("max-age"),
      "34560000",
    );
    assert.equal(variantIn((await visitor.ask("/")).text), null);
    await visitor.ask("/tr/v1/me", me(yes[i] ?? {}));
    assert.equal(variantIn((await visitor.ask("/")).text), "b");
    assert.equal(variantOf(visitor.cookies.get("xid")), "b");
  }
});

test("a copy of a page from before the consent is not confirmed after it: its script would still wait", async () => {
  await withGateway({ config: shopWith("required", []) }, async ({ url }) => {
    const visitor = newVisitor(url);
    const before = await visitor.ask("/");
    assert.match(before.text, /<script src="\/track\.js"[^>]* data-consent="required"/);
    await visitor.ask("/tr/v1/me", me({ consent: "granted" }));
    const copy = { headers: { "if-none-match": String(before.headers.etag) } };
    const after = await visitor.ask("/", copy);
    assert.equal(after.status, 200);
    assert.doesNotMatch(after.text, /data-consent/);
  });
});

test("a page of another site can change nobody; what is no wish is refused, too", async () => {
  const { url } = assumed;
  const foreign = [
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: "https://shop.example.evil.example" },
    { "sec-fetch-site": "cross-site" },
  ];
  for (const headers of foreign) {
    const answer = await ask(`${url}/tr/v1/me`, me({ reset: true }, headers));
    assert.deepEqual([answer.status, answer.cookies.size], [403, 0], JSON.stringify(headers));
  }
  for (const body of ["", "{}", "[]", "null", '{"reset":1}', '{"consent":"yes"}', "x".repeat(100)]) {
    const answer = await ask(`${url}/tr/v1/me`, { method: "POST", body });
    assert.deepEqual([answer.status, answer.cookies.size], [400, 0], body);
  }
  assert.equal((await ask(`${url}/tr/v1/me`)).status, 405);
  assert.equal(
    (await ask(`${url}/tr/v1/me`, me({ reset: true }, { origin: "https://shop.example" }))).status,
    200,
  );
});
