/** Every row of the tables in `http/`, over a raw socket, through the real program with files and a proxied route. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { brotliCompressSync } from "node:zlib";
import { ask } from "./ask.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { type Facts, type HttpCase, host } from "./http/case.ts";
import { fieldCases } from "./http/cases-fields.ts";
import { fileCases, text } from "./http/cases-files.ts";
import { framingCases } from "./http/cases-framing.ts";
import { methodCases } from "./http/cases-methods.ts";
import { targetCases } from "./http/cases-target.ts";
import { playCase } from "./http/play-case.ts";
import { type ScriptUpstream, startScriptUpstream } from "./http/script-upstream.ts";

const tables: Readonly<Record<string, readonly HttpCase[]>> = {
  framing: framingCases,
  targets: targetCases,
  methods: methodCases,
  fields: fieldCases,
  files: fileCases,
};

const script = "export const answer = 42;\n".repeat(200);
const files: Readonly<Record<string, string | Buffer>> = {
  "index.html": "<p>home</p>",
  "a.txt": text,
  "b.txt": "bbb",
  "empty.txt": "",
  "sentinel.txt": "sentinel",
  "app.js": script,
  "app.js.br": brotliCompressSync(script),
  "app.3f9a1c7b2e4d5f60.js": script,
  "dot.png": Buffer.from("89504e470d0a1a0a", "hex"),
  "thing.xyzzy": "?",
  ".hidden": "secret",
  ".well-known/security.txt": "contact",
  "sub/index.html": "<p>sub</p>",
};

const folder = mkdtempSync(join(tmpdir(), "turnpike-http-"));
let upstream: ScriptUpstream;
let gateway: Gateway;
let facts: Facts;

before(async () => {
  const written = new Date("2024-06-15T12:00:00Z");
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    utimesSync(path, written, written);
  }
  upstream = await startScriptUpstream();
  gateway = await startGateway({
    config: {
      tls: "off",
      limits: { requests: 1_000_000 },
      sites: [{ id: "main", hosts: [host] }],
      routes: [
        { path: "/api/", proxy: { upstreams: [upstream.url] }, inject: false },
        { path: "/", static: { dir: folder }, inject: false },
      ],
    },
  });
  const { headers } = await ask(`${gateway.url}/a.txt`, { headers: { host } });
  facts = { etag: headers.etag ?? "", modified: headers["last-modified"] ?? "" };
});
after(async () => {
  await gateway?.close();
  await upstream?.close();
  rmSync(folder, { recursive: true, force: true });
});

test("there are enough cases, each with its section, and none twice", () => {
  const all = Object.values(tables).flat();
  assert.ok(all.length >= 150, `${all.length} cases`);
  for (const { rfc, name } of all) assert.match(rfc, /^\d{4} §\d+(\.\d+)*$/, name);
  const names = all.map(({ rfc, name }) => `${rfc} ${name}`);
  assert.deepEqual(
    names.filter((name, i) => names.indexOf(name) !== i),
    [],
  );
});

for (const [table, cases] of Object.entries(tables)) {
  for (const one of cases) {
    test(`${table}: RFC ${one.rfc}: ${one.name}`, () =>
      playCase(one, { port: gateway.ports.http, upstream, facts }));
  }
}
