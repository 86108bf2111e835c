import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream";
import { type TestContext, test } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import { newId } from "../gateway/model/ids.ts";
import { ask } from "./ask.ts";
import { type Gateway, type GatewayOptions, root, startGateway } from "./gateway.ts";
import { startLoad } from "./steady-load.ts";
import { storedNamed } from "./stored.ts";
import { waitFor } from "./wait-for.ts";

/** With TURNPIKE_LOAD=whole as many as a busy site has; in a test run fewer, so that the machine is not the limit. */
const isWhole = process.env["TURNPIKE_LOAD"] === "whole";
const size = isWhole
  ? { perSecond: 1060, varied: 160, websockets: 200, reloads: 20, restarts: 3 }
  : { perSecond: 120, varied: 60, websockets: 20, reloads: 5, restarts: 2 };
/** what must really be answered in a second of the whole load; a test run measures nothing */
const leastPerSecond = 1000;

/** A back end with pages, an echo of what is uploaded, and one of websockets. */
const startBackend = async (t: TestContext): Promise<string> => {
  const server = createServer((req, res) => {
    if (req.url === "/upload") pipeline(req, res, () => {});
    else res.end("a page");
  });
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (client) => client.on("message", (data) => client.send(String(data))));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const client of sockets.clients) client.terminate();
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

interface Started {
  readonly gateway: Gateway;
  readonly file: string;
  write(settings: object): void;
}

const started = async (t: TestContext, settings: object, more: GatewayOptions = {}): Promise<Started> => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-handover-"));
  const file = join(folder, "config.json");
  const write = (next: object): void => writeFileSync(file, JSON.stringify(next));
  write(settings);
  const gateway = await startGateway({
    data: join(folder, "data"),
    ...more,
    args: ["--config", file, ...(more.args ?? [])],
  });
  t.after(async () => {
    await gateway.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { gateway, file, write };
};

const ownerOf = ({ data }: Gateway): number => {
  try {
    return Number((JSON.parse(readFileSync(join(data, "owner.json"), "utf8")) as { pid: unknown }).pid);
  } catch {
    return 0; // the folder changes hands
  }
};

const timesIn = (text: string, what: string): number => text.split(what).length - 1;

/** A start takes a while where much else runs, and a restart is two things of that kind. */
const waitLong = (check: () => boolean, what: string): Promise<unknown> =>
  waitFor(check, what)
    .catch(() => waitFor(check, what))
    .catch(() => waitFor(check, what));

/** Restarts it; resolves with the number of the process that serves then. */
const restart = async (gateway: Gateway): Promise<number> => {
  const before = ownerOf(gateway);
  const restarts = timesIn(gateway.output(), "serves, this one ends");
  process.kill(gateway.pid, "SIGUSR2");
  await waitLong(() => timesIn(gateway.output(), "serves, this one ends") > restarts, "the restart");
  const now = ownerOf(gateway);
  assert.notEqual(now, before);
  return now;
};

/** One that has ended, and that nobody has asked about yet, is not alive. */
const isAlive = (pid: number): boolean => {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
};

const childrenOf = (pid: number): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);

for (const workers of [1, 2]) {
  test(`reloads and restarts under load fail no request and close no websocket, with ${workers} processes`, async (t) => {
    const upstream = await startBackend(t);
    const settings = {
      tls: "local",
      workers,
      limits: { requests: 10_000_000, exempt: [] },
      routes: [{ path: "/", proxy: { upstreams: [upstream] } }],
      tracking: { websocket: { perAddress: 1000 } },
    };
    const { gateway, write } = await started(t, settings);
    const { url, secureUrl } = gateway;
    const load = await startLoad({ url, secureUrl, ...size });
    const begun = performance.now();
    let seconds = 0;
    let figures = "";
    try {
      const passed = async (n: number): Promise<void> => {
        const until = load.answered() + n;
        await waitLong(() => load.answered() >= until, "requests to be answered");
      };
      await passed(size.perSecond);
      for (let i = 0; i < size.reloads; i++) {
        write({ ...settings, limits: { ...settings.limits, requests: 9_000_000 + i } });
        assert.equal((await gateway.admin("/api/reload", { method: "POST" })).status, 200);
        await passed(size.perSecond / 4);
      }
      assert.deepEqual(await load.silentWebsockets(), []);
      for (let i = 0; i < size.restarts; i++) {
        await restart(gateway);
        await passed(size.perSecond);
      }
      assert.deepEqual(await load.silentWebsockets(), []);
    } finally {
      figures = await load.stop();
      seconds = (performance.now() - begun) / 1000;
    }
    assert.deepEqual(load.failures.slice(0, 10), []);
    const stored = storedNamed(gateway.data, "kept").map(({ id }) => id);
    assert.equal(new Set(stored).size, stored.length, "no event is stored twice");
    const kept = new Set(stored);
    assert.deepEqual(
      load.acknowledged.filter((id) => !kept.has(id)),
      [],
    );
    const half = size.websockets / 2;
    assert.equal(storedNamed(gateway.data, "frame").length, 2 * half, "a frame to an old process is stored");
    const perSecond = load.answered() / seconds;
    t.diagnostic(`${perSecond.toFixed(0)} requests/s for ${seconds.toFixed(0)} s: ${figures}`);
    if (isWhole) assert.ok(perSecond >= leastPerSecond, `${perSecond.toFixed(0)} requests/s`);
  });
}

