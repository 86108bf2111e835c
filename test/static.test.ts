/** Files through the whole program, and with a cache in front. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { brotliCompressSync, brotliDecompressSync, gunzipSync } from "node:zlib";
import { exchangeBytes } from "../gateway/http/test-server.ts";
import { type Answer, ask, newVisitor, type Visitor, variantIn } from "./ask.ts";
import { type Gateway, root, startGateway } from "./gateway.ts";
import { h2Client } from "./h2-client.ts";
import { hasNginx, type Nginx, startNginx } from "./nginx.ts";
import { storedEvents } from "./stored.ts";

const skip = hasNginx() || process.env["CI"] ? false : "nginx is missing: setup/test-tools.sh nginx";

const page = `<!doctype html><html><head><title>Shop</title></head><body>${"<p>a word</p>".repeat(300)}</body></html>`;
const style = ".card { margin: 1px; }\n".repeat(100);

let folder: string;
let gateway: Gateway;
let nginx: Nginx | null = null;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "turnpike-static-"));
  mkdirSync(join(folder, "public"));
  const write = (name: string, content: string | Buffer) => writeFileSync(join(folder, name), content);
  write("secret.txt", "top secret");
  write("public/index.html", page);
  write("public/shared.html", page);
  write("public/shared.html.br", brotliCompressSync(page));
  write("public/style.css", style);
  write("public/app.3f2a9c01.js", "let a;");
  const shipped = JSON.parse(readFileSync(join(root, "config.json"), "utf8")) as { experiments: object[] }; // our own file
  const files = {
    dir: join(folder, "public"),
    fallback: "index.html",
    cacheControl: [{ files: "shared.html", value: "public, max-age=60" }],
  };
  const routes = [{ path: "/", static: files, inject: true }];
  const sites = [{ id: "main", hsts: { maxAgeSeconds: 60 } }];
  gateway = await startGateway({ config: { tls: "local", routes, sites, experiments: shipped.experiments } });
  if (!skip) nginx = await startNginx(gateway.url);
});
after(async () => {
  await nginx?.close();
  await gateway?.close();
  rmSync(folder, { recursive: true });
});

const brotli = { "accept-encoding": "br" };
const unpacked = ({ body }: Answer): string => brotliDecompressSync(body).toString();

test("a page is compressed after the script and the variant have been put in", async () => {
  for (const path of ["/", "/orders/17"]) {
    const answer = await newVisitor(gateway.url).ask(path, { headers: brotli });
    assert.equal(answer.headers["content-encoding"], "br", path);
    assert.match(unpacked(answer), /<head><script src="\/track\.js" data-page-load="[0-9a-f-]{36}"/);
    assert.match(unpacked(answer), /<html data-x-pricing-headline="(control|b)">/);
    assert.equal(answer.headers["cache-control"], "private, no-cache");
    assert.equal(answer.headers.vary, "Accept-Encoding, Cookie");
  }
});

test("the copy of a compressed page is confirmed with 304, also where it is asked for plain", async () => {
  const visitor = newVisitor(gateway.url);
  const first = await visitor.ask("/", { headers: brotli });
  const etag = String(first.headers.etag);
  assert.match(etag, /^W\/"/);
  for (const headers of [brotli, {}]) {
    const again = await visitor.ask("/", { headers: { ...headers, "if-none-match": etag } });
    assert.deepEqual([again.status, again.body.length], [304, 0]);
  }
});

test("a page that a rule calls public is the same for all: with its coding, its state and its parts", async () => {
  const { headers, text } = await ask(`${gateway.url}/shared.html`);
  assert.equal(text, page);
  assert.equal(headers["set-cookie"], undefined);
  assert.equal(headers["cache-control"], "public, max-age=60");
  const packed = await ask(`${gateway.url}/shared.html`, { headers: brotli });
  assert.deepEqual(packed.body, readFileSync(join(folder, "public/shared.html.br")));
  const same = await ask(`${gateway.url}/shared.html`, {
    headers: { "if-none-match": String(headers.etag) },
  });
  assert.equal(same.status, 304);
  const part = await ask(`${gateway.url}/shared.html`, { headers: { range: "bytes=0-8,-7" } });
  assert.equal(part.status, 206);
  assert.match(String(part.headers["content-type"]), /^multipart\/byteranges; boundary=/);
  assert.match(part.text, /<!doctype[\s\S]*<\/html>/);
});

/** Two visitors who see different variants, and the page as each got it. */
const unlike = async (url: string): Promise<readonly { visitor: Visitor; seen: Answer }[]> => {
  const byVariant = new Map<string | null, { visitor: Visitor; seen: Answer }>();
  for (let i = 0; i < 60 && byVariant.size < 2; i++) {
    const visitor = newVisitor(url);
    const seen = await visitor.ask("/");
    byVariant.set(variantIn(seen.text), { visitor, seen });
  }
  assert.equal(byVariant.size, 2, "no visitor with another variant in 60");
  return [...byVariant.values()];
};

