import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";

const fileWith = (t: TestContext, settings: object): { readonly file: string; readonly folder: string } => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-sink-settings-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "config.json");
  writeFileSync(file, JSON.stringify(settings));
  return { file, folder };
};

const webhook = { id: "hook", type: "webhook", url: "https://example.com/x", secret: "0123456789abcdef" };
const file = { id: "archive", type: "file", path: "./out/events.jsonl" };

test("sinks of all shipped types are taken, with their defaults and absolute paths", (t) => {
  const { file: config, folder } = fileWith(t, { sinks: [{ id: "out", type: "console" }, file, webhook] });
  const loaded = loadConfig({ file: config });
  assert.equal(loaded.kind, "ok");
  const { sinks } = (loaded as { config: Config }).config;
  assert.deepEqual(sinks[0], {
    id: "out",
    type: "console",
    only: [],
    sites: [],
    bots: "exclude",
    from: "now",
    batchEvents: 500,
    flushSeconds: 1,
    timeoutSeconds: 30,
  });
  assert.equal(sinks[1]?.path, join(folder, "out/events.jsonl"));
});

for (const [what, settings, mistake] of [
  [
    "a type that no plugin can give",
    { sinks: [{ id: "a", type: "fiel" }] },
    /^sinks\[0\]\.type: expected one of console, file, webhook, or a type of a module that `plugins` names, got "fiel"$/,
  ],
  [
    "a file without a path",
    { sinks: [{ id: "a", type: "file" }] },
    /^sinks\[0\]\.path: is missing: expected the file to write to$/,
  ],
  [
    "a webhook without a secret",
    { sinks: [{ ...webhook, secret: undefined }] },
    /^sinks\[0\]\.secret: is missing: expected the key that signs/,
  ],
  [
    "a webhook to no URL",
    { sinks: [{ ...webhook, url: "example.com" }] },
    /^sinks\[0\]\.url: expected an http\(s\) URL without user and password, got "example\.com"$/,
  ],
  [
    "a webhook with a password",
    { sinks: [{ ...webhook, url: "https://a:b@example.com" }] },
    /^sinks\[0\]\.url: expected an http/,
  ],
  [
    "a setting of another type",
    { sinks: [{ ...webhook, path: "./x" }] },
    /^sinks\[0\]\.path: expected nothing: it is for sinks of type file, got "\.\/x"$/,
  ],
  [
    "settings of a plugin for a shipped type",
    { sinks: [{ ...file, settings: {} }] },
    /^sinks\[0\]\.settings: expected nothing: it is for sinks of plugins/,
  ],
  ["two of one id", { sinks: [webhook, webhook] }, /^sinks\[1\]\.id: "hook" is taken by sinks\[0\]$/],
  [
    "two that write one file",
    { sinks: [file, { ...file, id: "b", path: "out/events.jsonl" }] },
    /^sinks\[1\]\.path: ".*events\.jsonl" is taken by sinks\[0\]$/,
  ],
  [
    "a site that is not there",
    { sinks: [{ ...file, sites: ["shop"] }] },
    /^sinks\[0\]\.sites\[0\]: there is no site "shop": expected some of main$/,
  ],
  ["an unknown key", { sinks: [{ ...file, batchSize: 5 }] }, /^sinks\[0\]: unknown key `batchSize`/],
  ["a plugin file that is not there", { plugins: ["./no.ts"] }, /^plugins\[0\]: there is no file .*no\.ts$/],
] as const) {
  test(`${what} is refused before anything starts`, (t) => {
    const loaded = loadConfig({ file: fileWith(t, settings).file });
    assert.equal(loaded.kind, "wrong");
    const { mistakes } = loaded as { mistakes: readonly { path: string; message: string }[] };
    assert.deepEqual(mistakes.length, 1);
    assert.match(`${mistakes[0]?.path}: ${mistakes[0]?.message}`, mistake);
  });
}

test("an almost right secret is not repeated", (t) => {
  const loaded = loadConfig({ file: fileWith(t, { sinks: [{ ...webhook, secret: "short" }] }).file });
  assert.ok(!JSON.stringify(loaded).includes('short\\"'));
  assert.match(JSON.stringify(loaded), /sinks\[0\]\.secret/);
});
