import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { WebSocket, WebSocketServer } from "ws";
import { createLocalAuthority } from "../gateway/listen/tls/local-authority.ts";
import { ask } from "./ask.ts";
import { root } from "./gateway.ts";
import { startUpstream } from "./upstream.ts";
import { waitFor } from "./wait-for.ts";
import { withGateway } from "./with-gateway.ts";

const settingsFile = (t: TestContext): { readonly file: string; write(settings: object | string): void } => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-reload-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "config.json");
  return {
    file,
    write: (settings) =>
      writeFileSync(file, typeof settings === "string" ? settings : JSON.stringify(settings)),
  };
};

const routeTo = (url: string, more: object = {}) => ({
  routes: [{ path: "/", proxy: { upstreams: [url] } }],
  ...more,
});

for (const workers of [1, 2]) {
  test(`settings are read again at SIGHUP and by the API without a lost request, with ${workers} processes`, async (t) => {
    const one = await startUpstream((_req, res) => void res.end("one"));
    const two = await startUpstream((_req, res) => void res.end("two"));
    t.after(one.close);
    t.after(two.close);
    const { file, write } = settingsFile(t);
    write(routeTo(one.url, { workers }));
    await withGateway({ args: ["--config", file] }, async (gateway) => {
      const seen = new Set<string>();
      let failed = 0;
      let over = false;
      const visitor = async () => {
        while (!over) {
          const answer = await ask(gateway.url).catch(() => null);
          if (answer?.status !== 200) failed++;
          else seen.add(answer.text);
        }
      };
      const visitors = [visitor(), visitor(), visitor()];
      try {
        await waitFor(() => seen.has("one"), "an answer");
        write(routeTo(two.url, { workers }));
        process.kill(gateway.pid, "SIGHUP");
        await waitFor(() => seen.has("two"), "an answer under the new settings");
        for (let i = 0; i < 6; i++) {
          write(routeTo(i % 2 === 0 ? one.url : two.url, { workers }));
          assert.equal((await gateway.admin("/api/reload", { method: "POST" })).status, 200);
        }
        write(routeTo(one.url, { workers, typo: 1 }));
        const refused = await gateway.admin("/api/reload", { method: "POST" });
        assert.equal(refused.status, 422);
        assert.match(await refused.text(), /typo/);
      } finally {
        over = true;
        await Promise.all(visitors);
      }
      assert.equal(failed, 0);
      assert.equal((await ask(gateway.url)).text, "two", "a file with a mistake changes nothing");
      assert.match(gateway.output(), /the settings of before go on/);
    });
  });
}

for (const workers of [1, 2]) {
  test(`certificates that cannot be used change nothing at all, with ${workers} processes`, async (t) => {
    const one = await startUpstream((_req, res) => void res.end("one"));
    const two = await startUpstream((_req, res) => void res.end("two"));
    t.after(one.close);
    t.after(two.close);
    const { file, write } = settingsFile(t);
    const dir = dirname(file);
    const { cert = "" } = createLocalAuthority({ dir, clock: Date.now, serves: () => true }).fallback() ?? {};
    const ca = join(dir, "clients.pem");
    writeFileSync(ca, `${cert}-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n`);
    const routeOf = (url: string, more: object = {}) => [
      { path: "/", proxy: { upstreams: [url] }, errorPages: {}, ...more },
    ];
    const sites = [{ id: "main" }];
    write({ workers, tls: "local", sites, routes: routeOf(one.url) });
    await withGateway({ args: ["--config", file] }, async (gateway) => {
      assert.equal((await ask(gateway.url)).text, "one");
      write({
        workers,
        tls: "local",
        sites: [{ id: "main", hosts: ["other.example"] }],
        routes: routeOf(two.url, { clientCertificates: { ca } }),
      });
      const refused = await gateway.admin("/api/reload", { method: "POST" });
      assert.equal(refused.status, 422);
      assert.match(await refused.text(), /clients\.pem cannot be used \(.*\): clientCertificates\.ca names/);
      for (let i = 0; i < 2 * workers; i++) assert.equal((await ask(gateway.url)).text, "one");
      writeFileSync(ca, cert);
      assert.equal((await gateway.admin("/api/reload", { method: "POST" })).status, 200);
      await waitFor(async () => (await ask(gateway.url)).status === 421, "the new settings");
    });
  });
}

test("a websocket to an upstream outlives a reload", async (t) => {
  const up = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(up, "listening");
  t.after(() => void up.close());
  up.on("connection", (client) => client.on("message", (data) => client.send(String(data))));
  const address = up.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  const { file, write } = settingsFile(t);
  write(routeTo(url));
  await withGateway({ args: ["--config", file] }, async (gateway) => {
    const client = new WebSocket(gateway.url.replace("http", "ws"));
    const heard: string[] = [];
    client.on("message", (data) => heard.push(String(data)));
    await new Promise((resolve) => client.once("open", resolve));
    write(routeTo(url, { limits: { requests: 1000 } }));
    assert.equal((await gateway.admin("/api/reload", { method: "POST" })).status, 200);
    client.send("still here");
    await waitFor(() => heard.includes("still here"), "the echo");
    client.terminate();
  });
});

