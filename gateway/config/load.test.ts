import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { type LoadOptions, loadConfig } from "./load.ts";
import { formatMistakes } from "./mistakes.ts";

let folder: string;
let file: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "turnpike-config-"));
  file = join(folder, "config.json");
  mkdirSync(join(folder, "public"));
});
after(() => rmSync(folder, { recursive: true }));

const load = (settings: unknown, options: LoadOptions = {}) => {
  writeFileSync(file, typeof settings === "string" ? settings : JSON.stringify(settings));
  return loadConfig({ file, ...options });
};

const mistakesOf = (settings: unknown, options: LoadOptions = {}): string[] => {
  const loaded = load(settings, options);
  return loaded.kind === "ok" ? [] : loaded.mistakes.map((m) => `${m.path}: ${m.message}`);
};

const experiment = {
  key: "e",
  variants: [{ key: "control" }, { key: "b" }],
  goals: [{ key: "purchase", event: "purchase" }],
};

test("the shipped settings file is accepted", () => {
  const loaded = loadConfig({ file: resolve(import.meta.dirname, "../../config.json") });
  const known = loaded.kind === "ok" ? [] : loaded.mistakes.map((mistake) => mistake.path);
  assert.deepEqual(known, []);
});

test("an empty object is a whole configuration, frozen, with paths from the file's folder", () => {
  const loaded = load({ routes: [{ static: { dir: "public" } }] });
  assert.equal(loaded.kind, "ok");
  if (loaded.kind !== "ok") return;
  assert.equal(loaded.folder, folder);
  assert.equal(loaded.file, file);
  assert.equal(loaded.config.data.dir, join(folder, "data"));
  assert.equal(loaded.config.routes[0]?.static?.dir, join(folder, "public"));
  assert.equal(loaded.config.sites[0]?.id, "main");
  assert.throws(() => {
    Object.assign(loaded.config.listen, { http: ":1" });
  }, TypeError);
});

test("the command line wins over the file, with a data folder from the working folder", () => {
  const overrides = { data: "elsewhere", http: ":9090", admin: "127.0.0.1:9091" };
  const loaded = load({ listen: { http: ":1234", stopSeconds: 3 }, data: { dir: "x" } }, { overrides });
  assert.equal(loaded.kind, "ok");
  if (loaded.kind !== "ok") return;
  assert.deepEqual(loaded.config.listen, {
    http: ":9090",
    https: ":8443",
    admin: "127.0.0.1:9091",
    stopSeconds: 3,
    drainSeconds: 300,
    adminHosts: [],
  });
  assert.equal(loaded.config.data.dir, resolve("elsewhere"));
});

test("every mistake is told at once, those of the schema and those of the cross checks", () => {
  const settings = {
    lisen: {},
    routes: [{ path: "api", proxy: { upstreams: ["ftp://x"] } }, { static: { dir: "nope" } }],
    sites: [
      { id: "main", ipMasking: 9, timezone: "Mars/Base" },
      { id: "two", timezone: "Mars/Base" },
    ],
    experiments: [{ ...experiment, coverage: 2 }],
    limits: { bodyBytes: "1 MB", exempt: ["10.0.0.0/33"] },
  };
  assert.deepEqual(mistakesOf(settings).sort(), [
    ": unknown key `lisen`: did you mean `listen`?",
    "experiments[0].coverage: expected a number from 0 to 1, got 2",
    'limits.bodyBytes: expected a whole number from 1024 to 1073741824, got "1 MB"',
    'routes[0].path: expected a path that starts with /, got "api"',
    'routes[0].proxy.upstreams[0]: expected "http://HOST:PORT", "https://HOST:PORT", "unix:/PATH" or "demo", got "ftp://x"',
    `routes[1].static.dir: there is no folder ${join(folder, "nope")}`,
    "sites[0].ipMasking: expected a whole number from 0 to 4, got 9",
    'sites[1].timezone: expected an IANA time zone such as Europe/Berlin, got "Mars/Base"',
  ]);
});

const storeMistake =
  'limits.store: expected "memory", or "redis://HOST:PORT" with the number of a database behind it or none';

