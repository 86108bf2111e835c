/** Every line of setup/from-nginx.md, and some of them beside a real nginx. */
import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { basicHeader, type Check, expect, handshake, overTls, spread, tryGuide } from "./config-guide.ts";
import { waitFor } from "./wait-for.ts";

const checks: readonly Check[] = [
  { line: "listen 8080", try: async ({ get }) => expect(await get("/"), 200, /same words/) },
  {
    line: "server_name",
    async try({ get }) {
      expect(await get("shop.example/"), 200);
      expect(await get("a.shop.example/"), 200);
      expect(await get("other.example/"), 404);
    },
  },
  {
    line: "location /api/",
    async try({ get }) {
      expect(await get("/api/x"), 200);
      expect(await get("/apix"), 404);
    },
  },
  {
    line: "root",
    async try({ get }) {
      expect(await get("/"), 200, "the index");
      expect(await get("/app.css"), 200, /teal/);
    },
  },
  { line: "alias", try: async ({ get }) => expect(await get("/files/app.css"), 200, /teal/) },
  { line: "index", try: async ({ get }) => expect(await get("/"), 200, "the home page") },
  { line: "try_files", try: async ({ get }) => expect(await get("/any/where"), 200, "the index") },
  {
    line: "expires",
    try: async ({ get }) => assert.equal((await get("/app.css")).headers["cache-control"], "max-age=3600"),
  },
  {
    line: "add_header X-Frame-Options SAMEORIGIN",
    try: async ({ get }) => assert.equal((await get("/app.css")).headers["x-frame-options"], "SAMEORIGIN"),
  },
  {
    line: "gzip_static",
    async try({ get }) {
      const { headers, body } = await get("/app.css", { headers: { "accept-encoding": "gzip" } });
      assert.equal(headers["content-encoding"], "gzip");
      assert.match(gunzipSync(body).toString(), /teal/);
    },
  },
  { line: "error_page 404", try: async ({ get }) => expect(await get("/none"), 404, "our own 404") },
  {
    line: "return 301 https://www.",
    async try({ get }) {
      const answer = await get("/cart?a=1");
      expect(answer, 301);
      assert.equal(answer.headers.location, "https://www.shop.example/cart?a=1");
    },
  },
  {
    line: "rewrite",
    async try({ get }) {
      const answer = await get("/old/cart?a=1");
      expect(answer, 302);
      assert.equal(answer.headers.location, "/new/cart?a=1");
      expect(await get("/older"), 404);
    },
  },
  { line: "return 200", try: async ({ get }) => expect(await get("/"), 200, "ok\n") },
  {
    line: "proxy_pass http://127.0.0.1:3000;",
    async try({ get, upstreams }) {
      expect(await get("shop.example/a%2Fb?c"), 200, /same words/);
      const [asked] = upstreams[3000].asked;
      assert.equal(asked?.url, "/a%2Fb?c");
      assert.equal(asked?.headers.host, "shop.example");
      assert.equal(asked?.headers["x-forwarded-for"], "127.0.0.1");
    },
  },
  {
    line: "proxy_pass http://127.0.0.1:3000/v2/;",
    async try({ get, upstreams }) {
      await get("/api/cart?a");
      assert.equal(upstreams[3000].asked[0]?.url, "/v2/cart?a");
    },
  },
  { line: "upstream app", try: async (trial) => assert.deepEqual(await spread(trial, 8), [6, 2]) },
  { line: "least_conn", try: async (trial) => assert.deepEqual(await spread(trial, 4), [2, 2]) },
  {
    line: "hash",
    async try(trial) {
      const [a, b] = await spread(trial, 5, { "x-tenant": "one" });
      assert.equal(a * b, 0);
    },
  },
  {
    line: "sticky cookie",
    async try(trial) {
      const { cookies } = await trial.get("/");
      const [a, b] = await spread(trial, 5, { cookie: `node=${cookies.get("node")?.value}` });
      assert.equal(a * b, 0);
    },
  },
  {
    line: "max_fails",
    async try({ get, app }) {
      for (let i = 0; i < 4; i++) expect(await get("/"), 200);
      assert.ok(app.told.some((sentence) => sentence.includes("does not answer and is left out")));
    },
  },
  {
    line: "proxy_next_upstream_tries",
    async try({ get }) {
      for (let i = 0; i < 4; i++) expect(await get("/"), 200);
    },
  },
  {
    line: "health_check",
    async try({ upstreams }) {
      await waitFor(() => upstreams[3000].asked.some(({ url }) => url === "/health"), "a health check");
    },
  },
  {
    line: "server 127.0.0.1:3000 max_conns=16",
    async try({ get, upstreams }) {
      await Promise.all(Array.from({ length: 20 }, () => get("/")));
      assert.equal(upstreams[3000].asked.length, 20);
    },
  },
  {
    line: "proxy_set_header",
    async try({ get, upstreams }) {
      await get("/", { headers: { "x-shop": "forged" } });
      assert.equal(upstreams[3000].asked[0]?.headers["x-shop"], "main");
    },
  },
  {
    line: "client_max_body_size",
    async try({ get }) {
      const post = (bytes: number) => get("/", { method: "POST", body: "x".repeat(bytes) });
      expect(await post(65_536), 200);
      expect(await post(65_537), 413);
    },
  },
  {
    line: "proxy_hide_header",
    try: async ({ get }) => assert.equal((await get("/")).headers["x-powered-by"], undefined),
  },
  {
    line: "add_header X-Frame-Options DENY",
    try: async ({ get }) => assert.equal((await get("/")).headers["x-frame-options"], "DENY"),
  },
  { line: "proxy_connect_timeout", try: async ({ get }) => expect(await get("/"), 502) },
  { line: "proxy_read_timeout", try: async ({ get }) => expect(await get("/"), 504) },
  { line: "proxy_intercept_errors", try: async ({ get }) => expect(await get("/"), 503, "our own 50x") },
  { line: "error_page 502", try: async ({ get }) => expect(await get("/"), 502, "our own 50x") },
  {
    line: "gzip on",
    async try({ get }) {
      const { headers, body } = await get("/", { headers: { "accept-encoding": "gzip" } });
      assert.equal(headers["content-encoding"], "gzip");
      assert.match(gunzipSync(body).toString(), /same words/);
    },
  },
  {
    line: "mirror",
    async try({ get, upstreams }) {
      expect(await get("/cart"), 200, /same words/);
      await waitFor(() => upstreams[3001].asked[0]?.url === "/cart", "the copy");
    },
  },
  { line: "allow", try: async ({ get }) => expect(await get("/"), 200) },
  { line: "deny", try: async ({ get }) => expect(await get("/"), 403) },
  {
    line: "auth_basic",
    async try({ get }) {
      const asked = await get("/");
      expect(asked, 401);
      assert.match(String(asked.headers["www-authenticate"]), /realm="Staff"/);
      expect(await get("/", { headers: basicHeader("ann", "secret") }), 200);
    },
  },
  {
    line: "auth_request",
    async try({ get, upstreams }) {
      expect(await get("/cart", { headers: { "x-user": "root" } }), 200);
      assert.equal(upstreams[3004].asked[0]?.url, "/auth");
      assert.equal(upstreams[3000].asked[0]?.headers["x-user"], "ann");
    },
  },
  {
    line: "limit_req_zone",
    async try({ get }) {
      expect(await get("/"), 200);
      expect(await get("/"), 429);
    },
  },
  {
    line: "set_real_ip_from",
    async try({ get, upstreams }) {
      await get("/", { headers: { "x-forwarded-for": "203.0.113.7" } });
      assert.equal(upstreams[3000].asked[0]?.headers["x-forwarded-for"], "203.0.113.7, 127.0.0.1");
    },
  },
  {
    line: "large_client_header_buffers",
    try: async ({ get }) => expect(await get("/", { headers: { "x-long": "x".repeat(5000) } }), 431),
  },
  {
    line: "ssl_certificate ",
    async try({ app }) {
      assert.match(await handshake(app.securePort), / test$/);
    },
  },
  {
    line: "ssl_protocols",
    async try({ app }) {
      assert.match(await handshake(app.securePort), /^TLSv1\.3/);
      assert.equal(await handshake(app.securePort, { maxVersion: "TLSv1.2" }), "refused");
    },
  },
  { line: "ssl_verify_client", try: async ({ get }) => expect(await get("/"), 403, /certificate/) },
  {
    line: "add_header Strict-Transport-Security",
    async try({ app }) {
      const { headers } = await overTls(app.securePort);
      assert.equal(headers.get("strict-transport-security"), "max-age=31536000");
    },
  },
  {
    line: "return 301 https://$host",
    async try({ get, app }) {
      await handshake(app.securePort); // a host that has its certificate is sent there
      const answer = await get("localhost/cart?a=1");
      expect(answer, 308);
      assert.equal(answer.headers.location, `https://localhost:${app.securePort}/cart?a=1`);
    },
  },
];

tryGuide("setup/from-nginx.md", checks);
