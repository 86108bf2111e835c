import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { newId } from "../gateway/model/ids.ts";
import { type Gateway, personAgent, startGateway } from "./gateway.ts";
import { runTurnpike } from "./program.ts";
import { waitFor } from "./wait-for.ts";
import { withGateway } from "./with-gateway.ts";

const folderFor = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-sinks-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** A settings file with these sinks, beside plugins. */
const settingsIn = (folder: string, sinks: readonly object[], more: object = {}): string => {
  const file = join(folder, "config.json");
  mkdirSync(join(folder, "pub"), { recursive: true });
  const routes = [{ path: "/", static: { dir: "./pub" } }];
  writeFileSync(
    file,
    JSON.stringify({ tls: "off", routes, limits: { requests: 1_000_000 }, sinks, ...more }),
  );
  return file;
};

/** Sends so many events; answers their ids once all are acknowledged. */
const send = async ({ url }: Pick<Gateway, "url">, count: number): Promise<readonly string[]> => {
  const ids: string[] = [];
  for (let i = 0; i < count; i += 250) {
    const batch = Array.from({ length: Math.min(250, count - i) }, (_, n) => ({
      eid: newId(),
      ename: "click",
      vid: `visitor-${n % 50}`,
    }));
    const answer = await fetch(`${url}/tr/v1/`, {
      method: "POST",
      body: JSON.stringify(batch),
      headers: { "user-agent": personAgent },
    });
    assert.equal(answer.status, 200);
    ids.push(...batch.map(({ eid }) => eid));
  }
  return ids;
};

const linesOf = (file: string): readonly string[] =>
  existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];

const idsOf = (lines: readonly string[]): readonly string[] =>
  lines.map((line) => String((JSON.parse(line) as { id: unknown }).id));

const hasAll = (found: readonly string[], ids: readonly string[]): boolean => {
  const known = new Set(found);
  return ids.every((id) => known.has(id));
};

