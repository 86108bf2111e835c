import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Answer, ask, newVisitor, variantIn, variantOf } from "./ask.ts";
import { type Gateway, root, startGateway } from "./gateway.ts";
import { hasNginx, type Nginx, startNginx } from "./nginx.ts";
import { storedEvents } from "./stored.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

const skip = hasNginx() || process.env["CI"] ? false : "nginx is missing: setup/test-tools.sh nginx";

const samePage =
  "<!doctype html><html><head><title>Prices</title></head><body>the same for all</body></html>";

let upstream: Upstream;
let gateway: Gateway;
let nginx: Nginx | null = null;
before(async () => {
  upstream = await startUpstream((req, res) => {
    res.setHeader("content-type", "text/html; charset=utf-8");
    res.setHeader("etag", '"of-the-upstream"');
    if (req.url?.startsWith("/shared/")) res.setHeader("cache-control", "public, max-age=60");
    const { searchParams } = new URL(req.url ?? "/", "http://upstream.example");
    if (req.url?.startsWith("/silent/")) for (const [name, value] of searchParams) res.setHeader(name, value);
    res.end(samePage);
  });
  gateway = await startGateway({ config: demoAndMore(upstream.url) });
  if (!skip) nginx = await startNginx(gateway.url);
});
after(async () => {
  await nginx?.close();
  await gateway?.close();
  await upstream?.close();
});

/** The shipped settings, and pages of another server: `/shared/` it calls public, of `/silent/` what their address says. */
const demoAndMore = (url: string): object => {
  const shipped = JSON.parse(readFileSync(join(root, "config.json"), "utf8")) as { experiments: object[] }; // our own file
  const proxied = ["/shared/", "/silent/"].map((path) => ({
    path,
    proxy: { upstreams: [url] },
    inject: true,
  }));
  const demo = { path: "/", static: { dir: join(root, "setup/demo/public") }, inject: true };
  return { routes: [...proxied, demo], experiments: shipped.experiments };
};

const cacheUrl = (): string => nginx?.url ?? "";
const cacheStatus = ({ headers }: Answer): string => String(headers["x-cache-status"]);
const vidOf = (answer: Answer): string => (answer.cookies.get("vid")?.value ?? "").split(".")[0] ?? "";

for (const path of ["/pricing/", "/silent/"]) {
  test(`behind a cache every visitor of ${path} gets a vid of his own and the variant of his own xid`, {
    skip,
  }, async () => {
    const vids = new Set<string>();
    const variants = new Set<string | null>();
    for (let i = 0; i < 30; i++) {
      const visitor = newVisitor(cacheUrl());
      for (const time of ["first", "second"]) {
        const page = await visitor.ask(path);
        if (time === "first") vids.add(vidOf(page));
        const variant = variantIn(page.text);
        variants.add(variant);
        assert.equal(variant, variantOf(visitor.cookies.get("xid")), `the ${time} page`);
        assert.notEqual(cacheStatus(page), "HIT", `the ${time} page`);
      }
    }
    assert.equal(vids.size, 30);
    assert.ok(!vids.has(""));
    assert.deepEqual([...variants].sort(), ["b", "control"]);
  });
}

test("behind a cache the tracker's answers are never those to somebody else", { skip }, async () => {
  for (let i = 0; i < 5; i++) {
    const visitor = newVisitor(cacheUrl());
    const page = await visitor.ask("/");
    const known = await visitor.ask("/tr/v1/x");
    assert.equal(JSON.parse(known.text).visitor, vidOf(page).slice(-4));
    assert.notEqual(cacheStatus(known), "HIT");
    const pixel = await visitor.ask("/tr/v1/?ename=seen");
    assert.match(String(pixel.headers["turnpike-event"]), /^[0-9a-f-]{36}$/);
    assert.notEqual(cacheStatus(pixel), "HIT");
  }
});

test("a stylesheet is cached, and sets no cookie", { skip }, async () => {
  const first = await ask(`${cacheUrl()}/style.css`);
  const second = await ask(`${cacheUrl()}/style.css`);
  assert.deepEqual([cacheStatus(first), cacheStatus(second)], ["MISS", "HIT"]);
  assert.deepEqual(second.body, readFileSync(join(root, "setup/demo/public/style.css")));
  assert.equal(first.headers["set-cookie"], undefined);
});

