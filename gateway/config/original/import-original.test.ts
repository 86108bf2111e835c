import assert from "node:assert/strict";
import { test } from "node:test";
import { checkSettings } from "../load.ts";
import { importOriginal } from "./import-original.ts";
import { originalKeys } from "./keys.ts";
import { serviceFields } from "./services.ts";

type Kind = "carried" | "changed" | "dropped";

/** What a key becomes beside local certificates, and where it stands then; `[]` is nowhere. */
const cases: readonly (readonly [
  key: string,
  value: unknown,
  kind: Kind,
  path: readonly (string | number)[],
  now?: unknown,
])[] = [
  ["Domains", ["localhost", "shop.example"], "dropped", []],
  ["UseLocalTLS", true, "carried", ["tls", "redirect"], true],
  ["TLSCert", "./server.crt", "carried", ["tls", "files", 0, "cert"], "./server.crt"],
  ["TLSKey", "./server.key", "carried", ["tls", "files", 0, "key"], "./server.key"],
  ["ProxyPort", ":8080", "carried", ["listen", "http"], ":8080"],
  ["ProxyPortTLS", ":8443", "carried", ["listen", "https"], ":8443"],
  ["ProxyPortRedirect", ":8443", "carried", ["tls", "publicPort"], 8443],
  ["ProxyPort", "", "dropped", ["listen", "http"], ":80"],
  ["ProxyPortTLS", "", "dropped", ["listen", "https"], ":443"],
  ["ProxyPortRedirect", "", "dropped", []],
  ["ProxyExceptHTTP", ":8880", "dropped", []],
  ["IgnoreInsecureTLS", true, "dropped", []],
  ["ReadTimeoutSeconds", 20, "dropped", []],
  ["ReadHeaderTimeoutSeconds", 20, "carried", ["limits", "headerSeconds"], 20],
  ["ReadHeaderTimeoutSeconds", 5000, "changed", ["limits", "headerSeconds"], 600],
  ["ReadHeaderTimeoutSeconds", 0, "changed", []],
  ["WriteTimeoutSeconds", 20, "dropped", []],
  ["IdleTimeoutSeconds", 20, "carried", ["limits", "keepAliveSeconds"], 20],
  ["MaxHeaderBytes", 1_048_576, "carried", ["limits", "headerBytes"], 1_048_576],
  ["MaxHeaderBytes", 100, "changed", ["limits", "headerBytes"], 4096],
  ["MaximumConnections", 150_000, "changed", ["limits", "connections"], 150_000],
  ["StaticDirectory", "public", "changed", ["tracking", "publicDir"], "public"],
  ["StaticDirectory", "public", "changed", ["tracking", "legacyPaths", 7], "/pub/v1/"],
  ["StaticDirectory", "", "dropped", ["tracking", "legacyPaths", 7], undefined],
  [
    "ProxyUrl",
    "http://localhost:3030",
    "carried",
    ["routes", 0, "proxy", "upstreams"],
    ["http://localhost:3030"],
  ],
  ["ProxyUrl", "https://back:9/x", "changed", ["routes", 0, "proxy", "upstreams"], ["http://back:9"]],
  ["ProxyUrl", "", "dropped", []],
  ["ProxyUrlFilter", "login|css", "changed", ["routes", 0, "track"], {}],
  ["ProxyUrlFilter", "", "dropped", []],
  ["IgnoreProxyOptions", true, "dropped", []],
  [
    "ProxyForceJson",
    true,
    "carried",
    ["routes", 0, "proxy", "requestHeaders", "set", "content-type"],
    "application/json",
  ],
  ["ProxyForceJson", false, "dropped", []],
  [
    "ProxyDailyLimit",
    500,
    "changed",
    ["routes", 0, "limit"],
    { requests: 500, windowSeconds: 86_400, by: "address" },
  ],
  ["ProxyDailyLimit", 0, "dropped", []],
  ["ProxyDailyLimitChecker", "cassandra", "dropped", []],
  ["ApiVersion", 1, "carried", []],
  ["ApiVersion", 2, "changed", ["tracking", "collectPath"], "/tr/v2/"],
  ["SchemaVersion", 2, "dropped", []],
  ["Debug", true, "dropped", []],
  ["AllowOrigin", "*", "dropped", []],
  ["DefaultRedirect", "https://vendor.example", "dropped", []],
  ["IgnoreQueryParamsKey", "igqp", "carried", []],
  ["IgnoreQueryParamsKey", "other", "dropped", []],
  ["UrlFilter", "(.*)", "dropped", []],
  ["UrlFilterMatchGroup", 6, "dropped", []],
  ["PrefixPrivateHash", "pepper", "carried", ["sites", 0, "legacyPepper"], "pepper"],
  ["PrefixPrivateHash", " pepper ", "carried", ["sites", 0, "legacyPepper"], " pepper "],
  ["PrefixPrivateHash", "", "carried", ["sites", 0, "legacyHashes"], true],
  ["AccountHashMixer", "mixer", "dropped", []],
  ["UseGeoIP", true, "changed", []],
  ["UseGeoIP", false, "dropped", []],
  ["GeoIPVersion", 1, "dropped", []],
  ["IPv4GeoIPZip", "4.zip", "dropped", []],
  ["IPv6GeoIPZip", "6.zip", "dropped", []],
  ["IPv4GeoIPCSVDest", "4.csv", "dropped", []],
  ["IPv6GeoIPCSVDest", "6.csv", "dropped", []],
  ["TempDirectory", "./tmp/", "dropped", []],
  ["UseRegionDescriptions", true, "dropped", []],
  ["UseRemoveIP", true, "changed", ["sites", 0, "ipMasking"], 4],
  ["UseRemoveIP", false, "carried", ["sites", 0, "ipMasking"], 0],
  ["CFlagsMarketing", 4096, "dropped", []],
  ["CFlagsIgnore", false, "dropped", []],
  ["PruneLogsTTL", 2_592_000, "dropped", []],
  ["PruneLogsOnly", false, "dropped", []],
  ["PruneLimit", 100_000, "dropped", []],
  ["PruneSkipToTimestamp", 0, "dropped", []],
  ["PruneUpdateConfig", true, "dropped", []],
  ["PruneLogsSkip", false, "dropped", []],
  ["PruneLogsPageSize", 0, "dropped", []],
  ["S3Bucket", "b", "dropped", []],
  ["S3Prefix", "p", "dropped", []],
  ["S3Region", "r", "dropped", []],
  ["S3AccessKeyID", "k", "dropped", []],
  ["S3SecretAccessKey", "s", "dropped", []],
  ["HealthCheckInterval", 5, "dropped", []],
  ["InactivityTimeoutSeconds", 60, "dropped", []],
  ["MaxShardSizeBytes", 1, "dropped", []],
];

