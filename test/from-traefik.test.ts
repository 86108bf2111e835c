/** Every line of setup/from-traefik.md. */
import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { basicHeader, type Check, expect, handshake, overTls, spread, tryGuide } from "./config-guide.ts";
import { waitFor } from "./wait-for.ts";

const routing: readonly Check[] = [
  { line: "entryPoints.web.address", try: async ({ get }) => expect(await get("/"), 200, /same words/) },
  {
    line: 'rule: Host("shop',
    async try({ get }) {
      expect(await get("shop.example/"), 200);
      expect(await get("a.shop.example/"), 404);
    },
  },
  {
    line: "rule: HostRegexp",
    async try({ get }) {
      expect(await get("a.shop.example/"), 200);
      expect(await get("shop.example/"), 404);
    },
  },
  {
    line: "rule: PathPrefix",
    async try({ get }) {
      expect(await get("/api/x"), 200);
      expect(await get("/apix"), 404); // Traefik would answer: its prefixes end anywhere
    },
  },
  {
    line: 'loadBalancer.servers: [{ url: "http',
    async try({ get, upstreams }) {
      expect(await get("shop.example/"), 200, /same words/);
      assert.equal(upstreams[3000].asked[0]?.headers.host, "shop.example");
    },
  },
  {
    line: "loadBalancer.servers: [{ url: …",
    try: async (trial) => assert.deepEqual(await spread(trial, 8), [6, 2]),
  },
  {
    line: "loadBalancer.sticky",
    async try(trial) {
      const { cookies } = await trial.get("/");
      assert.ok(cookies.get("node")?.attributes.has("httponly"));
      const [a, b] = await spread(trial, 5, { cookie: `node=${cookies.get("node")?.value}` });
      assert.equal(a * b, 0);
    },
  },
  {
    line: "loadBalancer.healthCheck",
    async try({ upstreams }) {
      await waitFor(() => upstreams[3000].asked.some(({ url }) => url === "/health"), "a health check");
    },
  },
  {
    line: "loadBalancer.passHostHeader",
    async try({ get, upstreams }) {
      await get("shop.example/");
      assert.equal(upstreams[3000].asked[0]?.headers.host, "inner.example");
    },
  },
  {
    line: "mirroring",
    async try({ get, upstreams }) {
      expect(await get("/cart"), 200, /same words/);
      await waitFor(() => upstreams[3001].asked[0]?.url === "/cart", "the copy");
    },
  },
  {
    line: "serversTransport.forwardingTimeouts.dialTimeout",
    try: async ({ get }) => expect(await get("/"), 502),
  },
  {
    line: "serversTransport.forwardingTimeouts.responseHeaderTimeout",
    try: async ({ get }) => expect(await get("/"), 504),
  },
  {
    line: "serversTransport.insecureSkipVerify",
    try: async ({ get }) => expect(await get("/"), 200, "over TLS"),
  },
];