const wrong: readonly (readonly [what: string, settings: unknown, mistake: string])[] = [
  [
    "a value in a part that may be null",
    { accessLog: { format: "xml" } },
    'accessLog.format: expected one of "json", "clf", "combined", got "xml"',
  ],
  [
    "a number in a part that may be null",
    { limits: { visitor: { requests: 0 } } },
    "limits.visitor.requests: expected a whole number above 0, got 0",
  ],
  [
    "an unknown key in a part that may be null",
    { accessLog: { formt: "json" } },
    "accessLog: unknown key `formt`: did you mean `format`?",
  ],
  [
    "a name that is none, where a text may stand instead",
    { sites: [{ id: "main", currencyRates: { EURO: 1 } }] },
    "sites[0].currencyRates.EURO: expected a code such as EUR",
  ],
  [
    "a number that JSON has and no machine",
    '{ "data": { "keepDays": 1e400 } }',
    "data.keepDays: expected a number above 0 or null, got Infinity",
  ],
  [
    "a cookie's domain that is no host",
    { sites: [{ id: "main", cookieDomain: "shop.example; Secure" }] },
    'sites[0].cookieDomain: expected a host name such as shop.example, got "shop.example; Secure"',
  ],
  ["a store of limits without a host", { limits: { store: "redis://" } }, storeMistake],
  ["a store that is a socket", { limits: { store: "redis:///run/redis.sock" } }, storeMistake],
  ["a store with a path that is no number", { limits: { store: "redis://:pass@h/main" } }, storeMistake],
  ["a store of another kind", { limits: { store: "postgres://u:topsecret@h" } }, storeMistake],
  ["a store whose port is none", { limits: { store: "redis://:topsecret@h:99999" } }, storeMistake],
  [
    "a value outside the allowed ones",
    { sites: [{ id: "main", consent: "maybe" }] },
    'sites[0].consent: expected one of "required", "assumed", got "maybe"',
  ],
  [
    "a missing value",
    { experiments: [{ ...experiment, key: undefined }] },
    "experiments[0].key: is missing: expected a text",
  ],
  [
    "too few variants",
    { experiments: [{ ...experiment, variants: [{ key: "a" }] }] },
    "experiments[0].variants: expected a list of 2 to 20, got a list of 1",
  ],
  [
    "an unknown key deep inside",
    { experiments: [{ ...experiment, variants: [{ key: "a" }, { key: "b", weigth: 2 }] }] },
    "experiments[0].variants[1]: unknown key `weigth`: did you mean `weight`?",
  ],
  [
    "an unknown key like no other",
    { data: { compression: true } },
    "data: unknown key `compression`: known here are dir, sealMinutes, journalDays, keepDays, rejectsKept, rejectDays",
  ],
  [
    "a route with two answers beside another mistake",
    { routes: [{ path: "/", proxy: { upstreams: ["demo"] }, static: { dir: "public" } }] },
    "routes[0]: expected exactly one of proxy, static, respond, or redirect alone",
  ],
  [
    "a site that takes GA4 hits of no stream",
    { sites: [{ id: "main", protocols: ["native", "ga4"] }] },
    'sites[0].measurementIds: is empty, and ga4 takes only hits of ids that are named here: "*" stands for any',
  ],
  [
    "a prefix of GA4's paths that is none",
    { sites: [{ id: "main", ga4Prefix: "/metrics/" }] },
    'sites[0].ga4Prefix: expected nothing, or a path that starts with / and does not end with it, got "/metrics/"',
  ],
  [
    "a route that is never reached",
    { routes: [{ static: { dir: "public" } }, { path: "/", proxy: { upstreams: ["demo"] } }] },
    "routes[1]: is never reached: routes[0] has the same hosts and path",
  ],
  [
    "a port that is none",
    { listen: { http: ":99999" } },
    'listen.http: expected a port up to 65535, got ":99999"',
  ],
  [
    "one port for two listeners",
    { listen: { http: ":8081" } },
    "listen.admin: has the port of listen.http, 8081",
  ],
  [
    "an upstream with a port that is none",
    { routes: [{ proxy: { upstreams: ["http://x:99999"] } }] },
    'routes[0].proxy.upstreams[0]: expected "http://HOST:PORT", "https://HOST:PORT", "unix:/PATH" or "demo", got "http://x:99999"',
  ],
  [
    "an upstream with a password, which no request would carry",
    { routes: [{ proxy: { upstreams: ["http://ann:secret@x"] } }] },
    'routes[0].proxy.upstreams[0]: expected "http://HOST:PORT", "https://HOST:PORT", "unix:/PATH" or "demo", got "http://…@x"',
  ],
  [
    "an upstream with a query, likewise",
    { routes: [{ proxy: { upstreams: ["https://x?a=b"] } }] },
    'routes[0].proxy.upstreams[0]: expected "http://HOST:PORT", "https://HOST:PORT", "unix:/PATH" or "demo", got "https://x?a=b"',
  ],
  [
    "a file where a folder is needed",
    { routes: [{ static: { dir: "config.json" } }] },
    "routes[0].static.dir: FOLDER/config.json is not a folder",
  ],
  [
    "an application's page that is not there",
    { routes: [{ static: { dir: "public", fallback: "app.html" } }] },
    "routes[0].static.fallback: there is no file FOLDER/public/app.html",
  ],
  [
    "a proxy that is no address",
    { trustedProxies: ["10.0.0.0/8", "lb.example"] },
    'trustedProxies[1]: expected an address or a range such as 10.0.0.0/8, got "lb.example"',
  ],
  ["two sites of one id", { sites: [{ id: "a" }, { id: "a" }] }, 'sites[1].id: "a" is taken by sites[0]'],
  [
    "two experiments of one key",
    { experiments: [experiment, experiment] },
    'experiments[1].key: "e" is taken by experiments[0]',
  ],
  [
    "an experiment on a site that is not there",
    { experiments: [{ ...experiment, site: "shop" }] },
    'experiments[0].site: there is no site "shop": expected one of main',
  ],
  [
    "two variants of one key",
    { experiments: [{ ...experiment, variants: [{ key: "a" }, { key: "a" }] }] },
    'experiments[0].variants[1].key: "a" is taken by experiments[0].variants[0]',
  ],
  [
    "two goals of one key",
    { experiments: [{ ...experiment, goals: [...experiment.goals, ...experiment.goals] }] },
    'experiments[0].goals[1].key: "purchase" is taken by experiments[0].goals[0]',
  ],
  [
    "no weight at all",
    {
      experiments: [
        {
          ...experiment,
          variants: [
            { key: "a", weight: 0 },
            { key: "b", weight: 0 },
          ],
        },
      ],
    },
    "experiments[0].variants: all weights are 0: at least one must be more",
  ],
  [
    "a write key that is too short, without telling it",
    { sites: [{ id: "main", writeKeys: ["hunter2"] }] },
    "sites[0].writeKeys[0]: expected a text of at least 16 characters",
  ],
  [
    "a number in the place of an address",
    { listen: { http: 8080 } },
    'listen.http: expected a text such as ":8080" or "127.0.0.1:8080", got 8080',
  ],
  [
    "an IPv6 address without its brackets",
    { listen: { http: "::1:80" } },
    'listen.http: expected HOST:PORT or :PORT, an IPv6 address in brackets, got "::1:80"',
  ],
  [
    "a dashboard that others would reach in the clear",
    { listen: { admin: ":8081" } },
    'listen.admin: :8081 is reachable from other machines, which needs TLS: set "tls": "local" or certificate files, or use 127.0.0.1:PORT and reach it through an SSH tunnel',
  ],
  [
    "a proxy to Turnpike itself",
    { routes: [{ proxy: { upstreams: ["http://x:8080", "http://localhost:8080"] } }] },
    "routes[0].proxy.upstreams[1]: is Turnpike itself (listen.http): give the site's own server another port",
  ],
  [
    "a path with a star",
    { routes: [{ path: "/api/*", static: { dir: "public" } }] },
    'routes[0].path: expected a path and nothing else: it stands for all below it without a *, ? or #, got "/api/*"',
  ],
  [
    "a path that no request has",
    { routes: [{ path: "/a/../b", static: { dir: "public" } }] },
    'routes[0].path: expected a path without //, /./ and /../, which no request has, got "/a/../b"',
  ],
  [
    "a broken escape in a path",
    { routes: [{ path: "/100%", static: { dir: "public" } }] },
    'routes[0].path: expected a path without backslashes, with two hexadecimal digits after each %, got "/100%"',
  ],
  [
    "a cookie's name that is none",
    { sites: [{ id: "main", cookies: { visitor: "a;b" } }] },
    'sites[0].cookies.visitor: expected the name of a cookie: letters, digits, - and _, at most 64, got "a;b"',
  ],
  [
    "one name for two cookies",
    { sites: [{ id: "main", cookies: { session: "vid" } }] },
    'sites[0].cookies.session: "vid" is the name of sites[0].cookies.visitor',
  ],
  [
    "a value below a part that may be null",
    { recordHits: { megabytes: "100MB" } },
    'recordHits.megabytes: expected a number above 0 up to 10000, got "100MB"',
  ],
  [
    "an unknown key below a part that may be null",
    { accessLog: { fil: "x" } },
    "accessLog: unknown key `fil`: did you mean `file`?",
  ],
  [
    "an unknown key in the long form of a value with a short one",
    { routes: [{ static: { dir: "public" }, compress: { minByte: 1 } }] },
    "routes[0].compress: unknown key `minByte`: did you mean `minBytes`?",
  ],
  [
    "a missing value in the long form of a value with a short one",
    { routes: [{ proxy: { upstreams: [{ weight: 2 }] } }] },
    "routes[0].proxy.upstreams[0].url: is missing: expected a text",
  ],
  [
    "one of several numbers",
    { routes: [{ redirect: [{ pattern: "^/x", to: "/y", status: 200 }] }] },
    "routes[0].redirect[0].status: expected one of 301, 302, 303, 307, 308, got 200",
  ],
  [
    "an error page of no status",
    { routes: [{ static: { dir: "public" }, errorPages: { "999": "config.json" } }] },
    "routes[0].errorPages.999: expected a status from 400 to 599",
  ],
  [
    "a slip in the type of a sink",
    { sinks: [{ id: "a", type: "flie", path: "./a.jsonl" }] },
    'sinks[0].type: expected one of console, file, webhook, or a type of a module that `plugins` names, got "flie"',
  ],
  [
    "a folder where a file is to be written",
    { accessLog: { file: "./public" } },
    "accessLog.file: FOLDER/public is a folder: expected the name of a file",
  ],
  [
    "a file where the data are to lie",
    { data: { dir: "config.json" } },
    "data.dir: FOLDER/config.json is a file: expected a folder",
  ],
  [
    "a key that a terminal would obey",
    { "\u001b[31m": 1 },
    ": unknown key `\\u001b[31m`: known here are listen, tls, trustedProxies, data, routes, sites, tracking, geo, recordHits, experiments, sinks, plugins, limits, accessLog, workers",
  ],
  ["no file content", " \n", ": is empty: {} is the least that is taken"],
  [
    "a list",
    [],
    ": expected an object with listen, tls, trustedProxies, data, routes, sites, tracking, geo, recordHits, experiments, sinks, plugins, limits, accessLog, workers, got an empty list",
  ],
];
for (const [what, settings, mistake] of wrong) {
  test(`${what} is told with its path and what is allowed`, () => {
    assert.deepEqual(mistakesOf(settings), [mistake.replace("FOLDER", folder)]);
  });
}