test("the same visitor's copy is confirmed with 304; one with another variant, or none, is sent anew", async () => {
  const visitor = newVisitor(gateway.url);
  const page = await visitor.ask("/pricing/");
  const variant = variantIn(page.text);
  const etag = String(page.headers.etag);
  assert.equal(page.headers["cache-control"], "private, no-cache");
  assert.match(String(page.headers.vary), /\bCookie\b/i);

  const again = await visitor.ask("/pricing/", { headers: { "if-none-match": etag } });
  assert.deepEqual([again.status, again.text, again.headers.etag], [304, "", etag]);
  const weak = await visitor.ask("/pricing/", { headers: { "if-none-match": `"other", W/${etag}` } });
  assert.equal(weak.status, 304, "a list with weak members, as caches send");

  for (let i = 0; i < 40; i++) {
    const other = newVisitor(gateway.url);
    const own = await other.ask("/pricing/");
    if (variantIn(own.text) === variant) continue;
    const answer = await other.ask("/pricing/", { headers: { "if-none-match": etag } });
    assert.deepEqual([answer.status, variantIn(answer.text)], [200, variantIn(own.text)]);
    const elsewhere = await visitor.ask("/", { headers: { "if-none-match": etag } });
    assert.equal(elsewhere.status, 200, "another document");
    const since = await visitor.ask("/pricing/", {
      headers: { "if-modified-since": new Date().toUTCString() },
    });
    assert.equal(since.status, 200, "a date says nothing of the variant");
    return;
  }
  assert.fail("no visitor with another variant in 40");
});

test("a page that nobody is to keep stays so, with the script in it", async () => {
  const page = await newVisitor(gateway.url).ask("/silent/account?cache-control=No-Store");
  assert.equal(page.headers["cache-control"], "private, no-cache, no-store");
  assert.match(page.text, /<script /);
  assert.notEqual(page.headers["set-cookie"], undefined);
});

const toCaches: readonly (readonly [said: string, isShared: boolean])[] = [
  ["cdn-cache-control=max-age%3D60", true],
  ["surrogate-control=max-age%3D60%2C+content%3D%22ESI%2F1.0%22", true],
  ["x-accel-expires=60", true],
  ["x-accel-expires=%404102444800", true],
  ["x-accel-expires=0", false],
  ["x-accel-expires=off", false],
  ["cdn-cache-control=no-store", false],
  ["cdn-cache-control=private%2C+max-age%3D60", false],
  ["surrogate-control=max-age%3D0", false],
];
for (const [said, isShared] of toCaches) {
  test(`a page is ${isShared ? "everybody's" : "its visitor's"} where ${said} is said to caches`, async () => {
    const page = await newVisitor(gateway.url).ask(`/silent/page?${said}`);
    assert.equal(page.text === samePage, isShared);
    assert.equal(page.headers["set-cookie"] === undefined, isShared);
    assert.equal(page.headers["cache-control"], isShared ? undefined : "private, no-cache");
  });
}

test("a page that a cache may keep by X-Accel-Expires is everybody's behind it", { skip }, async () => {
  const path = `${cacheUrl()}/silent/kept?x-accel-expires=60`;
  const answers = [await newVisitor(cacheUrl()).ask("/silent/kept?x-accel-expires=60"), await ask(path)];
  assert.deepEqual(
    answers.map(({ text, headers }) => [text, headers["set-cookie"]]),
    [
      [samePage, undefined],
      [samePage, undefined],
    ],
  );
});

test("a part of a document is answered with the whole of it", async () => {
  const answer = await newVisitor(gateway.url).ask("/pricing/", { headers: { range: "bytes=0-9" } });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers["accept-ranges"], undefined);
  assert.match(answer.text, /^<!doctype html>[\s\S]*<\/html>\s*$/);
  assert.equal(Number(answer.headers["content-length"]), answer.body.length);
  const style = await ask(`${gateway.url}/style.css`, { headers: { range: "bytes=0-9" } });
  assert.deepEqual([style.status, style.body.length], [206, 10], "parts of files are answered as such");
});

test("a page that the upstream calls public is passed on unchanged, and cached", { skip }, async () => {
  const direct = await newVisitor(gateway.url).ask("/shared/direct");
  assert.equal(direct.text, samePage);
  assert.equal(direct.headers["set-cookie"], undefined);
  assert.equal(direct.headers["cache-control"], "public, max-age=60");
  assert.equal(direct.headers.etag, '"of-the-upstream"');
  assert.equal(direct.headers.vary, undefined);

  const answers = [await ask(`${cacheUrl()}/shared/page`), await ask(`${cacheUrl()}/shared/page`)];
  assert.deepEqual(answers.map(cacheStatus), ["MISS", "HIT"]);
  assert.deepEqual(
    answers.map(({ text }) => text),
    [samePage, samePage],
  );
  await ask(`${gateway.url}/tr/v1/?ename=after`); // acknowledged: what came before is stored by now
  const shared = storedEvents(gateway.data).filter((event) => event.page_path?.startsWith("/shared/"));
  assert.deepEqual(
    shared.map((event) => event.name),
    [],
    "nobody was shown a variant on it",
  );
});
