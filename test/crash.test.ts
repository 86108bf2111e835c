import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomInt, randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { newId } from "../gateway/model/ids.ts";
import { openReader } from "../gateway/store/reader.ts";
import { type Gateway, personAgent, startGateway } from "./gateway.ts";
import { readTrace } from "./strace.ts";

const total = 20_000;
const clients = 24;
const minKills = 10;

/** What a client may send: a third of the ids carry no time, as those of old scripts. */
const makeEvent = (n: number): { eid: string; body: object } => {
  const timed = n % 3 !== 0;
  const eid = timed ? newId() : randomUUID();
  const created = timed ? { created: Date.now() } : {};
  return { eid, body: { eid, ename: "click", vid: `crash-visitor-${n % 500}`, params: { n }, ...created } };
};

const post = (agent: Agent, url: string, text: string): Promise<number> =>
  new Promise((resolve) => {
    const req = request(
      `${url}/tr/v1/`,
      { method: "POST", agent, headers: { "user-agent": personAgent } },
      (res) => {
        res.resume();
        res.on("end", () => resolve(res.statusCode ?? 0));
        res.on("error", () => resolve(0));
      },
    );
    req.on("error", () => resolve(0));
    req.end(text);
  });

test("20,000 events through at least 10 SIGKILLs: none that was acknowledged is lost, none is doubled", async () => {
  const data = mkdtempSync(join(tmpdir(), "turnpike-crash-"));
  let gateway: Gateway = await startGateway({ data });
  const { url, ports } = gateway;
  const acknowledged = new Set<string>();
  let failed = false;
  const abandoned = new Set<string>();
  let next = 0;
  let kills = 0;

  /** Sends until it is acknowledged; one in a hundred clients gives up at the first failure instead. */
  const client = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (next < total && !failed) {
      const size = Math.min(next % 7 === 0 ? 5 : 1, total - next);
      const events = Array.from({ length: size }, () => makeEvent(next++));
      const text = JSON.stringify(size === 1 ? events[0]?.body : events.map(({ body }) => body));
      const givesUp = randomInt(100) === 0;
      for (;;) {
        const status = await post(agent, url, text);
        if (status === 200) {
          for (const { eid } of events) acknowledged.add(eid);
          if (randomInt(20) === 0) await post(agent, url, text); // a client that missed the answer sends again
          break;
        }
        if (givesUp) {
          for (const { eid } of events) abandoned.add(eid);
          break;
        }
        assert.ok(!failed, "no gateway came back");
        await sleep(20);
      }
    }
    agent.destroy();
  };

  const killer = async (): Promise<void> => {
    while (next < total || kills < minKills) {
      // Spread over the run: the next kill waits for its share of the events, then for a random moment.
      const share = Math.min(total, ((kills + 1) * total) / (minKills + 2));
      while (next < share && next < total) await sleep(5);
      if (next >= total) break;
      await sleep(randomInt(60));
      await gateway.kill();
      kills++;
      gateway = await startGateway({ data, ports });
    }
  };

  const killing = killer().catch((error: unknown) => {
    failed = true; // the clients would wait for it forever
    throw error;
  });
  await Promise.all([killing, ...Array.from({ length: clients }, client)]);
  await gateway.close();

  const reader = openReader(data);
  const rows = [...reader.query("SELECT id FROM events WHERE name = 'click'").rows];
  const sessions = [...reader.query("SELECT sum(events) FROM sessions").rows][0]?.[0];
  reader.close();
  rmSync(data, { recursive: true });
  const stored = new Set(rows.map(([id]) => String(id)));
  const lost = [...acknowledged].filter((id) => !stored.has(id));
  const unknown = [...stored].filter((id) => !acknowledged.has(id) && !abandoned.has(id));
  assert.ok(kills >= minKills, `only ${kills} kills`);
  assert.equal(acknowledged.size + abandoned.size, total);
  assert.deepEqual(
    { lost, unknown, doubled: rows.length - stored.size },
    { lost: [], unknown: [], doubled: 0 },
  );
  assert.equal(sessions, stored.size, "the projections hold exactly the stored events");
});

const hasStrace = (): boolean => {
  try {
    execFileSync("strace", ["-o", "/dev/null", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

test("no success is written before the fdatasync of the WAL that covers it has returned", {
  skip: hasStrace() || process.env["CI"] ? false : "strace is missing: setup/test-tools.sh strace",
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-strace-"));
  const trace = join(folder, "trace");
  const calls = "trace=fdatasync,fsync,pwrite64,write,writev,sendto,sendmsg";
  const gateway = await startGateway({
    under: ["strace", "-f", "-y", "-s", "70000", "-e", calls, "-o", trace],
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const ids: string[] = [];
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let i = 0; i < 25; i++) {
        const { eid, body } = makeEvent(ids.length);
        ids.push(eid);
        assert.equal(await post(agent, gateway.url, JSON.stringify(body)), 200);
      }
    }),
  );
  agent.destroy();
  await gateway.close();
  const found = readTrace(readFileSync(trace, "latin1"), ids);
  rmSync(folder, { recursive: true });
  for (const { id, written, synced, answered } of found) {
    assert.ok(written >= 0, `${id} was never written to the WAL`);
    assert.ok(answered >= 0, `${id} was never answered`);
    assert.ok(
      synced > written && answered > synced,
      `${id}: written ${written}, synced ${synced}, answered ${answered}`,
    );
  }
  assert.equal(found.length, 200);
});