const middlewares: readonly Check[] = [
  {
    line: "addPrefix",
    async try({ get, upstreams }) {
      await get("/cart?a");
      assert.equal(upstreams[3000].asked[0]?.url, "/v2/cart?a");
    },
  },
  {
    line: "stripPrefix",
    async try({ get, upstreams }) {
      await get("/api/cart?a");
      assert.equal(upstreams[3000].asked[0]?.url, "/cart?a");
    },
  },
  {
    line: "replacePathRegex",
    async try({ get, upstreams }) {
      await get("/api/cart?a");
      assert.equal(upstreams[3000].asked[0]?.url, "/v2/cart?a");
    },
  },
  {
    line: "basicAuth: {",
    async try({ get, upstreams }) {
      const asked = await get("/");
      expect(asked, 401);
      assert.match(String(asked.headers["www-authenticate"]), /realm="Staff"/);
      expect(await get("/", { headers: basicHeader("ann", "secret") }), 200);
      assert.equal(upstreams[3000].asked[0]?.headers.authorization, undefined);
    },
  },
  {
    line: "basicAuth.headerField",
    async try({ get, upstreams }) {
      await get("/", { headers: { ...basicHeader("ann", "secret"), "x-user": "root" } });
      assert.equal(upstreams[3000].asked[0]?.headers["x-user"], "ann");
    },
  },
  {
    line: "forwardAuth: {",
    async try({ get, upstreams }) {
      expect(await get("shop.example/cart", { method: "POST" }), 200);
      const { url, headers } = upstreams[3004].asked[0] ?? {};
      assert.equal(url, "/auth");
      assert.equal(headers?.["x-forwarded-method"], "POST");
      assert.equal(headers?.["x-forwarded-uri"], "/cart");
      assert.equal(headers?.["x-forwarded-host"], "shop.example");
    },
  },
  {
    line: "forwardAuth.authResponseHeaders",
    async try({ get, upstreams }) {
      await get("/", { headers: { "x-user": "root" } });
      assert.equal(upstreams[3000].asked[0]?.headers["x-user"], "ann");
    },
  },
  { line: "ipAllowList", try: async ({ get }) => expect(await get("/"), 200) },
  {
    line: "redirectRegex",
    async try({ get }) {
      const answer = await get("/old/cart?a=1");
      expect(answer, 301);
      assert.equal(answer.headers.location, "/new/cart?a=1");
    },
  },
  {
    line: "redirectScheme",
    async try({ get, app }) {
      await handshake(app.securePort); // a host that has its certificate is sent there
      expect(await get("localhost/cart"), 308);
    },
  },
  {
    line: "headers.customRequestHeaders",
    async try({ get, upstreams }) {
      await get("/", { headers: { "x-shop": "forged" } });
      assert.equal(upstreams[3000].asked[0]?.headers["x-shop"], "main");
    },
  },
  {
    line: "buffering",
    async try({ get }) {
      const post = (bytes: number) => get("/", { method: "POST", body: "x".repeat(bytes) });
      expect(await post(65_536), 200);
      expect(await post(65_537), 413);
    },
  },
  {
    line: "headers.customResponseHeaders",
    try: async ({ get }) => assert.equal((await get("/")).headers["x-powered-by"], undefined),
  },
  {
    line: "headers.frameDeny",
    try: async ({ get }) => assert.equal((await get("/")).headers["x-frame-options"], "DENY"),
  },
  {
    line: "headers.stsSeconds",
    async try({ app }) {
      const { headers } = await overTls(app.securePort);
      assert.equal(headers.get("strict-transport-security"), "max-age=31536000");
    },
  },
  {
    line: "compress",
    async try({ get }) {
      const { headers, body } = await get("/", { headers: { "accept-encoding": "gzip" } });
      assert.equal(headers["content-encoding"], "gzip");
      assert.match(gunzipSync(body).toString(), /same words/);
    },
  },
  { line: "errors", try: async ({ get }) => expect(await get("/"), 503, "our own 50x") },
  {
    line: "rateLimit",
    async try({ get }) {
      // Somebody stands behind this machine's own address, which is not counted by itself.
      const headers = { "x-forwarded-for": "203.0.113.7" };
      expect(await get("/", { headers }), 200);
      expect(await get("/", { headers }), 429);
    },
  },
  {
    line: "retry",
    async try({ get }) {
      for (let i = 0; i < 4; i++) expect(await get("/"), 200);
    },
  },
  {
    line: "circuitBreaker",
    async try({ get, app }) {
      for (let i = 0; i < 4; i++) expect(await get("/"), 200);
      assert.ok(app.told.some((sentence) => sentence.includes("does not answer and is left out")));
    },
  },
];

const addresses: readonly Check[] = [
  {
    line: "tls.certificates",
    try: async ({ app }) => assert.match(await handshake(app.securePort), / test$/),
  },
  {
    line: "tls.options.default.minVersion",
    try: async ({ app }) =>
      assert.equal(await handshake(app.securePort, { maxVersion: "TLSv1.2" }), "refused"),
  },
  {
    line: "tls.options.default.clientAuth",
    try: async ({ get }) => expect(await get("/"), 403, /certificate/),
  },
  {
    line: "entryPoints.web.forwardedHeaders",
    async try({ get, upstreams }) {
      await get("/", { headers: { "x-forwarded-for": "203.0.113.7" } });
      assert.equal(upstreams[3000].asked[0]?.headers["x-forwarded-for"], "203.0.113.7, 127.0.0.1");
    },
  },
];

tryGuide("setup/from-traefik.md", [...routing, ...middlewares, ...addresses]);
