import assert from "node:assert/strict";
import { test } from "node:test";
import type { Entry } from "./entry.ts";
import { formatOf } from "./format.ts";
import { accessLogSettings } from "./settings.ts";

const entry: Entry = {
  time: Date.UTC(2026, 0, 31, 12, 0, 5, 250),
  id: "abc-1",
  site: "main",
  address: "198.51.100.0",
  method: "GET",
  host: "shop.example",
  path: "/shoes",
  query: "q=1",
  protocol: "HTTP/1.1",
  status: 200,
  bytes: 1234,
  ms: 1.5,
  route: "*/",
  cut: null,
  requestBytes: 0,
  secure: true,
  referrer: "https://example.com/a",
  userAgent: "Browser/1.0",
};

const line = (given: object, of: Partial<Entry> = {}): string =>
  formatOf(accessLogSettings.parse(given))({ ...entry, ...of });

test("a line of JSON says who asked what and how it went, without referrer and user agent", () => {
  assert.deepEqual(JSON.parse(line({})), {
    log: "access",
    time: "2026-01-31T12:00:05.250Z",
    id: "abc-1",
    site: "main",
    address: "198.51.100.0",
    method: "GET",
    host: "shop.example",
    path: "/shoes",
    query: "q=1",
    protocol: "HTTP/1.1",
    status: 200,
    bytes: 1234,
    ms: 1.5,
    route: "*/",
    cut: null,
    requestBytes: 0,
    secure: true,
  });
});

test("a line of JSON says what the settings name, in their order", () => {
  const text = line({ fields: ["status", "path", "userAgent"] });
  assert.equal(text, '{"log":"access","status":200,"path":"/shoes","userAgent":"Browser/1.0"}\n');
});

test("the common format and the combined one are those of other servers", () => {
  const common = '198.51.100.0 - - [31/Jan/2026:12:00:05 +0000] "GET /shoes?q=1 HTTP/1.1" 200 1234';
  assert.equal(line({ format: "clf" }), `${common}\n`);
  assert.equal(line({ format: "combined" }), `${common} "https://example.com/a" "Browser/1.0"\n`);
  const bare = line({ format: "combined" }, { referrer: null, userAgent: null, address: null, bytes: 0 });
  assert.equal(bare, '- - - [31/Jan/2026:12:00:05 +0000] "GET /shoes?q=1 HTTP/1.1" 200 - "-" "-"\n');
});

const hostile = [
  'x" 200 1\n198.51.100.1 - - [forged]',
  "line\r\nanother",
  "tab\tnull\0escape\u001b[2J",
  "back\\slash\\",
  "\u2028\u2029\u0085\u009b31m",
  "ünïcode 💥",
  "\ud800 half",
];

for (const text of hostile) {
  test(`nothing of ${JSON.stringify(text)} ends a line or a quoted part`, () => {
    const of = { path: `/${text}`, host: text, method: text, userAgent: text, referrer: text };
    for (const format of ["clf", "combined"]) {
      const written = line({ format }, of);
      assert.match(written, /^[\x20-\x7e]+\n$/);
      assert.equal(written.split('"').length, format === "clf" ? 3 : 7, "no quote but the format's own");
    }
    const json = line({}, of);
    assert.match(json, /^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+\n$/);
    assert.equal((JSON.parse(json) as Entry).path, `/${text}`);
  });
}