test("a websocket of collection outlives a reload, and its frames follow the new settings", async (t) => {
  const { file, write } = settingsFile(t);
  write({ sites: [{ id: "main", urlParams: [] }] });
  await withGateway({ args: ["--config", file] }, async (gateway) => {
    const client = await openCollection(gateway.url, "/tr/v1/ws");
    assert.match(await client.ask(`{"ename":"a"}`), /"eid"/);
    write({
      sites: [{ id: "main", timezone: "Europe/Berlin" }],
      tracking: { websocket: { frameBytes: 256 } },
    });
    assert.equal((await gateway.admin("/api/reload", { method: "POST" })).status, 200);
    assert.match(await client.ask(`{"ename":"b"}`), /"n":2,"eid"/);
    assert.equal(client.code(), null);
    client.close();
  });
});

test("a reload tells those to go whose site or path is not there any more, and no others", async (t) => {
  const { file, write } = settingsFile(t);
  const shop = { id: "shop", hosts: ["localhost"] };
  const rest = { id: "rest", hosts: ["*"] };
  write({ sites: [shop, rest] });
  await withGateway({ args: ["--config", file] }, async (gateway) => {
    const named = gateway.url.replace("127.0.0.1", "localhost");
    const ofShop = await openCollection(named, "/tr/v1/ws", "127.0.0.1");
    const ofRest = await openCollection(gateway.url, "/tr/v1/ws");
    write({ sites: [{ ...shop, id: "other" }, rest] });
    assert.equal((await gateway.admin("/api/reload", { method: "POST" })).status, 200);
    assert.equal(await waitFor(() => ofShop.code(), "the close of the shop's"), 1001);
    assert.match(await ofRest.ask(`{"ename":"a"}`), /"eid"/);
    write({ sites: [{ ...shop, id: "other" }, rest], tracking: { collectPath: "/moved/" } });
    assert.equal((await gateway.admin("/api/reload", { method: "POST" })).status, 200);
    assert.equal(await waitFor(() => ofRest.code(), "the close of the other"), 1001);
  });
});

/** A websocket of collection that is asked one frame at a time. */
const openCollection = async (url: string, path: string, address?: string) => {
  const lookup =
    address &&
    ((_host: string, _options: unknown, done: (e: null, list: object[]) => void) =>
      done(null, [{ address, family: 4 }]));
  const socket = new WebSocket(url.replace("http", "ws") + path, {
    origin: url,
    ...(lookup && { lookup }),
  } as object);
  let code: number | null = null;
  socket.on("close", (given) => {
    code = given;
  });
  await once(socket, "open");
  return {
    code: () => code,
    close: () => socket.terminate(),
    async ask(frame: string): Promise<string> {
      const answer = once(socket, "message");
      socket.send(frame);
      return String((await answer)[0]);
    },
  };
};

test("turnpike reload says what changed, what needs a restart, and what is wrong", async (t) => {
  const { file, write } = settingsFile(t);
  write({});
  await withGateway({ args: ["--config", file] }, async ({ data }) => {
    const run = () =>
      promisify(execFile)(
        process.execPath,
        [join(root, "gateway/main.ts"), "reload", "--data", data, "--config", file],
        { env: { ...process.env, TURNPIKE_ADMIN_TOKEN: "a-token-for-the-tests-only" } },
      ).catch((error: { stdout: string; stderr: string }) => error);
    assert.match((await run()).stdout, /nothing has changed/);
    write({ limits: { requests: 5 }, listen: { http: ":1" } });
    const { stdout } = await run();
    assert.match(stdout, /limits\.requests: \d+ → 5/);
    write('{ "limits": { "request": 5 } }');
    assert.match((await run()).stderr, /unknown key `request`/);
  });
});

test("settings that turn out late to be wrong are refused in a sentence, and nothing of them goes on", async (t) => {
  const here = await startUpstream((_req, res) => void res.end("here"));
  const asked = await startUpstream((_req, res) => void res.end());
  t.after(here.close);
  t.after(asked.close);
  const { file, write } = settingsFile(t);
  write(routeTo(here.url));
  await withGateway({ args: ["--config", file] }, async (gateway) => {
    const health = { path: "/health", intervalSeconds: 0.01 };
    const routes = [
      { path: "/a/", proxy: { upstreams: [asked.url], health } },
      { path: "/b/", proxy: { upstreams: ["demo"] } },
    ];
    write({ routes });
    const answer = await gateway.admin("/api/reload", { method: "POST" });
    const { mistakes } = (await answer.json()) as { mistakes: string[] };
    const demo = "the back end of the demo is started with the gateway: stop it and start it again";
    assert.deepEqual([answer.status, mistakes], [422, [demo]]);
    const until = Date.now() + 300;
    while (Date.now() < until) assert.equal((await ask(gateway.url)).text, "here");
    assert.ok(asked.asked.length <= 1, `asked ${asked.asked.length} times whether it is well`);
  });
});

test("the admin listener says that the process is there, and whether events are stored", async () => {
  await withGateway({}, async ({ adminUrl }) => {
    assert.deepEqual(await (await fetch(`${adminUrl}/healthz`)).json(), { status: "ok" });
    const ready = await fetch(`${adminUrl}/readyz`);
    const { status, trouble, diskFreeBytes } = (await ready.json()) as Record<string, unknown>;
    assert.deepEqual([ready.status, status, trouble, Number(diskFreeBytes) > 0], [200, "ok", null, true]);
  });
});
