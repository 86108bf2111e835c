import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { loadPlugins } from "./plugins.ts";

const folderWith = (t: TestContext, files: Readonly<Record<string, string>>): string => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-plugins-"));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
};

const load = async (folder: string, ...plugins: string[]): Promise<readonly string[]> => [
  ...(await loadPlugins(plugins, folder)).keys(),
];

const one = "export const createSink = () => {};";

test("a file's sink has the file's name as its type", async (t) => {
  const folder = folderWith(t, { "my-sink.ts": `const n: number = 1;\n${one}`, "sub/other.mjs": one });
  assert.deepEqual(await load(folder, "./my-sink.ts", "./sub/other.mjs"), ["my-sink", "other"]);
});

test("`sinks` gives several types by their names", async (t) => {
  const folder = folderWith(t, {
    "all.ts": "export const sinks = { kafka: () => {}, nats: () => {}, version: 3 };",
  });
  assert.deepEqual(await load(folder, "./all.ts"), ["kafka", "nats"]);
});

test("a package is looked for from the settings file's folder, and gives its name as type", async (t) => {
  const folder = folderWith(t, {
    "node_modules/sink-a/package.json": JSON.stringify({
      name: "sink-a",
      type: "module",
      exports: "./main.js",
    }),
    "node_modules/sink-a/main.js": one,
    "node_modules/@acme/sink/package.json": JSON.stringify({
      name: "@acme/sink",
      type: "module",
      exports: { ".": { types: "./x.d.ts", import: { default: "./main.js" } } },
    }),
    "node_modules/@acme/sink/main.js": one,
    "node_modules/old/package.json": JSON.stringify({ name: "old", main: "./lib/old.js" }),
    "node_modules/old/lib/old.js": "exports.createSink = () => {};",
  });
  assert.deepEqual(await load(folder, "sink-a", "@acme/sink", "old"), ["sink-a", "@acme/sink", "old"]);
});

for (const [what, files, plugins, sentence] of [
  [
    "is not there",
    {},
    ["no-such-package"],
    /^plugins: no-such-package cannot be loaded: Cannot find package 'no-such-package'/,
  ],
  [
    "imports what is not there",
    { "a.ts": "import './b.ts';" },
    ["./a.ts"],
    /^plugins: \.\/a\.ts cannot be loaded: there is no .*\/b\.ts$/,
  ],
  [
    "throws no error but a text",
    { "a.ts": "throw 'at once';" },
    ["./a.ts"],
    /^plugins: \.\/a\.ts cannot be loaded: at once$/,
  ],
  [
    "gives nothing",
    { "a.ts": "export default () => {};" },
    ["./a.ts"],
    /^plugins: \.\/a\.ts exports neither/,
  ],
  [
    "gives a type that ships",
    { "a.ts": "export const sinks = { file: () => {} };" },
    ["./a.ts"],
    /^plugins: \.\/a\.ts gives the type file, which is there already: rename one$/,
  ],
  [
    "gives the type of another",
    { "a.ts": one, "b/a.ts": one },
    ["./a.ts", "./b/a.ts"],
    /^plugins: \.\/b\/a\.ts gives the type a, which is there/,
  ],
] as const) {
  test(`a plugin that ${what} is told in one sentence`, async (t) => {
    await assert.rejects(load(folderWith(t, files), ...plugins), (error: Error) => {
      assert.match(error.message, sentence);
      assert.ok(!error.message.includes("\n"));
      return true;
    });
  });
}