test("a mistake in the JSON is told with its line, its column and the line itself", () => {
  const loaded = load('{\n  "listen": { "http": ":8080" }\n  "data": {}\n}');
  assert.equal(loaded.kind, "wrong");
  if (loaded.kind !== "wrong") return;
  assert.equal(
    formatMistakes("config.json", loaded.mistakes),
    'config.json: line 3, column 3: expected `,` or `}`, found `"`\n      "data": {}\n      ^',
  );
});

test("a file that is not there is one sentence with the ways out", () => {
  const loaded = loadConfig({ file: join(folder, "absent.json") });
  assert.equal(loaded.kind, "wrong");
  if (loaded.kind !== "wrong") return;
  assert.match(
    formatMistakes("absent.json", loaded.mistakes),
    /^absent\.json: no such file: .*--config FILE; `turnpike start` does without one by .*$/,
  );
});

test("an upstream elsewhere on the same port, and one of an inner address, are nobody's circle", () => {
  const proxyTo = (url: string, http: string) =>
    mistakesOf({ listen: { http }, routes: [{ proxy: { upstreams: [url] } }] });
  assert.deepEqual(proxyTo("http://10.0.0.5:8080", ":8080"), []);
  assert.deepEqual(proxyTo("http://127.0.0.1:8080", "10.0.0.5:8080"), []);
  for (const [url, http] of [
    ["http://[::1]:8080", ":8080"],
    ["http://10.0.0.5:8080", "10.0.0.5:8080"],
    ["http://localhost", "127.0.0.1:80"],
  ] as const) {
    assert.equal(proxyTo(url, http).length, 1, url);
  }
});

