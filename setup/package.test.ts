import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { root } from "./build/dist.ts";
import { makePackage } from "./package.ts";

let folder: string;
let installed: string;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "turnpike-package-"));
  installed = join(folder, "node_modules/turnpike");
  await makePackage(installed);
  // As npm lays them out: the packages that it needs lie beside it.
  const { dependencies } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8")) as {
    dependencies: Record<string, string>; // our own file
  };
  for (const name of Object.keys(dependencies)) {
    const place = join(folder, "node_modules", name);
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(join(root, "node_modules", name), place);
  }
});
after(() => rmSync(folder, { recursive: true, force: true }));

const filesOf = (dir: string): readonly string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1));

test("a package has the program, what browsers run with its types, and nothing of its development", () => {
  const files = filesOf(installed);
  for (const name of [
    "turnpike.js",
    "gateway/main.js",
    "dist/track.js",
    "dist/track.d.ts",
    "setup/settings.md",
  ])
    assert.ok(files.includes(name), name);
  const odd = files.filter((name) => /\.test\.|(^|\/)(test|fake|bench)[-/]|contract/.test(name));
  assert.deepEqual(odd, []);
  assert.deepEqual(
    files.filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts")),
    [],
  );
});

test("what a file of a package names is there", () => {
  const missing: string[] = [];
  let seen = 0;
  for (const name of filesOf(installed).filter((name) => /^(gateway|setup)\/.*\.js$/.test(name))) {
    const code = readFileSync(join(installed, name), "utf8");
    for (const [, path = ""] of code.matchAll(/(?:from |import\(|new URL\()"(\.[^"]+\.js)"/g)) {
      seen++;
      if (!existsSync(join(installed, dirname(name), path))) missing.push(`${name}: ${path}`);
    }
  }
  assert.ok(seen > 1000);
  assert.deepEqual(missing, ["gateway/build-pages.js: ../setup/build.js"]); // it has what that would build
});

const launcher = (): string => join(installed, "turnpike.js");

test("an installed package serves, counts in worker processes, seals and exports", async () => {
  const config = join(folder, "config.json");
  writeFileSync(
    config,
    JSON.stringify({
      listen: { http: "127.0.0.1:0", admin: "127.0.0.1:0" },
      tls: "off",
      workers: 2,
      routes: [{ path: "/", static: { dir: join(installed, "setup/demo/public") }, inject: true }],
      sites: [{ id: "main", hosts: ["*"] }],
      sinks: [{ id: "copy", type: "file", path: join(folder, "copy.jsonl") }],
    }),
  );
  const options = ["--config", config, "--data", join(folder, "data")];
  const gateway = spawn(process.execPath, [launcher(), "start", ...options], { cwd: folder, stdio: "pipe" });
  const ended = once(gateway, "exit");
  try {
    const site = await siteOf(gateway);
    assert.match(await (await fetch(site)).text(), /<script[^>]+track\.js/);
    assert.match(await (await fetch(`${site}/track.js`)).text(), /page_view/);
    const hit = await fetch(`${site}/tr/v1/`, { method: "POST", body: '{"ename":"signup"}' });
    assert.equal(hit.status, 200);
    const turnpike = (...args: string[]): string =>
      execFileSync(process.execPath, [launcher(), ...args, ...options], { cwd: folder, encoding: "utf8" });
    assert.match(turnpike("seal", "--now"), /^sealed: \d+ events? in 1 file/);
    assert.match(turnpike("export"), /"name":"signup"/);
  } finally {
    gateway.kill();
    await ended;
  }
  assert.equal(gateway.exitCode, 0);
});

/** Where it serves the site, once it does; rejects with what it printed where it ends before. */
const siteOf = (gateway: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let output = "";
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      const [, site] = /"site":"([^"]+)"/.exec(output) ?? [];
      if (site !== undefined) resolve(site);
    };
    gateway.stdout?.on("data", read);
    gateway.stderr?.on("data", read);
    gateway.once("exit", () => reject(new Error(`it ended: ${output}`)));
  });