/** Paths that the original answered whatever its file said. */
const legacyPaths = ["/str/v1/", "/img/v1/", "/ppi/v1/", "/tlv/v1/", "/ping", "/status", "/clear"];

const at = (value: unknown, path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>((part, key) => (part as Record<string | number, unknown> | undefined)?.[key], value);

for (const [key, value, kind, path, now] of cases) {
  test(`${key} ${JSON.stringify(value)} is ${kind}`, () => {
    const needed = key.startsWith("Proxy") ? { ProxyUrl: "http://localhost:3030", ProxyPort: ":8080" } : {};
    const { [key]: _own, ...others } = needed as Record<string, unknown>;
    const { settings, notes } = importOriginal({ UseLocalTLS: true, ...others, [key.toUpperCase()]: value });
    const note = notes.find((one) => one.key === key.toUpperCase()) ?? notes.find((one) => one.key === key);
    assert.equal(note?.kind, kind);
    assert.match(note?.sentence ?? "", /\w/);
    if (path.length > 0) assert.deepEqual(at(settings, path), now);
  });
}

test("the table has every key that is known, and no other", () => {
  assert.deepEqual(new Set(cases.map(([key]) => key)), new Set(originalKeys.keys()));
});

test("the whole of a file becomes settings that can be started", () => {
  const first = new Map(cases.map(([key, value]) => [key, value]));
  const old = {
    ...Object.fromEntries(first),
    ProxyUrl: "http://localhost:3030",
    ReadHeaderTimeoutSeconds: 20,
  };
  const { TLSCert: _cert, TLSKey: _key, StaticDirectory: _dir, ...rest } = old as Record<string, unknown>;
  const { settings } = importOriginal(rest);
  const loaded = checkSettings(settings, "/");
  assert.equal(loaded.kind, "ok", JSON.stringify(loaded));
});

test("certificates of an authority are for the hosts it names, on the ports of the web", () => {
  const { settings, notes } = importOriginal({
    UseLocalTLS: false,
    Domains: ["", "Shop.example"],
    TLSCert: "./x.crt",
    ProxyPort: ":8080",
  });
  assert.deepEqual(settings, {
    listen: { http: ":80", https: ":443" },
    tls: { mode: "acme" },
    sites: [{ id: "main", hosts: ["shop.example"], legacyHashes: true }],
    tracking: { legacyPaths },
  });
  assert.equal(checkSettings(settings, "/").kind, "ok");
  assert.deepEqual(
    notes.map(({ key, kind }) => [key, kind]),
    [
      ["TLSCert", "dropped"],
      ["UseLocalTLS", "changed"],
      ["Domains", "changed"],
      ["ProxyPort", "dropped"],
      ["PrefixPrivateHash (left out)", "carried"],
    ],
  );
});

test("what counted where it was left out counts so still", () => {
  const { settings, notes } = importOriginal({ UseLocalTLS: true, ProxyUrl: "http://localhost:3030" });
  assert.deepEqual(settings, {
    listen: { http: ":80", https: ":443" },
    tls: { mode: "local", redirect: true },
    routes: [
      {
        path: "/api/",
        proxy: {
          upstreams: ["http://localhost:3030"],
          requestHeaders: { set: { "x-origin-host": "localhost:3030" } },
          responseHeaders: { set: { "access-control-allow-origin": "*" } },
        },
      },
    ],
    sites: [{ id: "main", legacyHashes: true }],
    tracking: { legacyPaths },
  });
  assert.equal(checkSettings(settings, "/").kind, "ok");
  assert.deepEqual(
    notes.map(({ key, kind }) => [key, kind]),
    [
      ["UseLocalTLS", "carried"],
      ["ProxyUrl", "carried"],
      ["IgnoreProxyOptions (left out)", "changed"],
      ["AllowOrigin (left out)", "changed"],
      ["PrefixPrivateHash (left out)", "carried"],
    ],
  );
});

test("OPTIONS goes to the back end, and an origin that was named is named to its callers", () => {
  const proxy = { UseLocalTLS: true, ProxyUrl: "http://localhost:3030", AllowOrigin: "https://shop.example" };
  const kinds = [true, false].map((IgnoreProxyOptions) => {
    const { settings, notes } = importOriginal({ ...proxy, IgnoreProxyOptions });
    const headers = at(settings, ["routes", 0, "proxy", "responseHeaders", "set"]);
    assert.deepEqual(headers, { "access-control-allow-origin": "https://shop.example" });
    return notes.find(({ key }) => key === "IgnoreProxyOptions")?.kind;
  });
  assert.deepEqual(kinds, ["carried", "changed"]);
});

test("ProxyPortTLS counts beside ProxyPort alone, and keys of the proxy beside ProxyUrl", () => {
  const keys = {
    ProxyPortTLS: ":8443",
    ProxyUrlFilter: "login",
    ProxyForceJson: true,
    ProxyDailyLimit: 5,
    IgnoreProxyOptions: true,
  };
  const { settings, notes } = importOriginal({ UseLocalTLS: true, ...keys });
  assert.deepEqual((settings as { listen: object }).listen, { http: ":80", https: ":443" });
  assert.equal("routes" in settings, false);
  for (const key of Object.keys(keys))
    assert.equal(notes.find((one) => one.key === key)?.kind, "dropped", key);
});

test("services and each of their fields are named with the reason", () => {
  const fields = Object.keys(serviceFields);
  const entry = Object.fromEntries(fields.map((field) => [field, field === "Service" ? "cassandra" : 1]));
  const { notes } = importOriginal({
    UseLocalTLS: true,
    notify: [entry],
    Consume: [{ Service: "nats_", New: 1 }, 5],
  });
  const told = new Map(notes.map(({ key, sentence }) => [key, sentence]));
  for (const field of fields.filter((name) => name !== "Service")) {
    assert.match(told.get(`notify[0].${field}`) ?? "", /\w/, field);
  }
  assert.match(told.get("notify[0].Service (cassandra)") ?? "", /stores events by itself/);
  assert.match(told.get("Consume[0].Service (nats_)") ?? "", /switched off/);
  assert.match(told.get("Consume[0].New") ?? "", /did not know/);
  assert.match(told.get("Consume[1]") ?? "", /no service/);
});

test("services that were known are told apart; a key nobody knows is told", () => {
  for (const name of ["cassandra", "duckdb", "clickhouse", "facebook", "nats"]) {
    const { notes } = importOriginal({ UseLocalTLS: true, Notify: [{ Service: name }] });
    assert.doesNotMatch(notes.at(-1)?.sentence ?? "", /no such service/, name);
  }
  assert.match(
    importOriginal({ UseLocalTLS: true, Nonsense: 1 }).notes.at(-1)?.sentence ?? "",
    /did not know/,
  );
});
