import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { after, before, test } from "node:test";
import type { TLSSocket } from "node:tls";
import { ask } from "./ask.ts";
import { adminToken, type Gateway, root, startGateway } from "./gateway.ts";
import { runTurnpike } from "./program.ts";
import { startUpstream } from "./upstream.ts";
import { waitFor } from "./wait-for.ts";
import { withGateway } from "./with-gateway.ts";

let folder: string;
let gateway: Gateway;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "turnpike-door-"));
  const config = join(folder, "config.json");
  writeFileSync(config, JSON.stringify({ tls: "local", listen: { adminHosts: ["ops.shop.example"] } }));
  gateway = await startGateway({ args: ["--config", config, "--admin", "0.0.0.0:0"] });
});
after(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly cookie: string;
  /** who is named by the certificate */
  readonly names: string;
}

/** As `curl -k` asks. */
const askAdmin = (
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body?: object,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const servername = "localhost"; // else it would be that of `Host`, and the handshake refused
    const options = { host: "127.0.0.1", port: gateway.ports.admin, path, headers, servername };
    const method = body ? "POST" : "GET";
    const req = request({ ...options, method, agent: false, rejectUnauthorized: false }, (res) => {
      const names = (res.socket as TLSSocket).getPeerCertificate().subjectaltname ?? "";
      const cookie = res.headers["set-cookie"]?.[0] ?? "";
      buffer(res).then(
        (text) => resolve({ status: res.statusCode ?? 0, body: text.toString("utf8"), cookie, names }),
        reject,
      );
    });
    req.on("error", reject);
    req.end(body && JSON.stringify(body));
  });

const bearer = { authorization: `Bearer ${adminToken}` };
const at = (name: string) => `${name}:${gateway.ports.admin}`;

test("beyond loopback the dashboard is served over TLS, with the local certificate and a token", async () => {
  assert.match(gateway.adminUrl, /^https:/);
  const { status, names } = await askAdmin("/api/overview", { ...bearer, host: at("localhost") });
  assert.equal(status, 200);
  assert.match(names, /localhost/);
  assert.equal((await askAdmin("/api/overview", { host: at("localhost") })).status, 401);
  assert.equal((await askAdmin("/healthz", { host: at("localhost") })).status, 200);
});

test("in the clear nothing is answered there but that TLS is spoken", async () => {
  const { status, text } = await ask(`http://127.0.0.1:${gateway.ports.admin}/healthz`, { headers: bearer });
  assert.equal(status, 400);
  assert.match(text, /this port speaks TLS: ask with https/);
});

test("only addresses and configured names are answered, whatever a name resolves to (DNS rebinding)", async () => {
  const cases: readonly (readonly [host: string, status: number])[] = [
    [at("evil.example"), 421],
    ["evil.example", 421],
    [at("ops.shop.example.evil.example"), 421],
    [at("127.0.0.1.evil.example"), 421],
    [at("OPS.shop.example"), 200],
    ["ops.shop.example", 200],
    [at("127.0.0.1"), 200],
    [at("192.0.2.7"), 200],
    [at("[2001:db8::7]"), 200],
    ["localhost:9999", 200],
  ];
  for (const [host, status] of cases) {
    assert.equal((await askAdmin("/api/overview", { ...bearer, host })).status, status, host);
  }
});

test("the dashboard's cookie counts for its own origin alone: scheme, host and port", async () => {
  const host = at("localhost");
  const own = { host, origin: `https://${host}`, "sec-fetch-site": "same-origin" };
  const { status, cookie: line } = await askAdmin("/api/signin", own, { token: adminToken });
  assert.equal(status, 204);
  assert.match(line, /HttpOnly; SameSite=Strict; Secure/);
  const cookie = line.split(";")[0] ?? "";
  const cases: readonly (readonly [Record<string, string>, number])[] = [
    [own, 200],
    [{ ...own, origin: `http://${host}` }, 403],
    [{ ...own, origin: "https://localhost" }, 403],
    [{ ...own, origin: "https://localhost:1" }, 403],
    [{ ...own, origin: `https://${at("127.0.0.1")}` }, 403],
    [{ ...own, "sec-fetch-site": "same-site" }, 403],
    [{ ...own, "sec-fetch-site": "cross-site" }, 403],
    [{ host, cookie }, 403],
  ];
  for (const [headers, expected] of cases) {
    const answer = await askAdmin("/api/experiments/rebuild", { ...headers, cookie }, {});
    assert.equal(answer.status, expected, JSON.stringify(headers));
  }
});