test("ten thousand sites and routes are looked over in one pass", () => {
  const names = Array.from({ length: 10_000 }, (_, i) => `h${i}.example`);
  const sites = names.map((host, i) => ({ id: `s${i}`, hosts: [host] }));
  const routes = names.map((host) => ({ hosts: [host], static: { dir: "public" } }));
  assert.deepEqual(mistakesOf({ sites, routes: [...routes, ...routes.slice(0, 1)] }), [
    "routes[10000]: is never reached: routes[0] has the same hosts and path",
  ]);
});

test("bytes that are no UTF-8 are told, and not read as something else", () => {
  for (const bytes of [Buffer.from("\ufeff{}", "utf16le"), Buffer.from([0x7b, 0x22, 0xe4, 0x22, 0x7d])]) {
    writeFileSync(file, bytes);
    const loaded = loadConfig({ file });
    assert.match(loaded.kind === "wrong" ? (loaded.mistakes[0]?.message ?? "") : "", /^is not text in UTF-8/);
  }
});

test("a folder in the place of the file is told, not thrown", () => {
  const loaded = loadConfig({ file: folder });
  assert.equal(
    loaded.kind === "wrong" && loaded.mistakes[0]?.message,
    "is a folder: name the settings file in it with --config FILE",
  );
});

test("settings of the original tracker are known for what they are, whatever the case of their keys", () => {
  const mistakes = mistakesOf({ ProxyPort: ":8080", notify: [], Domains: ["localhost"] });
  assert.equal(mistakes.length, 1);
  assert.match(mistakes[0] ?? "", /settings of the original tracker \(ProxyPort, notify, Domains, …\)/);
});