test("behind a cache nobody gets a page, a part or a 304 of another one's variant", { skip }, async () => {
  const [a, b] = await unlike(nginx?.url ?? "");
  assert.ok(a && b);
  const etag = String(a.seen.headers.etag);
  const own = variantIn(b.seen.text);
  for (const headers of [
    { "if-none-match": etag },
    { "if-none-match": `W/${etag}, "x"` },
    { "if-none-match": "*" },
    { "if-modified-since": new Date(Date.now() + 60_000).toUTCString() },
    { range: "bytes=0-99" },
    { range: "bytes=0-99", "if-range": etag },
    { range: "bytes=0-9,20-29" },
    { "accept-encoding": "gzip", "if-none-match": etag },
  ]) {
    const answer = await b.visitor.ask("/", { headers });
    const html =
      answer.headers["content-encoding"] === "gzip" ? gunzipSync(answer.body).toString() : answer.text;
    assert.deepEqual([answer.status, variantIn(html)], [200, own], JSON.stringify(headers));
    assert.match(html, /<\/html>$/);
    assert.notEqual(answer.headers["x-cache-status"], "HIT");
  }
});

test("behind a cache a file is kept for each coding, and carries no cookie", { skip }, async () => {
  const url = `${nginx?.url}/style.css`;
  for (const status of ["MISS", "HIT"]) {
    const plain = await ask(url);
    const packed = await ask(url, { headers: brotli });
    assert.deepEqual([plain.headers["x-cache-status"], packed.headers["x-cache-status"]], [status, status]);
    assert.equal(plain.text, style);
    assert.equal(unpacked(packed), style);
    for (const { headers } of [plain, packed]) assert.equal(headers["set-cookie"], undefined);
  }
  const hashed = await ask(`${nginx?.url}/app.3f2a9c01.js`);
  assert.equal(hashed.headers["cache-control"], "public, max-age=31536000, immutable");
});

test("over HTTP/2 files are answered in the same way, and what the site says of itself is added", async () => {
  const client = h2Client(gateway.secureUrl);
  try {
    for (const time of ["first", "again, ready to be written"]) {
      const answer = await client.ask("/style.css");
      assert.deepEqual([answer.status, answer.text], [200, style], time);
      assert.equal(answer.headers["content-length"], String(style.length));
      assert.equal(answer.headers["strict-transport-security"], "max-age=60");
    }
    const part = await client.ask("/style.css", { headers: { range: "bytes=0-4" } });
    assert.deepEqual([part.status, part.text], [206, style.slice(0, 5)]);
    const head = await client.ask("/style.css", { method: "HEAD" });
    assert.deepEqual([head.status, head.text], [200, ""]);
    const etag = String(head.headers.etag);
    assert.equal((await client.ask("/style.css", { headers: { "if-none-match": etag } })).status, 304);
    assert.equal((await client.ask("/gone.css")).status, 404);
  } finally {
    client.close();
  }
});

test("files are no events", async () => {
  await ask(`${gateway.url}/style.css?mark=no-event`);
  await ask(`${gateway.url}/gone.js?mark=no-event`);
  await ask(`${gateway.url}/tr/v1/?ename=after`); // acknowledged: what came before is stored by now
  const events = storedEvents(gateway.data).filter((event) => event.page_location?.includes("no-event"));
  assert.deepEqual(events, []);
});

test("no writing of a path leads out of the folder", async () => {
  const dots = [
    "..",
    "%2e%2e",
    "%2E.",
    ".%2e",
    "..;",
    "%252e%252e",
    "%c0%ae%c0%ae",
    "..%00",
    "\\..",
    "%5c..",
  ];
  const slashes = ["/", "%2f", "%2F", "//", "/./", "\\", "%5c", "%252f", "%c0%af"];
  for (const up of dots) {
    for (const slash of slashes) {
      for (const start of ["/", "//", "/x/../", "/x%2f"]) {
        const path = `${start}${up}${slash}secret.txt`;
        const bytes = `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
        const answer = await exchangeBytes(gateway.ports.http, bytes);
        assert.match(answer, /^HTTP\/1\.1 (400|404|200) /, path); // 200 is the application's page
        assert.doesNotMatch(answer, /top secret/, path);
      }
    }
  }
});
