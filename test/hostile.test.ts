/**
 * Requests that two servers may read in two ways, through the gateway to real back ends: each is refused, or all of
 * them agree on what it was. What the client was answered, what lies on the wire to the back end, and what came out behind
 * it are compared, and the next visitor gets his own answer.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ask } from "./ask.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { type BackEnd, haproxyBackEnd, hasProgram, nginxBackEnd, nodeBackEnd } from "./hostile-back-ends.ts";
import { hostileRequests } from "./hostile-grammar.ts";
import type { WireRequest } from "./hostile-wire.ts";
import { waitFor } from "./wait-for.ts";

const host = "shop.example";
const folder = mkdtempSync(join(tmpdir(), "turnpike-hostile-"));
const makers = {
  node: nodeBackEnd,
  ...(hasProgram("nginx") && { nginx: nginxBackEnd }),
  ...(hasProgram("haproxy") && { haproxy: haproxyBackEnd }),
};
const backEnds = new Map<string, BackEnd>();
let gateway: Gateway;

before(async () => {
  for (const [name, make] of Object.entries(makers)) backEnds.set(name, await make());
  gateway = await startGateway({
    config: {
      tls: "off",
      limits: { requests: 1_000_000 },
      sites: [{ id: "main", hosts: [host] }],
      routes: [
        ...[...backEnds].map(([name, { url }]) => ({
          path: `/${name}/`,
          proxy: { upstreams: [url] },
          inject: false,
        })),
        { path: "/", static: { dir: folder }, inject: false },
      ],
    },
  });
});
after(async () => {
  await gateway?.close();
  for (const backEnd of backEnds.values()) await backEnd.close();
  rmSync(folder, { recursive: true, force: true });
});

/**
 * Sends all of it, and behind it a request that ends the connection. Where that became part of something else, and the
 * gateway waits for more, this side closes, once all that is whole has been answered.
 */
const attack = async (backEnd: BackEnd, bytes: string): Promise<string> => {
  const socket = connect({ port: gateway.ports.http, host: "127.0.0.1", allowHalfOpen: true });
  let text = "";
  let isClosed = false;
  socket.setEncoding("latin1");
  socket.on("data", (chunk: string) => {
    text += chunk;
  });
  socket.on("error", () => {});
  const closed = new Promise<void>((resolve) =>
    socket.on("close", () => {
      isClosed = true;
      resolve();
    }),
  );
  const closer = `GET /${backEnd.name}/closer HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  socket.write(bytes + closer, "latin1");
  const isAnswered = (): boolean =>
    same(backEnd.wire(), backEnd.seen) && answered(text).length === backEnd.seen.length;
  // A request that waits for its turn shows only when those before it are answered.
  for (let before = -1; !isClosed && before !== backEnd.wire().length; ) {
    await waitFor(() => isClosed || isAnswered(), `answers: ${text}, ${backEnd.raw()}`);
    before = backEnd.wire().length;
    await Promise.race([closed, barrier()]);
  }
  socket.end();
  await closed;
  return text;
};

let asked = 0;

/**
 * Resolves when the gateway has read what came before: it has answered others who asked later, for files that it must
 * look for on the disk, as it may have to for an attack's own.
 */
const barrier = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await ask(`${gateway.url}/missing-${asked++}`, { headers: { host } });
};

const summary = ({ method, target, body }: WireRequest): string => `${method} ${target} ${body.length}`;

/** What answers say that the origin has read. */
const answered = (text: string): string[] =>
  [...text.matchAll(/\r\nx-seen: ([^\r]*)\r\n/gi)].map(([, seen = ""]) => seen).sort();

const same = (a: readonly WireRequest[], b: readonly WireRequest[]): boolean =>
  JSON.stringify(a.map((one) => JSON.stringify(one)).sort()) ===
  JSON.stringify(b.map((one) => JSON.stringify(one)).sort());

/** Everybody's word for what one attack was; resolves once the back end has had time to see all that is on the wire. */
const judge = async (backEnd: BackEnd, technique: string, text: string): Promise<"refused" | "agreed"> => {
  const where = `${backEnd.name}: ${technique}: ${text.slice(0, 300)}`;
  await waitFor(
    () => same(backEnd.wire(), backEnd.seen),
    `agreement on ${where}: ${backEnd.raw()} ${JSON.stringify(backEnd.seen)}`,
  );
  const seen = backEnd.seen.map(summary).sort();
  assert.deepEqual(answered(text), seen, `${where}: the client heard of other requests than were made`);
  const victim = await ask(`${gateway.url}/${backEnd.name}/victim`, { headers: { host } });
  assert.equal(
    victim.headers["x-seen"],
    `GET /${backEnd.name}/victim 0`,
    `${where}: the next visitor's answer`,
  );
  return seen.some((one) => one.includes("/closer ")) ? "agreed" : "refused";
};

for (const name of Object.keys(makers)) {
  test(`hostile requests are refused, or read alike by the gateway and ${name}`, async (t) => {
    const backEnd = backEnds.get(name);
    assert.ok(backEnd);
    const requests = hostileRequests(`/${name}/`);
    assert.ok(requests.length >= 300, `${requests.length} requests`);
    const count = { refused: 0, agreed: 0 };
    for (const { technique, bytes } of requests) {
      backEnd.forget();
      count[await judge(backEnd, technique, await attack(backEnd, bytes))]++;
    }
    t.diagnostic(`${requests.length} requests: ${count.refused} refused, ${count.agreed} read alike`);
  });
}
