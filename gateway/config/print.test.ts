import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { loadConfig } from "./load.ts";
import { printConfig } from "./print.ts";

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "turnpike-print-"));
  mkdirSync(join(folder, "public"));
});
after(() => rmSync(folder, { recursive: true }));

const load = (text: string) => {
  const file = join(folder, "config.json");
  writeFileSync(file, text);
  const loaded = loadConfig({ file });
  assert.equal(loaded.kind, "ok", JSON.stringify(loaded));
  return loaded.kind === "ok" ? loaded.config : assert.fail();
};

test("only what differs from the defaults is printed, on few lines", () => {
  const config = load(
    '{"listen":{"http":":9000"},"data":{"dir":"./data"},"routes":[{"path":"/","proxy":{"upstreams":["http://localhost:3000"]},"inject":true}],"sites":[{"id":"main","hosts":["*"]}],"experiments":[]}',
  );
  assert.equal(
    printConfig(config, folder),
    `{
  "listen": { "http": ":9000" },
  "routes": [{ "path": "/", "inject": true, "proxy": { "upstreams": ["http://localhost:3000"] } }]
}
`,
  );
});

const rich = JSON.stringify({
  listen: { http: "0.0.0.0:80", admin: "127.0.0.1:8085", stopSeconds: 0 },
  trustedProxies: ["10.0.0.0/8"],
  data: { dir: "/var/lib/turnpike" },
  routes: [
    {
      hosts: ["shop.example", "*.shop.example"],
      path: "/api/",
      proxy: { upstreams: ["demo"], firstByteMs: 9 },
    },
    { path: "/", static: { dir: "public" }, inject: true },
  ],
  sites: [
    { id: "main", excludedUrlParams: [], sessions: { idleMinutes: 0.5 }, cookies: { visitor: "v" } },
    { id: "other", hosts: ["other.example"], cookieDomain: "other.example", consent: "required" },
  ],
  experiments: [
    {
      key: "pricing-headline",
      hypothesis:
        "A headline that names the saving sells more than one that names the product alone, says Ada.",
      variants: [{ key: "control" }, { key: "b", weight: 3, params: { colour: "green", big: true } }],
      goals: [{ key: "purchase", event: "purchase", value: "value" }],
      site: "other",
    },
  ],
});

for (const [what, text] of [
  ["an empty file", "{}"],
  ["a rich one", rich],
] as const) {
  test(`what is printed of ${what} gives the same configuration, and is printed the same again`, () => {
    const config = load(text);
    const printed = printConfig(config, folder);
    const again = load(printed);
    assert.deepEqual(again, config);
    assert.equal(printConfig(again, folder), printed);
    assert.ok(printed.split("\n").every((line) => line.length <= 130));
  });
}

test("paths inside the folder are printed from there, others in full", () => {
  const printed = printConfig(load(rich), folder);
  assert.match(printed, /"dir": "\.\/public"/);
  assert.match(printed, /"dir": "\/var\/lib\/turnpike"/);
});