test("console, file and webhook get every event, and turnpike sinks says where they stand", async (t) => {
  const folder = folderFor(t);
  const got: string[] = [];
  const server = createServer(async (req, res) => {
    const { data } = JSON.parse(await text(req)) as { data: { events: { id: string }[] } };
    got.push(...data.events.map(({ id }) => id));
    res.writeHead(200).write("taken, and "); // which is all that it says
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => void server.close().closeAllConnections());
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/`;
  const config = settingsIn(folder, [
    { id: "out", type: "console" },
    { id: "archive", type: "file", path: "./out/events.jsonl" },
    { id: "hook", type: "webhook", url, secret: "a secret of some length", privateHosts: ["127.0.0.1"] },
    { id: "inner", type: "webhook", url, secret: "a secret of some length" },
  ]);
  const data = join(folder, "data");
  const shown = () => runTurnpike(["sinks", "--config", config, "--data", data]);
  await withGateway({ args: ["--config", config], data }, async (gateway) => {
    const ids = await send(gateway, 600);
    await waitFor(() => hasAll(idsOf(linesOf(join(folder, "out/events.jsonl"))), ids), "the file");
    await waitFor(() => hasAll(got, ids), "the webhook");
    const printed = () =>
      gateway
        .output()
        .split("\n")
        .filter((line) => line.startsWith('{"id":'));
    await waitFor(() => hasAll(idsOf(printed()), ids), "the console");
    assert.deepEqual([got.length, linesOf(join(folder, "out/events.jsonl")).length], [600, 600], "once each");
    const table = await waitFor(async () => {
      const { out } = await shown();
      return (
        /^inner .*inner network/m.test(out) && /^archive +file +600 +0 +0\.0 +0 +0 +none$/m.test(out) && out
      );
    }, "the table of sinks");
    assert.match(table, /^hook +webhook +600 +0 /m);
    assert.match(table, /^inner +webhook +0 +600 +\d+\.\d +[1-9]/m);
    assert.match(
      gateway.output(),
      /sink inner: 127\.0\.0\.1:\d+ is at 127\.0\.0\.1, an address of the inner network/,
    );
  });
  assert.match((await shown()).out, /^archive +file +600 /m, "also while no gateway runs");
});

test("through SIGKILLs of the gateway no stored event is skipped", async (t) => {
  const folder = folderFor(t);
  const data = join(folder, "data");
  const config = settingsIn(folder, [
    { id: "archive", type: "file", path: "./events.jsonl", flushSeconds: 0.02, batchEvents: 20 },
  ]);
  const file = join(folder, "events.jsonl");
  const all: string[] = [];
  for (let kills = 0; kills < 3; kills++) {
    const gateway = await startGateway({ args: ["--config", config], data });
    const before = linesOf(file).length;
    all.push(...(await send(gateway, 1000)));
    await waitFor(() => linesOf(file).length > before, "the first batch");
    await gateway.kill();
  }
  await withGateway({ args: ["--config", config], data }, async () => {
    await waitFor(() => hasAll(idsOf(linesOf(file)), all), "all events");
  });
});

const plugins = {
  "hangs.ts": "export const createSink = ({ id }) => ({ id, write: () => new Promise(() => {}) });",
  "spins.ts": "export const createSink = ({ id }) => ({ id, write: async () => { for (;;); } });",
  "throws.ts":
    "export const createSink = ({ id }) => ({ id, write: () => { throw new Error('no, never'); } });",
  "dies.ts":
    "export const createSink = ({ id }) => ({ id, async write() { setTimeout(() => { throw new Error('later'); }); await new Promise(() => {}); } });",
  "leaves.ts": "export const createSink = ({ id }) => ({ id, async write() { process.exit(3); } });",
  "slow.ts": `import { appendFileSync } from "node:fs";
    export const createSink = ({ id, file }) => ({
      id,
      async write(batch) {
        for (const { id } of batch) {
          await new Promise((resolve) => setTimeout(resolve, 50));
          appendFileSync(file, id + "\\n");
        }
      },
    });`,
} as const;

const writePlugins = (folder: string, names: readonly (keyof typeof plugins)[]): readonly string[] =>
  names.map((name) => {
    writeFileSync(join(folder, name), plugins[name]);
    return `./${name}`;
  });

test("sinks that hang, spin, throw, die or are slow hold up neither 20,000 events nor another sink nor a stop", async (t) => {
  const folder = folderFor(t);
  const names = ["hangs.ts", "spins.ts", "throws.ts", "dies.ts", "leaves.ts", "slow.ts"] as const;
  const file = join(folder, "events.jsonl");
  const slow = join(folder, "slow.txt");
  const bad = names.map((name) => {
    const type = name.replace(".ts", "");
    return {
      id: type,
      type,
      timeoutSeconds: 0.5,
      flushSeconds: 0.1,
      ...(type === "slow" && { timeoutSeconds: 600 }),
      settings: { file: slow },
    };
  });
  const config = settingsIn(folder, [...bad, { id: "archive", type: "file", path: file }], {
    plugins: writePlugins(folder, names),
  });
  const data = join(folder, "data");
  const gateway = await startGateway({ args: ["--config", config], data });
  try {
    const ids = await send(gateway, 20_000);
    await waitFor(() => linesOf(file).length >= 20_000, "the good sink");
    assert.deepEqual(new Set(idsOf(linesOf(file))), new Set(ids));
    assert.ok(linesOf(slow).length < 20_000, "the slow one is far behind");
    const told = (pattern: RegExp) => waitFor(() => pattern.test(gateway.output()), String(pattern));
    await told(/sink throws: no, never/);
    await told(/sink hangs: it did not take 500 events within 0\.5 s|sink hangs: a write did not end/);
    await told(/sink spins: a write did not end within 2\.5 s/);
    await told(/sink dies: later/);
    await told(/sink leaves: its thread ended \(3\)/);
    assert.equal((await fetch(gateway.url)).status, 404, "requests are answered meanwhile");
  } finally {
    assert.equal(await gateway.stop(), 0, "it stops, and well");
  }
  const { out } = await runTurnpike(["sinks", "--config", config, "--data", data]);
  for (const name of ["hangs", "spins", "throws", "dies", "leaves"]) {
    assert.match(out, new RegExp(`^${name} +${name} +0 +20000 +\\d+\\.\\d +[1-9]`, "m"));
  }
});

test("a batch that a stop cuts comes again after the next start", async (t) => {
  const folder = folderFor(t);
  const data = join(folder, "data");
  const begun = join(folder, "begun");
  const taken = join(folder, "taken");
  writeFileSync(
    join(folder, "stuck.ts"),
    `import { appendFileSync, existsSync } from "node:fs";
    export const createSink = ({ id, begun, taken, open }) => ({
      id,
      async write(batch, signal) {
        appendFileSync(begun, batch.length + "\\n");
        if (!existsSync(open)) await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
        for (const { id } of batch) appendFileSync(taken, id + "\\n");
      },
    });`,
  );
  const open = join(folder, "open");
  const config = settingsIn(
    folder,
    [{ id: "stuck", type: "stuck", flushSeconds: 0.05, settings: { begun, taken, open } }],
    {
      plugins: ["./stuck.ts"],
    },
  );
  const gateway = await startGateway({ args: ["--config", config], data });
  const ids = await send(gateway, 30);
  await waitFor(() => linesOf(begun).length > 0, "a batch that begins");
  assert.equal(await gateway.stop(), 0);
  assert.deepEqual(linesOf(taken), []);
  writeFileSync(open, "");
  await withGateway({ args: ["--config", config], data }, async () => {
    await waitFor(() => linesOf(taken).length >= 30, "the batch");
    assert.deepEqual(linesOf(taken), ids);
  });
});

test("a reload adds a sink, changes one, and removes one", async (t) => {
  const folder = folderFor(t);
  const one = { id: "one", type: "file", path: "./one.jsonl", flushSeconds: 0.05 };
  const two = { id: "two", type: "file", path: "./two.jsonl", flushSeconds: 0.05 };
  const config = settingsIn(folder, [one]);
  const fileOf = (name: string) => join(folder, `${name}.jsonl`);
  await withGateway({ args: ["--config", config], data: join(folder, "data") }, async (gateway) => {
    const reload = async (sinks: readonly object[]) => {
      settingsIn(folder, sinks);
      assert.equal((await gateway.admin("/api/reload", { method: "POST" })).status, 200);
    };
    const first = await send(gateway, 10);
    await waitFor(() => hasAll(idsOf(linesOf(fileOf("one"))), first), "the first sink");

    await reload([one, { ...two, from: "start" }]);
    await waitFor(() => hasAll(idsOf(linesOf(fileOf("two"))), first), "what was stored before, as it asks");

    await reload([{ ...one, path: "./moved.jsonl" }, two]);
    const second = await send(gateway, 10);
    await waitFor(() => hasAll(idsOf(linesOf(fileOf("moved"))), second), "the changed sink");
    assert.equal(linesOf(fileOf("moved")).length, 10, "it goes on where it was");

    await reload([two]);
    const third = await send(gateway, 10);
    await waitFor(
      () => hasAll(idsOf(linesOf(fileOf("two"))), [...first, ...second, ...third]),
      "the other sink",
    );

    await reload([{ ...one, path: "./moved.jsonl" }, two]);
    await waitFor(() => hasAll(idsOf(linesOf(fileOf("moved"))), third), "what came while it was away");
  });
  assert.equal(linesOf(fileOf("one")).length, 10);
});

test("a reload with a plugin that cannot be used changes nothing, and says why", async (t) => {
  const folder = folderFor(t);
  const one = { id: "one", type: "file", path: "./one.jsonl", flushSeconds: 0.05 };
  const config = settingsIn(folder, [one]);
  await withGateway({ args: ["--config", config], data: join(folder, "data") }, async (gateway) => {
    writeFileSync(join(folder, "broken.ts"), "throw new Error('I need a licence');");
    settingsIn(folder, [{ id: "broken", type: "broken" }], { plugins: ["./broken.ts"] });
    const answer = await gateway.admin("/api/reload", { method: "POST" });
    assert.equal(answer.status, 422);
    assert.deepEqual(await answer.json(), {
      mistakes: ["plugins: ./broken.ts cannot be loaded: I need a licence"],
    });
    const ids = await send(gateway, 10);
    await waitFor(() => hasAll(idsOf(linesOf(join(folder, "one.jsonl"))), ids), "the sink of before");
  });
});

for (const [what, plugin, type, sentence] of [
  [
    "throws when it is loaded",
    "throw new Error('I need a licence');",
    "mine",
    /^plugins: \.\/mine\.ts cannot be loaded: I need a licence$/,
  ],
  [
    "has no such function",
    "export const makeSink = () => {};",
    "mine",
    /^plugins: \.\/mine\.ts exports neither a function `createSink` nor `sinks`, an object of such functions by type$/,
  ],
  ["is no program", "this is no program", "mine", /^plugins: \.\/mine\.ts cannot be loaded: \S.+$/],
  [
    "ends the process",
    "process.exit(0);",
    "mine",
    /^plugins: \.\/mine\.ts cannot be loaded: its thread ended \(0\)$/,
  ],
  [
    "cannot make its sink",
    "export const createSink = () => { throw new Error('where to?'); };",
    "mine",
    /^sinks: s cannot be made: its plugin says: where to\?$/,
  ],
  [
    "makes something else",
    "export const createSink = () => ({});",
    "mine",
    /^sinks: s cannot be made: what its plugin gives has no function `write`$/,
  ],
  [
    "gives another type",
    "export const createSink = () => ({});",
    "yours",
    /^sinks: s has the type "yours", which is neither console, file nor webhook nor of a plugin \(plugins give mine\)$/,
  ],
] as const) {
  test(`a plugin that ${what} is told in one sentence, and nothing starts`, async (t) => {
    const folder = folderFor(t);
    writeFileSync(join(folder, "mine.ts"), plugin);
    const config = settingsIn(folder, [{ id: "s", type }], { plugins: ["./mine.ts"] });
    const ports = ["--http", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
    const { code, err } = await runTurnpike([
      "start",
      "--config",
      config,
      "--data",
      join(folder, "data"),
      ...ports,
    ]);
    assert.deepEqual([code, err.trimEnd().split("\n").length], [2, 1], err);
    assert.match(err.trimEnd(), sentence);
  });
}
