import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { connectTo, exchangeBytes } from "../gateway/http/test-server.ts";
import { newId } from "../gateway/model/ids.ts";
import { ask } from "./ask.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { queryData, settle, storedNamed } from "./stored.ts";
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

/** It has ended, and its parent has not heard of it. */
const isZombie = (pid: number): boolean => / Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));

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
    assert.match(
      gateway.output(),
      /a worker process ended \(SIGKILL\): another is started in 1 s, the others serve on/,
    );
  });
});

test("identical hits without an id that workers take in one millisecond are events each", async () => {
  const key = "a-write-key-for-the-workers";
  const config = { workers: 2, sites: [{ id: "main", hosts: ["*"], writeKeys: [key] }] };
  await withGateway({ config }, async (gateway) => {
    const ids: string[] = [];
    const count = async (): Promise<void> => {
      for (let i = 0; i < 40; i++) {
        const headers = { authorization: `Bearer ${key}` };
        const answer = await fetch(`${gateway.url}/str/v1/etyp/count/id/orders`, { headers });
        if (answer.ok) ids.push(await answer.text());
      }
    };
    await Promise.all(Array.from({ length: 16 }, count));
    assert.equal(ids.length, 640);
    assert.equal(new Set(ids).size, ids.length);
    await settle(gateway.data);
    assert.deepEqual(queryData(gateway.data, "SELECT n FROM message_counts"), [{ n: 640 }]);
  });
});

test("workers that all die at once are replaced, and who comes meanwhile waits for one", async () => {
  const config = { workers: 2, routes: [{ path: "/", respond: { body: "here" } }] };
  await withGateway({ config }, async (gateway) => {
    const workers = childrenOf(gateway);
    process.kill(gateway.pid, "SIGSTOP"); // so that it hears of their end and of new connections together
    for (const pid of workers) process.kill(pid, "SIGKILL");
    await waitFor(() => workers.every(isZombie), "their end");
    const asked = Array.from({ length: 20 }, async () => (await ask(gateway.url)).text);
    process.kill(gateway.pid, "SIGCONT");
    assert.deepEqual(await Promise.all(asked), new Array(20).fill("here"));
    assert.equal(await gateway.stop(), 0);
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

test("a connection too many for all workers together is told so, and places of one that is killed are free", async (t) => {
  const config = { workers: 2, limits: { connectionsPerAddress: 4, exempt: [] } };
  await withGateway({ config }, async (gateway) => {
    const figures = async () => (await gateway.admin("/metrics")).text();
    const open = async (): Promise<number> =>
      [...(await figures()).matchAll(/^turnpike_open_connections\{.*\} (\d+)$/gm)].reduce(
        (sum, [, n]) => sum + Number(n),
        0,
      );
    const sockets = await Promise.all(Array.from({ length: 4 }, () => connectTo(gateway.ports.http)));
    t.after(() => sockets.forEach((socket) => void socket.destroy()));
    for (const socket of sockets) socket.on("error", () => {}); // those of the worker that is killed
    await waitFor(async () => (await open()) === 4, "four connections");
    const get = "GET /tr/v1/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let refused = "";
    await waitFor(async () => {
      refused = await exchangeBytes(gateway.ports.http, get).catch(String); // cut, where the owner does not know yet
      return refused.startsWith("HTTP/1.1 503 ");
    }, "an answer that says so");
    assert.match(refused, /\r\nRetry-After: 5\r\n/);
    assert.match(refused, /too many connections are open/);
    assert.match(await figures(), /^turnpike_limited_total\{limit="connections"\} [1-9]/m);
    process.kill(childrenOf(gateway)[0] ?? 0, "SIGKILL");
    await waitFor(async () => (await open()) === 2, "the places of the worker that is gone");
    assert.match(await exchangeBytes(gateway.ports.http, get), /^HTTP\/1\.1 200 /);
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
