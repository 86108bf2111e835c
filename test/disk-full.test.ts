import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Overview } from "../gateway/model/admin.ts";
import { newId } from "../gateway/model/ids.ts";
import { type Answer, ask, newVisitor, variantIn } from "./ask.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { runTurnpike } from "./program.ts";
import { mountSmall } from "./small-disk.ts";
import { queryData, settle } from "./stored.ts";
import { waitFor } from "./wait-for.ts";

/** A data folder that can run out of room. */
interface Disk {
  readonly data: string;
  fill(gateway: Gateway): void;
  free(gateway: Gateway): void;
  close(): void;
}

/** Sends batches, and remembers what became of each id. */
const createClient = (gateway: Gateway) => {
  const acknowledged: string[] = [];
  const refused: string[] = [];
  const send = async (ids: readonly string[]): Promise<Answer> => {
    const events = ids.map((eid) => ({ eid, ename: "kept", params: { text: "x".repeat(2000) } }));
    const answer = await ask(`${gateway.url}/tr/v1/`, { method: "POST", body: JSON.stringify(events) });
    assert.ok(answer.status === 200 || answer.status === 503, `collect answered ${answer.status}`);
    (answer.status === 200 ? acknowledged : refused).push(...ids);
    return answer;
  };
  return { acknowledged, refused, send, sendNew: () => send(Array.from({ length: 20 }, newId)) };
};

const troubleOf = async (gateway: Gateway): Promise<string | null> => {
  const answer = await gateway.admin("/api/overview");
  assert.equal(answer.status, 200);
  return ((await answer.json()) as Overview).trouble;
};

const storedIds = (data: string): string[] =>
  queryData(data, "SELECT id FROM events WHERE name = 'kept'").map((row) => String(row["id"]));

const assertServes = async (gateway: Gateway): Promise<void> => {
  const visitor = newVisitor(gateway.url);
  const page = await visitor.ask("/pricing/");
  assert.deepEqual(
    [page.status, (await visitor.ask("/style.css")).status, (await visitor.ask("/api/stock")).status],
    [200, 200, 200],
  );
  assert.notEqual(variantIn(page.text), null, "the variant is served all the same");
};

/** Fills the disk under a running gateway, twice, and makes room again. */
const runOutOfRoom = async (disk: Disk): Promise<void> => {
  const gateway = await startGateway({ data: disk.data });
  try {
    const client = createClient(gateway);
    for (let i = 0; i < 5; i++) assert.equal((await client.sendNew()).status, 200);
    for (const round of ["first", "second"]) {
      disk.fill(gateway);
      const answer = await waitFor(async () => {
        const sent = await client.sendNew();
        return sent.status === 503 && sent;
      }, `a refusal in the ${round} round`);
      assert.equal(answer.headers["retry-after"], "5");
      assert.match(answer.text, /^events cannot be stored now \(.+\): send this again after 5 s\n$/);
      assert.match((await troubleOf(gateway)) ?? "", /^store: /);
      await assertServes(gateway);
      assert.equal((await client.sendNew()).status, 503, "and again");

      disk.free(gateway);
      await waitFor(
        async () => (await client.sendNew()).status === 200,
        `events to be stored again in the ${round} round`,
      );
      assert.equal(await troubleOf(gateway), null);
    }
    const before = new Set(storedIds(disk.data));
    assert.deepEqual(
      client.refused.filter((id) => before.has(id)),
      [],
      "what was refused was not kept",
    );
    const retried = client.refused.splice(0);
    assert.equal((await client.send(retried)).status, 200, "and is taken when it is sent again");

    const stored = storedIds(disk.data);
    assert.deepEqual(stored.sort(), client.acknowledged.sort(), "each acknowledged event once, and no other");
    await settle(disk.data);
    const followed = "SELECT count(*) AS n FROM person_events JOIN events USING (seq) WHERE name = 'kept'";
    assert.deepEqual(
      queryData(disk.data, followed),
      [{ n: stored.length }],
      "the projections have not lost one either",
    );
    assert.deepEqual(queryData(disk.data, "PRAGMA integrity_check"), [{ integrity_check: "ok" }]);
    assert.match(gateway.output(), /events are refused with 503 until it is over/);
    assert.match(gateway.output(), /events are stored again/);
    assert.equal(await gateway.stop(), 0);
  } finally {
    await gateway.close();
  }
};

/** Files of this process may not grow beyond a size: the way without a file system of one's own. */
const limitFiles = (): Disk => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-disk-"));
  mkdirSync(join(folder, "data"));
  const setLimit = (gateway: Gateway, soft: string) =>
    void execFileSync("prlimit", ["--pid", String(gateway.pid), `--fsize=${soft}:unlimited`]);
  return {
    data: join(folder, "data"),
    fill: (gateway) => setLimit(gateway, "65536"),
    free: (gateway) => setLimit(gateway, "unlimited"),
    close: () => rmSync(folder, { recursive: true }),
  };
};

const canLimit = (): boolean => {
  try {
    execFileSync("prlimit", ["--fsize=1000000:unlimited", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

const tell = "collect says 503, the site goes on, and nothing acknowledged is lost";

test(`a full disk: ${tell}`, async (t) => {
  const disk = mountSmall();
  if (!disk) return t.skip("this user may not mount a tmpfs");
  await runOutOfRoom(disk).finally(disk.close);
});

test("a start on a full disk ends, and says that it needs room", async (t) => {
  const disk = mountSmall();
  if (!disk) return t.skip("this user may not mount a tmpfs");
  try {
    const gateway = await startGateway({ data: disk.data });
    await gateway.kill();
    disk.fill();
    await assert.rejects(
      startGateway({ data: disk.data }),
      /\(ENOSPC\): the disk is full: make room on it, or choose/,
    );
  } finally {
    disk.close();
  }
});

test("a command on a full disk says so in one sentence, and changes nothing", async (t) => {
  const disk = mountSmall();
  if (!disk) return t.skip("this user may not mount a tmpfs");
  t.after(disk.close);
  const gateway = await startGateway({ data: disk.data });
  assert.equal((await createClient(gateway).sendNew()).status, 200);
  assert.equal(await gateway.stop(), 0);
  await gateway.close();
  const stored = storedIds(disk.data);
  disk.fill();
  for (const args of [
    ["seal", "--now"],
    ["prune", "--before", "2020-01-01"],
    ["erase", "--visitor", "a"],
  ]) {
    const { code, err } = await runTurnpike([...args, "--data", disk.data]);
    assert.match(err, /^store: [^\n]* the disk [^\n]*is full: make room on it[^\n]*\n$/);
    assert.equal(code, 1);
  }
  disk.free();
  assert.deepEqual(storedIds(disk.data), stored);
  assert.equal((await runTurnpike(["seal", "--now", "--data", disk.data])).code, 0);
});

test(`files that may not grow: ${tell}`, {
  skip: canLimit() ? false : "prlimit (util-linux) is missing",
}, async () => {
  const disk = limitFiles();
  await runOutOfRoom(disk).finally(disk.close);
});