test("a restart keeps the process's number to the end, ends those in between, and stops as one", async (t) => {
  const { gateway } = await started(t, {});
  const second = await restart(gateway);
  const third = await restart(gateway);
  await waitLong(() => !isAlive(second), "the one in between to end");
  assert.ok(isAlive(gateway.pid) && isAlive(third));
  assert.equal((await ask(`${gateway.url}/tr/v1/?ename=kept`)).status, 200);
  process.kill(gateway.pid, "SIGHUP");
  assert.equal(await gateway.stop(), 0);
  assert.ok(!isAlive(third));
  assert.equal(storedNamed(gateway.data, "kept").length, 1);
});

test("if the one that serves dies, the first ends as well, and with a failure", async (t) => {
  const { gateway } = await started(t, {});
  process.kill(await restart(gateway), "SIGKILL");
  await waitFor(() => !isAlive(gateway.pid), "the first to end");
  assert.notEqual(await gateway.stop(), 0);
});

test("a stop ends those as well that still have a websocket, long before their time is over", async (t) => {
  const { gateway } = await started(t, {});
  const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/tr/v1/ws`, { origin: gateway.url });
  await once(socket, "open");
  socket.on("error", () => {}); // it is cut
  const second = await restart(gateway);
  const other = new WebSocket(`${gateway.url.replace("http", "ws")}/tr/v1/ws`, { origin: gateway.url });
  await once(other, "open");
  other.on("error", () => {});
  const third = await restart(gateway);
  assert.ok(isAlive(second), "it waits for its websocket");
  assert.equal(await gateway.stop(), 0);
  await waitLong(() => !isAlive(second) && !isAlive(third), "all to end");
});

test("a stop in the middle of a restart stops both", async (t) => {
  const { gateway } = await started(t, {});
  process.kill(gateway.pid, "SIGUSR2");
  await waitLong(() => childrenOf(gateway.pid).length > 0, "the new process");
  const children = childrenOf(gateway.pid);
  assert.equal(await gateway.stop(), 0);
  assert.deepEqual(children.filter(isAlive), []);
});

test("settings with a mistake start nothing: the process goes on and says why", async (t) => {
  const { gateway, write } = await started(t, {});
  write({ limits: { request: 5 } });
  process.kill(gateway.pid, "SIGUSR2");
  await waitLong(() => gateway.output().includes("this process goes on"), "the refusal");
  assert.match(gateway.output(), /restart: .*unknown key `request`/);
  assert.equal(ownerOf(gateway), gateway.pid);
  assert.equal((await ask(`${gateway.url}/tr/v1/?ename=kept`)).status, 200);
  write({});
  assert.notEqual(await restart(gateway), gateway.pid);
});

test("settings that name another data folder start nothing: the first process would lose sight of the gateway", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-handover-"));
  const file = join(folder, "config.json");
  const listen = { http: "127.0.0.1:0", admin: "127.0.0.1:0" };
  const write = (dir: string) => writeFileSync(file, JSON.stringify({ listen, tls: "off", data: { dir } }));
  write("data");
  const child = spawn(process.execPath, [join(root, "gateway/main.ts"), "start", "--config", file], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  let output = "";
  child.stdout.on("data", (part: Buffer) => {
    output += part.toString();
  });
  t.after(async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  await waitLong(() => output.includes('"listening"'), "the start");
  write("other");
  child.kill("SIGUSR2");
  await waitLong(() => output.includes("this process goes on"), "the refusal");
  assert.match(
    output,
    /restart: data\.dir is \S+other now, and a restart goes on with .*data: stop the gateway/,
  );
  assert.equal(existsSync(join(folder, "other")), false);
  const link = join(folder, "link");
  symlinkSync(join(folder, "data"), link);
  write("link");
  child.kill("SIGUSR2");
  await waitLong(() => output.includes("this one ends with its last connection"), "the restart");
});

test("if the new process fails once it has the data folder, the old one takes it back, and no event is lost", async (t) => {
  const { gateway, file, write } = await started(t, {});
  const acknowledged: string[] = [];
  let failed = 0;
  let over = false;
  const send = async (): Promise<void> => {
    while (!over) {
      const eid = newId();
      const answer = await ask(`${gateway.url}/tr/v1/?ename=kept&eid=${eid}`).catch(() => null);
      if (answer?.status === 200) acknowledged.push(eid);
      else failed++;
    }
  };
  const senders = [send(), send()];
  try {
    // Certificates are read late, after the store is open.
    write({ tls: { cert: file, key: file } });
    process.kill(gateway.pid, "SIGUSR2");
    await waitLong(() => gateway.output().includes("this process goes on"), "the refusal");
    const before = acknowledged.length;
    await waitFor(() => acknowledged.length > before + 20, "acknowledgements after it");
  } finally {
    over = true;
    await Promise.all(senders);
  }
  assert.equal(failed, 0);
  assert.match(gateway.output(), /restart: tls: .* cannot be used together/);
  assert.equal(ownerOf(gateway), gateway.pid);
  const kept = new Set(storedNamed(gateway.data, "kept").map(({ id }) => id));
  assert.deepEqual(
    acknowledged.filter((id) => !kept.has(id)),
    [],
  );
});
