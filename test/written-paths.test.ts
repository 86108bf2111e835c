/** A path that is written with escapes where none are needed is the same path (RFC 3986 §6.2.2.2), wherever paths are compared. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startUpstream } from "./upstream.ts";
import { withGateway } from "./with-gateway.ts";

test("a path is the same one with escapes that nobody needs, and the upstream gets what the client wrote", async (t) => {
  const upstream = await startUpstream((req, res) => res.end(`${req.method} ${req.url}`));
  t.after(() => upstream.close());
  const dir = mkdtempSync(join(tmpdir(), "turnpike-paths-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  writeFileSync(join(dir, "app.js"), "let a;");
  const proxy = { upstreams: [upstream.url] };
  const config = {
    tls: { mode: "off" },
    routes: [
      { path: "/", proxy },
      { path: "/admin", deny: ["127.0.0.0/8"], proxy },
      { path: "/strip/", proxy: { ...proxy, strip: true } },
      { path: "/ü b/", proxy: { ...proxy, rewrite: "/v2/" } },
      { path: "/old/", redirect: [{ pattern: "^/old/x/(.*)$", to: "/new/$1" }], respond: { body: "none" } },
      { path: "/files/", static: { dir, strip: true } },
    ],
  };
  const cases: readonly [method: string, path: string, status: number, answer: string | null][] = [
    ["GET", "/plain/%61", 200, "GET /plain/%61"],
    ["GET", "/%61dmin", 403, null],
    ["GET", "/%61%64min/x", 403, null],
    ["GET", "/%73trip/%61?x=%61", 200, "GET /%61?x=%61"],
    ["GET", "/%73trip", 200, "GET /"],
    ["GET", "/%C3%BC%20b/x", 200, "GET /v2/x"],
    ["GET", "/%c3%bc%20%62/x%2Fy?", 200, "GET /v2/x%2Fy?"],
    ["GET", "/%6Fld/x/y", 302, "/new/y"],
    ["GET", "/old/%78/%C3%BC%2f", 302, "/new/%C3%BC%2F"],
    ["GET", "/%66iles/app%2Ejs", 200, "let a;"],
    ["GET", "/track%2Ejs", 200, null],
    ["POST", "/%74r/v1/", 200, null],
    ["POST", "/tr/v%31/page%5Fview", 200, null],
    ["GET", "/%74r/v1/x", 200, null],
  ];
  await withGateway({ config }, async ({ url }) => {
    for (const [method, path, status, answer] of cases) {
      const body = method === "POST" ? { body: "{}" } : {};
      const response = await fetch(url + path, { method, redirect: "manual", ...body });
      assert.equal(response.status, status, path);
      const text = await response.text();
      if (answer !== null) assert.equal(response.headers.get("location") ?? text, answer, path);
    }
    assert.deepEqual(
      upstream.asked.map((asked) => asked.url),
      ["/plain/%61", "/%61?x=%61", "/", "/v2/x", "/v2/x%2Fy?"],
    );
  });
});
