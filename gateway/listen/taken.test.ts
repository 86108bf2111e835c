import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { connectTo, exchangeBytes } from "../http/test-server.ts";
import { testSite } from "../model/test-site.ts";
import { createListener, type Times } from "./listener.ts";

/** A listener that does not listen, as in a worker: another server accepts for it. */
const start = async (t: TestContext, times: Partial<Times>) => {
  const listener = createListener({
    address: "127.0.0.1:0",
    handler: (x) => void x.res.end("ok"),
    headerBytes: 8192,
    siteOf: () => testSite,
    isTrusted: () => false,
    clock: Date.now,
    portHint: (address) => `use ${address}`,
    onError: () => {},
    times: { headersMs: 200, idleMs: 60_000, stalledMs: 60_000, ...times },
  });
  const door = createServer((socket) => listener.take(socket)).listen(0, "127.0.0.1");
  await once(door, "listening");
  t.after(async () => {
    door.close();
    await listener.stop(0);
  });
  return { listener, port: (door.address() as AddressInfo).port };
};

for (const [what, bytes] of [
  ["a head that does not end", "GET / HTTP/1.1\r\nHost: a\r\nX-"],
  ["a head that does not end, behind a request", "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nX-"],
] as const) {
  test(`${what} is cut also where another process accepts connections`, { timeout: 20_000 }, async (t) => {
    const { port } = await start(t, {});
    assert.match(await exchangeBytes(port, bytes), /HTTP\/1\.1 408 /);
  });
}

test("a stop does not wait for a connection that another process accepted and that is idle", {
  timeout: 20_000,
}, async (t) => {
  const { listener, port } = await start(t, {});
  const client = await connectTo(port);
  client.setEncoding("latin1");
  // Two of which the second lies in two pieces, so that Node's server has the connection.
  client.write("GET / HTTP/1.1\r\nHost: a\r\n");
  setTimeout(() => client.write("\r\n"), 50);
  await once(client, "data");
  const begun = performance.now();
  await listener.stop(15_000);
  assert.ok(performance.now() - begun < 10_000);
});
