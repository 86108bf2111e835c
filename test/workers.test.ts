import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { newId } from "../gateway/model/ids.ts";
import { ask } from "./ask.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { storedNamed } from "./stored.ts";
import { startUpstream } from "./upstream.ts";
import { waitFor } from "./wait-for.ts";
import { withGateway } from "./with-gateway.ts";

/** The processes that a gateway has started. */
const childrenOf = ({ pid }: Gateway): readonly number[] => {
  try {
    return execFileSync("pgrep", ["-P", String(pid)], { encoding: "utf8" })
      .trim()
      .split("\n")
      .map(Number);
  } catch {
    return []; // pgrep ends with 1 where there are none
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Sends events until told to stop; answers the ids of those acknowledged. A connection that is cut is tried again. */
const sendUntil = async (url: string, isOver: () => boolean, acknowledged: string[]): Promise<void> => {
  while (!isOver()) {
    const eid = newId();
    const answer = await ask(`${url}/tr/v1/?ename=kept&eid=${eid}`).catch(() => null);
    if (answer?.status === 200) acknowledged.push(eid);
  }
};

test("workers share the port, and every event they acknowledge is stored once by the owner", async () => {
  await withGateway({ config: { workers: 2 } }, async (gateway) => {
    assert.equal(childrenOf(gateway).length, 2);
    const acknowledged: string[] = [];
    let over = false;
    const senders = Array.from({ length: 8 }, () => sendUntil(gateway.url, () => over, acknowledged));
    try {
      const [first = 0] = childrenOf(gateway);
      await waitFor(() => acknowledged.length > 100, "a hundred acknowledgements");
      process.kill(first, "SIGKILL");
      await waitFor(
        () => childrenOf(gateway).length === 2 && !childrenOf(gateway).includes(first),
        "another worker",
      );
      const before = acknowledged.length;
      await waitFor(() => acknowledged.length > before + 100, "a hundred more");
    } finally {
      over = true;
      await Promise.all(senders);
    }
    const stored = storedNamed(gateway.data, "kept").map((event) => event.id as string);
    assert.equal(new Set(stored).size, stored.length);
    const kept = new Set(stored);
    assert.deepEqual(
      acknowledged.filter((id) => !kept.has(id)),
      [],
    );
    assert.match(gateway.output(), /a worker process ended \(SIGKILL\): another is started/);
  });
});

test("a limit holds for all workers together", async () => {
  const config = { workers: 2, limits: { requests: 6, windowSeconds: 600, exempt: [] } };
  await withGateway({ config }, async ({ url }) => {
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask(`${url}/tr/v1/x`)));
    const passed = answers.filter(({ status }) => status === 200).length;
    assert.deepEqual([passed, answers.filter(({ status }) => status === 429).length], [6, 24]);
  });
});

test("a stop lets the requests of all workers finish; no process is left", async (t) => {
  const waiting: (() => void)[] = [];
  const upstream = await startUpstream((_req, res) => {
    res.write("slow ");
    waiting.push(() => void res.end("but whole"));
  });
  t.after(upstream.close);
  const config = { workers: 2, routes: [{ path: "/", proxy: { upstreams: [upstream.url] } }] };
  await withGateway({ config }, async (gateway) => {
    const workers = childrenOf(gateway);
    const slow = Array.from({ length: 4 }, () => ask(`${gateway.url}/report`));
    await waitFor(() => waiting.length === 4, "the requests to arrive");
    const stopped = gateway.stop();
    await waitFor(() => gateway.output().includes("stopping"), "the stop to begin");
    for (const finish of waiting) finish();
    for (const { text } of await Promise.all(slow)) assert.equal(text, "slow but whole");
    assert.equal(await stopped, 0);
    assert.deepEqual(workers.filter(isAlive), []);
  });
});

test("workers end with their owner, and a new one takes the same port", async () => {
  const first = await startGateway({ config: { workers: 2 } });
  const workers = childrenOf(first);
  await first.kill();
  await waitFor(() => !workers.some(isAlive), "the workers to end");
  await withGateway({ config: { workers: 2 }, ports: first.ports }, async ({ url }) => {
    assert.equal((await ask(`${url}/tr/v1/?ename=again`)).status, 200);
  });
});

test("a port in use is said in one sentence by workers, too", async () => {
  await withGateway({}, async ({ ports, url }) => {
    await assert.rejects(
      startGateway({ config: { workers: 2 }, ports: { http: ports.http, admin: 0 } }),
      new RegExp(
        `listen: 127.0.0.1:${ports.http} is in use by node main.ts \\(pid \\d+\\): start on another port with`,
      ),
    );
    assert.equal((await ask(`${url}/tr/v1/x`)).status, 200);
  });
});
