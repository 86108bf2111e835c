import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { connectTo } from "../http/test-server.ts";
import { type Connections, createConnections, type PlacesElsewhere } from "./connections.ts";
import { limitSettings } from "./settings.ts";
import { createSharedPlaces, type PlaceNews } from "./shared-places.ts";

const nobody = () => false;

/** A server that lets connections in by the limits; `verdict` resolves with what became of the next connection. */
const open = async (t: TestContext, given: object, elsewhere?: PlacesElsewhere) => {
  const settings = limitSettings.parse({ exempt: [], ...given });
  const refusals: string[] = [];
  const onRefused = (reason: string) => void refusals.push(reason);
  const connections = createConnections(settings, nobody, { elsewhere, onRefused });
  const arrivals: ((verdict: string) => void)[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.resume());
    socket.on("error", () => {}); // a reset is what some of the tests are about
    const verdict = connections.enter(socket);
    if (verdict !== "open") socket.destroy();
    arrivals.shift()?.(verdict);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const knock = async () => {
    const verdict = new Promise<string>((resolve) => arrivals.push(resolve));
    const client = await connectTo(port);
    client.on("error", () => {});
    return { client, verdict: await verdict };
  };
  return { connections, knock, sockets, refusals };
};

const emptied = async (connections: Connections): Promise<void> => {
  while (connections.open > 0) await new Promise((resolve) => setImmediate(resolve));
};

test("connections of one address are refused past its number, and a place that is given back is taken again", async (t) => {
  const { connections, knock } = await open(t, { connectionsPerAddress: 2 });
  const first = await knock();
  assert.equal((await knock()).verdict, "open");
  assert.equal((await knock()).verdict, "full");
  assert.equal(connections.open, 2);
  first.client.end();
  await new Promise((resolve) => first.client.once("close", resolve));
  assert.equal((await knock()).verdict, "open");
});

test("connections in all are refused past their number, exempt addresses' too", async (t) => {
  const { knock, refusals } = await open(t, { connections: 1, exempt: ["127.0.0.1"] });
  assert.equal((await knock()).verdict, "open");
  assert.deepEqual(refusals, []);
  assert.equal((await knock()).verdict, "full");
  assert.deepEqual(refusals, ["connections"], "which is counted");
});

test("a place is given back by sockets that are reset, half open, or closed by us", async (t) => {
  const { connections, knock, sockets } = await open(t, {});
  const { client: reset } = await knock();
  const { client: ended } = await knock();
  await knock();
  assert.equal(connections.open, 3);
  reset.resetAndDestroy();
  ended.end();
  sockets[2]?.destroy();
  await emptied(connections);
});

test("1,000 connections that come and go leave no place taken", async (t) => {
  const { connections, knock } = await open(t, {});
  for (let i = 0; i < 1000; i++) {
    const { client } = await knock();
    if (i % 2 === 0) client.resetAndDestroy();
    else client.destroy();
  }
  await emptied(connections);
});

test("a banned address is let go at once where the settings close its connections", async (t) => {
  const { knock, connections } = await open(t, { ban: ["127.0.0.0/8"], banned: "close" });
  assert.equal((await knock()).verdict, "banned");
  assert.equal(connections.open, 0);
});

test("changed settings count from the next connection on", async (t) => {
  const { knock, connections } = await open(t, {});
  assert.equal((await knock()).verdict, "open");
  connections.follow(limitSettings.parse({ exempt: [], connectionsPerAddress: 1 }), nobody);
  assert.equal((await knock()).verdict, "full");
});

test("what another process counts too many is cut, and its place given back", async (t) => {
  const news: PlaceNews[] = [];
  const { knock, connections } = await open(
    t,
    {},
    {
      entered: (no, network) => void news.push({ kind: "entered", no, network }),
      left: (no) => void news.push({ kind: "left", no }),
    },
  );
  await knock();
  assert.deepEqual(news, [{ kind: "entered", no: 1, network: "127.0.0.1" }]);
  connections.cut(1);
  await emptied(connections);
  assert.deepEqual(news.at(-1), { kind: "left", no: 1 });
  connections.cut(1); // it is gone
});

test("the owner counts the places of all workers, and those of one that died are free", () => {
  const limits = { connections: 10, connectionsPerAddress: 2 };
  const shared = createSharedPlaces<string>();
  const enter = (no: number, network: string | null) => ({ kind: "entered", no, network }) as const;
  assert.deepEqual(shared.hear("a", [enter(1, "10.0.0.1")], limits), []);
  assert.deepEqual(shared.hear("b", [enter(1, "10.0.0.1"), enter(2, "10.0.0.1")], limits), [2]);
  assert.deepEqual(shared.hear("b", [{ kind: "left", no: 2 }], limits), [], "it was cut, and held none");
  assert.equal(shared.taken, 2);
  shared.drop("a");
  assert.deepEqual(shared.hear("b", [enter(3, "10.0.0.1")], limits), []);
  assert.equal(shared.taken, 2);
});
