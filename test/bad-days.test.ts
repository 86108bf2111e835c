import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  chmodSync,
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import Database from "better-sqlite3";
import { newId } from "../gateway/model/ids.ts";
import { ask } from "./ask.ts";
import { freePort } from "./free-port.ts";
import { type Ended, runTurnpike } from "./program.ts";
import { storedNamed } from "./stored.ts";
import { withGateway } from "./with-gateway.ts";

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "turnpike-days-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** `start` with a data folder, on free ports unless they are named. */
const start = async (
  data: string,
  ports: { http?: number; admin?: number } = {},
  uid?: number,
): Promise<Ended> => {
  const http = `127.0.0.1:${ports.http ?? (await freePort())}`;
  const admin = `127.0.0.1:${ports.admin ?? (await freePort())}`;
  return runTurnpike(
    ["start", "--data", data, "--http", http, "--admin", admin],
    uid === undefined ? {} : { uid },
  );
};

/** It said one line, on stderr, and gave up. */
const assertRefused = (ended: Ended, line: RegExp): void => {
  assert.equal(ended.code, 1, ended.err);
  assert.match(ended.err, line);
  assert.match(ended.err, /^[^\n]+\n$/, "one line");
  assert.doesNotMatch(ended.out, /"listening"/);
};

/** A data folder with one event in it, of a gateway that has stopped; `file` is its database. */
const makeData = async (): Promise<{ data: string; file: string }> => {
  const data = join(folder, newId());
  await withGateway({ data }, async (gateway) => {
    assert.equal((await ask(`${gateway.url}/tr/v1/?ename=kept`)).status, 200);
    assert.equal(await gateway.stop(), 0);
  });
  return { data, file: join(data, "turnpike.db") };
};

const digestOf = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("hex");

for (const which of ["http", "admin"] as const) {
  test(`a port in use for ${which}: who has it, and what to type instead`, async (t) => {
    const holder = createServer();
    const port = await freePort();
    t.after(() => holder.close());
    await new Promise<void>((resolve) => holder.listen(port, "127.0.0.1", resolve));
    const data = join(folder, newId());
    const ended = await start(data, { [which]: port });
    const command = "node(?: [\\w.-]+\\.ts)?";
    const options =
      which === "http"
        ? `--admin 127\\.0\\.0\\.1:\\d+ --http 127\\.0\\.0\\.1:${port + 10}`
        : `--admin 127\\.0\\.0\\.1:${port + 10} --http 127\\.0\\.0\\.1:\\d+ --https \\S+`;
    const hint = `start on another port with: turnpike start --data ${data} ${options}`;
    assertRefused(
      ended,
      new RegExp(
        `^listen: 127\\.0\\.0\\.1:${port} is in use by ${command} \\(pid ${process.pid}\\): ${hint}\\n$`,
      ),
    );
    assert.equal(holder.listening, true, "who was there first stays");
    await new Promise((resolve) => holder.close(resolve));

    await withGateway({ data }, async ({ url }) => {
      assert.equal((await ask(url)).status, 200, "the data folder is free again");
    });
  });
}

test("a data folder that cannot be made is named, with what to do", async () => {
  const file = join(folder, "a-file");
  writeFileSync(file, "precious");
  assertRefused(
    await start(join(file, "data")),
    /^store: the data folder \S+\/a-file\/data cannot be written \(ENOTDIR\): .+--data\n$/,
  );
  assertRefused(await start(file), /--data: \S+\/a-file is a file: expected a folder\n$/);
  assert.equal(readFileSync(file, "utf8"), "precious");
});

/** A user who owns nothing of this; root may write everywhere, and is no test of it. */
const nobody = process.getuid?.() === 0 ? 65_534 : undefined;

test("a data folder of somebody else is named, with what to do", async (t) => {
  const asNobody = nobody === undefined ? {} : { uid: nobody };
  // Where others may not even enter the folder, as below `mktemp -d`, nothing can be started in it.
  const mayRun = await runTurnpike(["--version"], asNobody).then(
    ({ code }) => code === 0,
    () => false,
  );
  if (!mayRun) return t.skip("another user may not read this checkout");
  const { data, file } = await makeData();
  chmodSync(folder, 0o755);
  chmodSync(data, 0o555);
  const digest = digestOf(file);
  const ended = await start(data, {}, nobody);
  chmodSync(data, 0o700);
  assertRefused(ended, /^store: the data folder \S+ cannot be written \(.+\): .+--data\n$/);
  assert.equal(digestOf(file), digest);
  if (nobody === undefined) return; // whose own folder it is may enter it
  for (const command of [["sql", "select 1"], ["export"], ["verify"], ["erase", "--visitor", "x"]]) {
    assertRefused(
      await runTurnpike([...command, "--data", data], asNobody),
      /^store: \S+turnpike\.db is in a folder that this user may not enter: run this as the user of the gateway, .+--data\n$/,
    );
  }
});