test("--proxy makes one route for everything, from a URL, an address or a port", () => {
  for (const proxy of ["http://localhost:3000", "localhost:3000", "3000"]) {
    const loaded = loadConfig({ proxy });
    assert.equal(loaded.kind, "ok");
    if (loaded.kind !== "ok") return;
    assert.equal(loaded.file, null);
    const [route, ...more] = loaded.config.routes;
    assert.deepEqual(more, []);
    assert.deepEqual(route?.proxy?.upstreams, ["http://localhost:3000"]);
    assert.deepEqual([route?.path, route?.inject, route?.hosts], ["/", true, ["*"]]);
    assert.deepEqual(loaded.config.experiments, []);
    assert.deepEqual(loaded.config.sites[0]?.hosts, ["*"]);
  }
});

test("mistakes on the command line are told by the option's name", () => {
  assert.deepEqual(
    [
      loadConfig({ proxy: "ftp://localhost:3000", overrides: { http: "here" } }),
      loadConfig({ staticDir: join(folder, "nope") }),
      load({}, { overrides: { admin: "127.0.0.1:8080" } }),
    ].flatMap((loaded) => (loaded.kind === "wrong" ? loaded.mistakes.map((mistake) => mistake.path) : [])),
    ["--http", "--proxy", "--static", "--admin"],
  );
});
