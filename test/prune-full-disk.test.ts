import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { newId } from "../gateway/model/ids.ts";
import { ask } from "./ask.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { runTurnpike } from "./program.ts";
import { mountSmall } from "./small-disk.ts";
import { storedEvents } from "./stored.ts";
import { waitFor } from "./wait-for.ts";

/** A sealed file of a day long ago, which takes about 1 MB. */
const sealOld = async (data: string): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-hits-"));
  const hits = join(folder, "hits.jsonl");
  const at = Date.UTC(2026, 0, 10, 12);
  const lines = Array.from({ length: 200 }, (_, i) => ({
    at: at + i,
    method: "POST",
    url: "/tr/v1/",
    headers: { host: "shop.example", "content-type": "application/json" },
    body: JSON.stringify({ ename: "old", params: { text: randomBytes(5000).toString("base64") } }),
    remote_address: "203.0.113.7",
  }));
  writeFileSync(hits, lines.map((line) => JSON.stringify(line)).join("\n"));
  try {
    for (const args of [
      ["replay", hits],
      ["seal", "--now"],
    ]) {
      const { code, err } = await runTurnpike([...args, "--data", data]);
      assert.equal(code, 0, err);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const send = (gateway: Gateway, ids: readonly string[]) =>
  ask(`${gateway.url}/tr/v1/`, {
    method: "POST",
    body: JSON.stringify(
      ids.map((eid) => ({ eid, ename: "kept", params: { text: randomBytes(1500).toString("base64") } })),
    ),
  });

const newIds = () => Array.from({ length: 20 }, newId);

/** What was acknowledged is there once, and nothing of what was pruned; all of it can be sealed. */
const assertKept = async (data: string, acknowledged: readonly string[]): Promise<void> => {
  const ids = storedEvents(data).flatMap(({ id, name }) => (name === "kept" || name === "old" ? [id] : []));
  assert.deepEqual(ids.sort(), [...acknowledged].sort());
  for (const args of [["seal", "--now"], ["verify"]]) {
    const { code, out, err } = await runTurnpike([...args, "--data", data]);
    assert.equal(code, 0, `${out}${err}`);
  }
};

test("pruning makes room on a full disk, while the gateway runs", async (t) => {
  const disk = mountSmall();
  if (!disk) return t.skip("this user may not mount a tmpfs");
  t.after(disk.close);
  await sealOld(disk.data);
  const gateway = await startGateway({ data: disk.data });
  const acknowledged = newIds();
  try {
    assert.equal((await send(gateway, acknowledged)).status, 200);
    disk.fill();
    await waitFor(async () => {
      const ids = newIds();
      const { status } = await send(gateway, ids);
      if (status === 200) acknowledged.push(...ids);
      return status === 503;
    }, "the disk to be full");
    const pruned = await runTurnpike(["prune", "--before", "2026-02-01", "--data", disk.data]);
    assert.deepEqual([pruned.code, pruned.err], [0, ""]);
    assert.equal(pruned.out, "removed: 200 events before 2026-02-01, 1 file\n");
    await waitFor(async () => {
      const ids = newIds();
      const { status } = await send(gateway, ids);
      if (status === 200) acknowledged.push(...ids);
      return status === 200;
    }, "events to be stored again");
    await assertKept(disk.data, acknowledged);
    assert.equal(await gateway.stop(), 0);
  } finally {
    await gateway.close();
  }
});

test("pruning makes room on a disk that is all but full, while no gateway runs", async (t) => {
  const disk = mountSmall();
  if (!disk) return t.skip("this user may not mount a tmpfs");
  t.after(disk.close);
  await sealOld(disk.data);
  const gateway = await startGateway({ data: disk.data });
  const acknowledged = Array.from({ length: 10 }, newIds).flat();
  try {
    assert.equal((await send(gateway, acknowledged)).status, 200);
    assert.equal(await gateway.stop(), 0);
  } finally {
    await gateway.close();
  }
  disk.fillBut(200_000);
  const sealed = await runTurnpike(["seal", "--now", "--data", disk.data]);
  assert.equal(sealed.code, 1, "there is no room to seal");
  const pruned = await runTurnpike(["prune", "--before", "2026-02-01", "--data", disk.data]);
  assert.deepEqual([pruned.code, pruned.err], [0, ""]);
  assert.equal(pruned.out, "removed: 200 events before 2026-02-01, 1 file\n");
  await assertKept(disk.data, acknowledged);
});
