import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { newId } from "../gateway/model/ids.ts";
import { openReader } from "../gateway/store/reader.ts";
import { askFolder } from "../gateway/store/segments/test-folder.ts";
import { type Gateway, personAgent, startGateway } from "./gateway.ts";
import { runTurnpike } from "./program.ts";
import { waitFor } from "./wait-for.ts";

// Nothing stays in the journal once it is sealed: what the files hold is all there is.
const config = { data: { journalDays: 0 }, sites: [{ id: "main" }] };

const send = async (gateway: Gateway, ids: readonly string[], more: object = {}): Promise<boolean> => {
  const body = JSON.stringify(ids.map((eid) => ({ eid, ename: "click", vid: newId(), ...more })));
  const sent = fetch(`${gateway.url}/tr/v1/`, {
    method: "POST",
    body,
    headers: { "user-agent": personAgent },
  });
  return sent.then(
    (answer) => answer.ok,
    () => false,
  );
};

const someIds = (count: number): readonly string[] => Array.from({ length: count }, newId);

const ask = (gateway: Gateway, action: string, body: object = {}): Promise<Response> =>
  gateway.admin(`/api/storage/${action}`, { method: "POST", body: JSON.stringify(body) });

const storedIds = (data: string): readonly string[] => {
  const reader = openReader(data, { sealed: "wait" });
  const ids = reader.read(0, 1_000_000).map(({ event }) => event.id);
  reader.close();
  return ids;
};

test("killed again and again while it takes events and seals them, the gateway loses none and stores none twice", async () => {
  const data = mkdtempSync(join(tmpdir(), "turnpike-seal-"));
  let gateway = await startGateway({ config, data });
  const acknowledged: string[] = [];
  const sent: string[] = [];
  for (let kill = 0; kill < 4; kill++) {
    let isRunning = true;
    const sending = (async () => {
      while (isRunning) {
        const ids = someIds(50);
        sent.push(...ids);
        if (await send(gateway, ids)) acknowledged.push(...ids);
      }
    })();
    const sealing = (async () => {
      while (isRunning) await ask(gateway, "seal").catch(() => {}); // it was killed
    })();
    await sleep(randomInt(300, 2000)); // the moment is random: nothing waits for something to be done by then
    await gateway.kill();
    isRunning = false;
    await Promise.all([sending, sealing]);
    gateway = await startGateway({ config, data });
  }
  assert.equal((await ask(gateway, "seal")).status, 200);
  await waitFor(async () => {
    await ask(gateway, "seal"); // the projections may be a moment behind
    const { unsealed } = (await (await ask(gateway, "verify")).json()) as { unsealed: number };
    return unsealed === 0;
  }, "all events to be sealed");
  const verified = (await (await ask(gateway, "verify")).json()) as { findings: string[]; events: number };
  await gateway.stop();
  const stored = storedIds(data);
  assert.deepEqual(verified.findings, []);
  assert.equal(verified.events, stored.length);
  assert.equal(new Set(stored).size, stored.length, "none twice");
  const known = new Set(stored);
  assert.deepEqual(
    acknowledged.filter((id) => !known.has(id)),
    [],
    "none lost",
  );
  const [row] = await askFolder(data, "SELECT count(*) AS n, count(DISTINCT id) AS ids");
  assert.deepEqual(
    row,
    { n: String(stored.length), ids: String(stored.length) },
    "as any other program reads it",
  );
  const allowed = new Set(sent);
  assert.ok(stored.every((id) => allowed.has(id)));
  rmSync(data, { recursive: true });
});

test("the process that seals may be killed at any instant; the next one seals what it left", async () => {
  const gateway = await startGateway({ config });
  await send(gateway, someIds(500));
  const sealing = ask(gateway, "seal");
  const child = await waitFor(() => childOf(gateway.pid), "the process that seals");
  process.kill(child, "SIGKILL");
  const answer = await sealing;
  assert.equal(answer.status, 409);
  assert.match(await answer.text(), /the child process ended \(SIGKILL\)/);
  assert.ok(await send(gateway, someIds(500)), "events are taken meanwhile");
  await waitFor(async () => {
    await ask(gateway, "seal");
    const { events } = (await (await ask(gateway, "verify")).json()) as { events: number };
    return events === 1000;
  }, "all to be sealed");
  await gateway.close();
});

/** The first child process of a process, null while it has none. */
const childOf = (pid: number): number | null => {
  const children = readdirSync(`/proc/${pid}/task`)
    .flatMap((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" "))
    .filter((text) => text !== "");
  return children.length > 0 ? Number(children[0]) : null;
};

test("commands seal, verify, copy, prune and erase through the gateway that owns the folder, or without one", async () => {
  const gateway = await startGateway({ config });
  const vid = newId();
  await send(gateway, someIds(20));
  await send(gateway, someIds(3), { vid });
  const run = (...args: string[]) => runTurnpike([...args, "--data", gateway.data]);
  const sealed = await waitFor(async () => {
    const { out } = await run("seal", "--now");
    return /^sealed: 23 events/.test(out) && out;
  }, "23 events to be sealed");
  assert.match(sealed, /in 1 file/);
  assert.match(
    (await run("verify")).out,
    /all is well: 23 events in 1 file, [\d.]+ bytes an event; 0 not sealed yet/,
  );
  const copy = join(gateway.data, "../copy");
  assert.match((await run("backup", copy)).out, /23 events, 1 sealed file/);
  const refused = await run("backup", copy);
  assert.deepEqual([refused.code, refused.err], [1, `backup: ${copy} is not empty: name a new folder\n`]);
  const logged = gateway
    .output()
    .split("\n")
    .filter((line) => line.includes("is not empty"));
  assert.equal(logged.length, 1);
  assert.doesNotMatch(logged[0] ?? "", /"stack"/, "a refusal is one sentence in the log, too");
  const shown = await gateway.admin("/api/events?limit=100");
  assert.equal(shown.status, 200);
  assert.match(
    (await run("erase", "--visitor", vid)).out,
    new RegExp(`^erased: 1 session and all events of visitor ${vid}; 1 sealed file`),
  );
  assert.match(
    (await run("erase", "--visitor", vid)).out,
    new RegExp(`^nothing is stored of visitor ${vid}, so nothing was erased: the id must be whole`),
  );
  assert.match((await run("verify")).out, /all is well: 20 events/);
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  assert.match(
    (await run("prune", "--before", tomorrow, "--dry-run")).out,
    /: 20 events; nothing was removed/,
  );
  assert.match((await run("prune", "--before", tomorrow)).out, /removed: 20 events/);
  // The copy is a folder of its own, which nobody owns.
  const alone = await runTurnpike(["verify", "--data", copy]);
  assert.match(alone.out, /all is well: 23 events/);
  assert.equal(alone.code, 0);
  await gateway.close();
});
