/** Gateways that share a folder of certificates, and the one that orders is killed in the middle. */
import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connect as tlsConnect } from "node:tls";
import { type Gateway, startGateway } from "./gateway.ts";
import { startPebble } from "./pebble.ts";
import { waitFor } from "./wait-for.ts";

const host = "shared.shop.example";

/** A program for `tls.dns.command` that notes who called it, and has every `present` wait for the file `go`. */
const writeWaitingHook = (folder: string, hook: string): string => {
  const file = join(folder, "waiting-hook");
  const text = `#!${process.execPath}
const { appendFileSync, existsSync } = require("node:fs");
const [what, ...rest] = process.argv.slice(2);
const gateway = process.ppid;
appendFileSync(${JSON.stringify(join(folder, "calls"))}, what + " " + gateway + "\\n");
const run = () => {
  if (process.ppid !== gateway) process.exit(1);
  if (what === "present" && !existsSync(${JSON.stringify(join(folder, "go"))})) return setTimeout(run, 20);
  const { spawnSync } = require("node:child_process");
  process.exit(spawnSync(${JSON.stringify(hook)}, [what, ...rest]).status);
};
run();
`;
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return file;
};

const serialAt = ({ ports }: Gateway): Promise<string | null> =>
  new Promise((resolve) => {
    const options = {
      port: ports.https ?? 0,
      host: "127.0.0.1",
      servername: host,
      rejectUnauthorized: false,
    };
    const socket = tlsConnect(options, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
    socket.on("error", () => resolve(null)).on("close", () => resolve(null));
  });

const folderOf = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-holders-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

test("where the gateway that orders is killed another takes over, and all have one certificate", async (t) => {
  const folder = folderOf(t);
  const pebble = await startPebble();
  t.after(() => pebble.close());
  const command = [writeWaitingHook(folder, pebble.dnsHook)];
  const { directory, root } = pebble;
  const tls = { mode: "acme", email: "ops@shop.example", directory, root, store: join(folder, "certs") };
  const config = {
    tls: { ...tls, challenge: "dns-01", dns: { command } },
    sites: [{ id: "main", hosts: [host] }],
    routes: [{ path: "/", static: { dir: folder } }],
  };
  const start = async (name: string): Promise<Gateway> => {
    const gateway = await startGateway({ data: join(folder, name), config });
    t.after(() => gateway.close());
    return gateway;
  };
  const gateways = [await start("a"), await start("b"), await start("c")];
  const calls = (): string[] =>
    existsSync(join(folder, "calls")) ? readFileSync(join(folder, "calls"), "utf8").trim().split("\n") : [];
  const first = await waitFor(() => calls()[0] ?? null, "the first order");
  const holder = gateways.find(({ pid }) => first === `present ${pid}`);
  assert.ok(holder, first);
  await holder.kill();
  const second = await waitFor(() => calls()[1] ?? null, "another to take over");
  const heir = gateways.find(({ pid }) => second === `present ${pid}`);
  assert.ok(heir && heir !== holder, second);
  writeFileSync(join(folder, "go"), "");
  const rest = gateways.filter((gateway) => gateway !== holder);
  const serials: string[] = [];
  for (const gateway of rest) serials.push(await waitFor(() => serialAt(gateway), "the certificate at each"));
  const back = await start("d");
  serials.push(await waitFor(() => serialAt(back), "the certificate at one that comes later"));
  assert.equal(new Set(serials).size, 1, "one certificate");
  assert.deepEqual(calls(), [first, second, `cleanup ${heir.pid}`], "one order at a time, and none more");
});
