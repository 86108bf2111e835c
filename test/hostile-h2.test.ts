/**
 * Requests over HTTP/2 that would be others if they were written out as HTTP/1.1 as they are, through the gateway to
 * real back ends: what lies on the wire is read alike by all, no request becomes two, and none that nobody made.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask } from "./ask.ts";
import type { Gateway } from "./gateway.ts";
import { h2Cases, host } from "./h2-cases.ts";
import { type Downgrade, downgrades } from "./h2-downgrades.ts";
import { type as kind, openH2 } from "./h2-frames.ts";
import { type BackEnd, haproxyBackEnd, hasProgram, nginxBackEnd, nodeBackEnd } from "./hostile-back-ends.ts";
import type { WireRequest } from "./hostile-wire.ts";
import { waitFor } from "./wait-for.ts";
import { withGateway } from "./with-gateway.ts";

const makers = {
  node: nodeBackEnd,
  ...(hasProgram("nginx") && { nginx: nginxBackEnd }),
  ...(hasProgram("haproxy") && { haproxy: haproxyBackEnd }),
};

const attacks: readonly Downgrade[] = [
  ...downgrades,
  ...h2Cases.map(({ rfc, name, send }) => ({ technique: `RFC ${rfc}: ${name}`, send })),
];

/** How many requests the frames can be at most: the streams that they open. */
const opened = ({ send }: Downgrade): number => {
  const streams = new Set<number>();
  const bytes = Buffer.concat(send);
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) {
    if (bytes[at + 3] === kind.headers) streams.add(bytes.readUInt32BE(at + 5));
  }
  return streams.size;
};

const attack = async (gateway: Gateway, { send }: Downgrade): Promise<void> => {
  const line = await openH2(gateway.ports.https ?? 0);
  try {
    line.write(...send);
    // Behind its round trip the frames have been read; behind those of others, what they asked for was sent on.
    await line.roundTrip();
    for (let i = 0; i < 3; i++) await ask(`${gateway.url}/none`, { headers: { host } });
  } finally {
    line.close();
  }
};

const texts = (list: readonly WireRequest[]): readonly string[] => list.map((one) => JSON.stringify(one));

/** What is left of all without some; null where some are not among all, as often. */
const without = (
  all: readonly WireRequest[],
  some: readonly WireRequest[],
): readonly WireRequest[] | null => {
  const left = [...all];
  const names = [...texts(all)];
  for (const one of texts(some)) {
    const at = names.indexOf(one);
    if (at < 0) return null;
    names.splice(at, 1);
    left.splice(at, 1);
  }
  return left;
};

/** `late` are those of attacks before that were given up, and that the back end may still pass on. */
const judge = async (
  gateway: Gateway,
  backEnd: BackEnd,
  one: Downgrade,
  late: readonly WireRequest[],
): Promise<{ readonly verdict: "refused" | "agreed"; readonly late: readonly WireRequest[] }> => {
  const where = `${backEnd.name}: ${one.technique}`;
  const victim = await ask(`${gateway.url}/api/victim`, { headers: { host } });
  assert.equal(victim.headers["x-seen"], "GET /api/victim 0", `${where}: the next visitor's answer`);
  // Where a stream ends with an error the gateway gives up what it has sent on; a back end need not pass that on then.
  const left = await waitFor(
    () => without(backEnd.seen, backEnd.standing()) && without([...late, ...backEnd.wire()], backEnd.seen),
    `agreement on ${where}: ${backEnd.raw()} ${JSON.stringify(backEnd.seen)}`,
  );
  const seen = backEnd.seen.filter(({ target }) => target !== "/api/victim");
  assert.ok(
    seen.length <= opened(one) + late.length,
    `${where}: became ${seen.length} requests: ${JSON.stringify(seen)}`,
  );
  for (const { target } of seen) {
    assert.match(target, /^\/api\/[!-~]*$/, `${where}: the target`);
    assert.doesNotMatch(target, /smuggled/, `${where}: nobody asked for this`);
  }
  return { verdict: seen.length > 0 ? "agreed" : "refused", late: left };
};

test("there are enough downgrades, and none twice", () => {
  const names = attacks.map(({ technique }) => technique);
  assert.ok(attacks.length >= 300, `${attacks.length} requests`);
  assert.deepEqual(
    names.filter((name, i) => names.indexOf(name) !== i),
    [],
  );
});

for (const [name, make] of Object.entries(makers)) {
  test(`what HTTP/2 brings is refused, or read alike by the gateway and ${name}`, async (t) => {
    const backEnd = await make();
    t.after(backEnd.close);
    const config = {
      tls: { mode: "local", redirect: false },
      limits: { requests: 1_000_000 },
      sites: [{ id: "main", hosts: [host] }],
      routes: [{ path: "/api/", proxy: { upstreams: [backEnd.url] }, inject: false }],
    };
    await withGateway({ config }, async (gateway) => {
      const count = { refused: 0, agreed: 0 };
      let late: readonly WireRequest[] = [];
      for (const one of attacks) {
        backEnd.forget();
        await attack(gateway, one);
        const judged = await judge(gateway, backEnd, one, late);
        count[judged.verdict]++;
        late = judged.late;
      }
      t.diagnostic(`${attacks.length} requests: ${count.refused} refused, ${count.agreed} read alike`);
    });
  });
}
