import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import type { WireBatch } from "../gateway/model/wire.ts";
import { createTracker } from "./core.ts";

test("a program without a page sends its events, and again what was refused, under the same ids", async () => {
  const batches: WireBatch[] = [];
  const server = createServer(async (req, res) => {
    batches.push(JSON.parse(await text(req)));
    res.writeHead(batches.length === 1 ? 503 : 200).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const { port } = server.address() as AddressInfo; // a TCP server's address is no string
    const tracker = createTracker({
      collect: `http://127.0.0.1:${port}/tr/v1/`,
      common: { vid: "device-1" },
    });
    tracker.record({ ename: "started", params: { cold: true } });
    tracker.record({ ename: "bought", type: "outcome", value: 5, currency: "EUR" });
    await tracker.flush();
    await tracker.flush();
    const [first, second] = batches;
    assert.deepEqual(
      first?.events.map(({ ename, vid, seq }) => [ename, vid, seq]),
      [
        ["started", "device-1", 0],
        ["bought", "device-1", 1],
      ],
    );
    assert.deepEqual(second?.events, first?.events);
  } finally {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }
});

test("a fetch that throws before it promises anything is a gateway that cannot be reached", async () => {
  let calls = 0;
  const tracker = createTracker({
    collect: "https://t.example/tr/v1/",
    fetch: (() => {
      if (calls++ === 0) throw new TypeError("offline");
      return Promise.resolve(new Response());
    }) as typeof fetch,
  });
  tracker.record({ ename: "started" });
  await tracker.flush();
  await tracker.flush();
  assert.equal(calls, 2);
});