test("a database of a newer version is left alone", async () => {
  const { data, file } = await makeData();
  const db = new Database(file);
  db.pragma("user_version = 4711");
  db.close();
  const digest = digestOf(file);
  assertRefused(
    await start(data),
    /^store: \S+turnpike\.db was written by a newer Turnpike \(schema 4711, this one knows \d+\): start that version; nothing was changed\n$/,
  );
  assert.equal(digestOf(file), digest);
});

const damages: readonly (readonly [name: string, at: number, bytes: Buffer])[] = [
  ["its first bytes overwritten", 0, Buffer.from("this was a database once, and is not one any more")],
  ["its schema overwritten", 100, Buffer.alloc(3900, 0xa5)],
];
for (const [name, at, bytes] of damages) {
  test(`a database with ${name} is left as it is`, async () => {
    const { data, file } = await makeData();
    const db = new Database(file);
    db.pragma("wal_checkpoint(TRUNCATE)"); // no page of it is elsewhere
    db.close();
    const handle = openSync(file, "r+");
    writeSync(handle, bytes, 0, bytes.length, at);
    closeSync(handle);
    const digest = digestOf(file);
    const files = readdirSync(data).sort();
    assertRefused(
      await start(data),
      /^store: \S+turnpike\.db is damaged.*: put a backup in its place or move it away; nothing was changed\n$/,
    );
    assert.equal(digestOf(file), digest);
    assert.deepEqual(readdirSync(data).sort(), files);
  });
}

test("a second gateway on the same folder is refused, and the first goes on", async () => {
  const data = join(folder, newId());
  await withGateway({ data }, async (first) => {
    assertRefused(
      await start(data),
      new RegExp(
        `^store: the data folder \\S+ is in use by another Turnpike \\(pid ${first.pid}\\): stop it, or start with --data OTHER\\n$`,
      ),
    );
    assert.equal((await ask(`${first.url}/tr/v1/?ename=still-mine`)).status, 200);
    assert.equal(storedNamed(data, "still-mine").length, 1);
    await first.kill();
    await withGateway({ data }, async (heir) => {
      const answer = await ask(`${heir.url}/tr/v1/?ename=inherited`);
      assert.equal(answer.status, 200, "a dead owner's folder is free");
    });
  });
});

test("settings with mistakes are told at once, with their paths, before anything is opened", async () => {
  const file = join(folder, "wrong.json");
  const data = join(folder, newId());
  writeFileSync(file, JSON.stringify({ limits: { bodyBytes: "large" }, rutes: [], data: { dir: data } }));
  const ended = await runTurnpike(["start", "--config", file]);
  assert.equal(ended.code, 1);
  for (const part of [/limits\.bodyBytes/, /rutes.*routes/]) assert.match(ended.err, part);
  assert.throws(() => readdirSync(data), { code: "ENOENT" });
});

test("no event is acknowledged while the data folder is away, the site is served, and it goes on when it is back", async () => {
  const data = join(folder, "moved");
  const config = { tls: "off", routes: [{ path: "/page", respond: { body: "here" } }] };
  await withGateway({ config, data }, async (gateway) => {
    const hit = () =>
      fetch(`${gateway.url}/tr/v1/`, {
        method: "POST",
        body: JSON.stringify({ etyp: "event", ename: "moved" }),
      });
    const ready = async () => (await fetch(`${gateway.adminUrl}/readyz`)).status;
    assert.deepEqual([(await hit()).status, await ready()], [200, 200]);
    renameSync(data, `${data}-away`);
    const refused = await hit();
    assert.equal(refused.status, 503);
    assert.match(String(refused.headers.get("retry-after")), /^\d+$/);
    assert.equal(await ready(), 503);
    assert.equal(await (await fetch(`${gateway.url}/page`)).text(), "here");
    assert.match(gateway.output(), /turnpike\.db is not the file any more that was opened/);
    renameSync(`${data}-away`, data);
    assert.deepEqual([(await hit()).status, await ready()], [200, 200]);
  });
  assert.equal(storedNamed(data, "moved").length, 2);
});