test("commands reach the owner over TLS as well", async () => {
  const config = join(folder, "config.json");
  const saved = process.env["TURNPIKE_ADMIN_TOKEN"];
  process.env["TURNPIKE_ADMIN_TOKEN"] = adminToken;
  try {
    const { code, out } = await runTurnpike(["reload", "--data", gateway.data, "--config", config]);
    assert.deepEqual([code, out], [0, "nothing has changed\n"]);
  } finally {
    if (saved === undefined) delete process.env["TURNPIKE_ADMIN_TOKEN"];
    else process.env["TURNPIKE_ADMIN_TOKEN"] = saved;
  }
});

test("without TLS an address beyond loopback is refused before a socket opens", async () => {
  for (const address of ["0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0"]) {
    await assert.rejects(
      startGateway({ config: { tls: "off" }, args: ["--admin", address] }),
      (error: Error) =>
        error.message.includes(`--admin: ${address} is reachable from other machines, which needs TLS`) &&
        !error.message.includes("listening"),
      address,
    );
  }
});

test("a back end does not see the dashboard's cookie, and sees the others", async (t) => {
  const upstream = await startUpstream((_req, res) => void res.end("ok"));
  t.after(upstream.close);
  const config = { routes: [{ path: "/", proxy: { upstreams: [upstream.url] } }] };
  await withGateway({ config }, async ({ url }) => {
    for (const cookie of ["a=1; tp_admin=secret; b=2", "tp_admin=secret", "tp_admin=secret; tp_admin=x"]) {
      assert.equal((await ask(url, { headers: { cookie } })).status, 200);
    }
  });
  const seen = upstream.asked.map(({ headers }) => headers.cookie ?? "");
  assert.doesNotMatch(seen.join(), /tp_admin|secret/);
  assert.match(seen[0] ?? "", /a=1; b=2/);
});

/** What the process list shows of a process and of those it has started. */
const shown = (pid: number): string => {
  const read = (path: string): string => readFileSync(`/proc/${pid}/${path}`, "utf8");
  const children = read(`task/${pid}/children`).trim().split(" ").filter(Boolean).map(Number);
  return [read("cmdline"), read("environ"), ...children.map(shown)].join("\n");
};

const startByHand = async (data: string): Promise<{ child: ChildProcess; output: () => string }> => {
  const ports = ["--http", "127.0.0.1:0", "--https", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
  const child = spawn(process.execPath, [join(root, "gateway/main.ts"), "start", "--data", data, ...ports], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  try {
    await waitFor(() => output.includes('"listening"'), "the start");
  } catch (error) {
    child.kill("SIGKILL"); // nobody else could
    throw error;
  }
  return { child, output: () => output };
};

test("the first token stands in its file alone: in no output, no process list, no environment", async () => {
  const data = join(folder, "first-token");
  const { child, output } = await startByHand(data);
  try {
    const file = join(data, "admin-token");
    const token = readFileSync(file, "utf8").trim();
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const admin = /"dashboard":"([^"]+)"/.exec(output())?.[1] ?? "";
    const headers = { authorization: `Bearer ${token}` };
    assert.equal((await fetch(`${admin}/api/overview`, { headers })).status, 200);
    const wrong = { authorization: `Bearer ${token}x` };
    assert.equal((await fetch(`${admin}/api/overview`, { headers: wrong })).status, 401);
    process.kill(child.pid ?? 0, "SIGUSR2");
    await waitFor(() => output().includes("serves, this one ends"), "the restart");
    assert.doesNotMatch(shown(child.pid ?? 0), new RegExp(token));
    assert.doesNotMatch(output(), new RegExp(token));
  } finally {
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  }
});
