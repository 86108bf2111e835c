import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import type { Collector } from "./collect/collector.ts";
import type { CollectAnswer, CollectRequest } from "./collect/request.ts";
import { site as testSite } from "./decode/native/test-hit.ts";
import { experimentSettings } from "./experiment/settings.ts";
import { createGa4Collector } from "./ga4-collector.ts";
import type { Event } from "./model/event.ts";
import { StoreBusy } from "./model/event-store.ts";
import type { Privacy } from "./model/hit.ts";
import type { Site } from "./model/site.ts";

const site: Site = { ...testSite, hosts: ["shop.example"], protocols: ["ga4"], measurementIds: ["G-SHOP"] };
const blog: Site = { ...site, id: "blog", hosts: ["blog.example"], measurementIds: ["G-BLOG"] };
const fakeExperiment = experimentSettings.parse({
  key: "headline",
  variants: [{ key: "control" }, { key: "b" }],
  goals: [{ key: "purchase", event: "purchase" }],
});
const key = "0123456789abcdef";
const full: Privacy = { tracking: "full", consent: null, reason: null };

interface Setup {
  readonly sites?: readonly Site[];
  readonly privacy?: Privacy;
  /** our own, by his cookie */
  readonly visitor?: string | null;
  readonly append?: () => Promise<void>;
}

/** A collector and the events it has stored. */
const collectorOf = ({
  sites = [site],
  privacy = full,
  visitor = null,
  append = async () => {},
}: Setup = {}) => {
  const stored: Event[] = [];
  const samples: string[] = [];
  const allowed: string[] = [];
  const elsewhere: Collector = {
    take: async () => ({ status: 418, headers: [], body: "others" }),
  };
  const collector = createGa4Collector(
    {
      sites,
      batchEvents: 100,
      maxBodyBytes: 10_000,
      visitorOf: () => ({ id: visitor, privacy }),
      variantsOf: (_site, id) => ({ headline: `of ${id}` }),
      enrich: (_event, hit) => void allowed.push(hit.privacy.tracking),
      markClaims() {},
      store: {
        async append(events) {
          await append();
          stored.push(...events.map(({ event }) => event));
        },
        reject({ sample }) {
          samples.push(sample);
        },
      },
    },
    elsewhere,
  );
  const ask = (target: string, parts: Partial<CollectRequest> = {}): Promise<CollectAnswer> => {
    const [path = "", query = ""] = target.split("?");
    return collector.take({
      site: sites[0] ?? site,
      receivedAt: 1_772_366_400_000,
      method: "POST",
      path,
      query,
      host: "shop.example",
      secure: true,
      address: "203.0.113.7",
      headers: {},
      body: "",
      debugs: false,
      ...parts,
    });
  };
  return { stored, samples, allowed, ask };
};

const headersOf = ({ headers }: CollectAnswer): Record<string, string> => {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) pairs.push([headers[i] ?? "", headers[i + 1] ?? ""]);
  assert.equal(new Set(pairs.map(([name]) => name)).size, pairs.length, "no header twice");
  return Object.fromEntries(pairs);
};

const hit = "/g/collect?v=2&tid=G-SHOP&cid=1.2&en=page_view";

describe("the variants that a visitor of ours was shown", () => {
  const tested: Site = { ...site, experiments: [fakeExperiment] };
  const shown = { headline: "of v1" };

  test("stand on his events, and on nobody else's", async () => {
    const { ask, stored } = collectorOf({ sites: [tested], visitor: "v1" });
    await ask(hit);
    await ask("/g/collect?v=2&tid=G-SHOP", { body: "en=a&cid=1\nen=b&cid=1" });
    assert.deepEqual(
      stored.map(({ experiments }) => experiments),
      [shown, shown, shown],
    );
    assert.deepEqual(
      stored.map(({ client_id }) => client_id),
      ["1.2", "1", "1"],
    );
    for (const setup of [{ sites: [tested] }, { sites: [site], visitor: "v1" }]) {
      const other = collectorOf(setup);
      await other.ask(hit);
      assert.equal(other.stored[0]?.experiments, undefined);
    }
  });

  test("are those of a hit's own site, where one for another site had the same fields", async () => {
    const { ask, stored } = collectorOf({ sites: [tested, blog], visitor: "v1" });
    const headers = { origin: "https://shop.example" };
    for (const stream of ["G-SHOP", "G-BLOG"])
      await ask(`/g/collect?v=2&tid=${stream}&cid=1.2&en=page_view`, { headers });
    assert.deepEqual(
      stored.map(({ property_id, experiments }) => [property_id, experiments]),
      [
        [tested.id, shown],
        ["blog", undefined],
      ],
    );
  });

  test("do not stand on what he refuses to have counted, nor on what a server says", async () => {
    const { ask, stored } = collectorOf({ sites: [{ ...tested, writeKeys: [key] }], visitor: "v1" });
    await ask(`${hit}&gcs=G100`);
    await ask(`/mp/collect?measurement_id=G-SHOP&api_secret=${key}`, {
      body: JSON.stringify({ client_id: "1.2", events: [{ name: "a" }] }),
    });
    assert.deepEqual(
      stored.map(({ experiments }) => experiments),
      [undefined, undefined],
    );
  });
});

test("of a visitor who may not be tracked nothing is shown of what cannot be read", async () => {
  const gpc: Privacy = { tracking: "none", consent: null, reason: "gpc" };
  const nameless = "/g/collect?v=2&tid=G-SHOP&cid=1.2&uid=u7";
  const shown = async (target: string, privacy = full, parts: Partial<CollectRequest> = {}) => {
    const { ask, samples } = collectorOf({ privacy });
    await ask(target, parts);
    return samples;
  };
  assert.deepEqual(await shown(nameless), ["v=2&tid=G-SHOP&cid=1.2&uid=u7"]);
  assert.deepEqual(await shown(nameless, gpc), [""]);
  assert.deepEqual(await shown(`${nameless}&gcs=G100`), [""]);
  assert.deepEqual(await shown(nameless, full, { body: "gcs=G100\nen=a" }), [""]);
});

describe("where a site asks for consent first", () => {
  const required: Privacy = { tracking: "none", consent: null, reason: "consent" };
  const yes = `${hit}&gcs=G111`;
  const from = (origin: string) => ({ headers: { origin } });

  test("the tag's yes counts from pages of the site, and from no other", async () => {
    const told = async (target: string, parts?: Partial<CollectRequest>) => {
      const { ask, stored, allowed } = collectorOf({ privacy: required });
      await ask(target, parts);
      return stored.map(({ client_id, consent }, i) => [client_id ?? null, consent ?? null, allowed[i]]);
    };
    assert.deepEqual(await told(yes, from("https://shop.example")), [["1.2", "granted", "full"]]);
    assert.deepEqual(await told(yes), [["1.2", "granted", "full"]]);
    const nobody = [null, null, "none"];
    assert.deepEqual(await told(yes, from("https://evil.example")), [nobody]);
    const inLines = { ...from("https://evil.example"), body: "en=a&gcs=G111\nen=b" };
    assert.deepEqual(await told(hit, inLines), [nobody, nobody]);
    const refused = [null, "denied", "none"];
    assert.deepEqual(await told(`${hit}&gcs=G100`, from("https://evil.example")), [refused]);
  });

  test("a page of another site is told that its yes does not count", async () => {
    const { ask, stored } = collectorOf({ privacy: required });
    await ask(yes, from("https://evil.example"));
    assert.deepEqual(
      stored[0]?.problems?.map(({ field }) => field),
      ["gcs", "origin"],
    );
  });
});

test("a line of a packed body that refuses consent is enriched without it, and no other line", async () => {
  const { ask, allowed } = collectorOf();
  const body = gzipSync("en=a&cid=1&gcs=G111\nen=b&cid=1&gcs=G100\nen=c&cid=1");
  await ask("/g/collect?v=2&tid=G-SHOP", { body });
  assert.deepEqual(allowed, ["full", "none", "full"]);
});

describe("the tag", () => {
  test("a hit is answered with 204 and nothing that says who came", async () => {
    const { ask, stored } = collectorOf();
    const answer = await ask(hit, { method: "GET", headers: { "sec-fetch-site": "same-origin" } });
    assert.deepEqual([answer.status, answer.body], [204, ""]);
    const headers = headersOf(answer);
    assert.equal(headers["access-control-allow-origin"], "*");
    for (const name of ["access-control-allow-credentials", "set-cookie", "vary"])
      assert.equal(headers[name], undefined, name);
    assert.equal(stored[0]?.client_id, "1.2");
  });

  test("any page may read the answer, which its tag sends with credentials", async () => {
    const headers = headersOf(await collectorOf().ask(hit, { headers: { origin: "https://any.example" } }));
    assert.equal(headers["access-control-allow-origin"], "https://any.example");
    assert.equal(headers["access-control-allow-credentials"], "true");
    assert.equal(headers["vary"], "Origin");
  });

  test("a preflight is answered at once with what it asks for", async () => {
    const { ask, stored } = collectorOf();
    const answer = await ask("/g/collect", {
      method: "OPTIONS",
      headers: {
        origin: "https://any.example",
        "access-control-request-headers": "content-type,x-requested-with",
      },
    });
    const headers = headersOf(answer);
    assert.equal(answer.status, 204);
    assert.equal(headers["access-control-allow-headers"], "content-type,x-requested-with");
    assert.equal(headers["access-control-allow-methods"], "POST, GET, OPTIONS");
    assert.equal(headers["access-control-allow-credentials"], "true");
    assert.deepEqual(stored, []);
  });

  test("what cannot be read is refused, and the body never names the reason", async () => {
    for (const target of ["/g/collect?v=2&cid=1.2&en=page_view", "/g/collect?tid=G-OTHER&cid=1.2&en=a"]) {
      const { ask, stored } = collectorOf();
      const answer = await ask(target);
      assert.deepEqual([answer.status, answer.body], [400, "Bad Request"]);
      assert.deepEqual(stored, []);
    }
  });

  test("a body that cannot be unpacked is refused like any that cannot be read", async () => {
    const { ask, stored } = collectorOf();
    const headers = { host: "shop.example", "content-encoding": "gzip" };
    const body = Buffer.from("no gzip");
    const answer = await ask("/g/collect?v=2&tid=G-SHOP&cid=1.2&en=x", { method: "POST", headers, body });
    assert.deepEqual([answer.status, answer.body], [400, "Bad Request"]);
    assert.deepEqual(stored, []);
  });

  test("a disk that is full is said without a word of ours", async () => {
    const { ask } = collectorOf({
      append: () => Promise.reject(new StoreBusy("the disk is full", 5)),
    });
    const answer = await ask(hit);
    assert.deepEqual([answer.status, answer.body], [503, "Service Unavailable"]);
    assert.equal(headersOf(answer)["retry-after"], "5");
  });

  test("other methods are not known", async () => {
    for (const [target, method] of [
      [hit, "PUT"],
      [hit, "HEAD"],
      ["/mp/collect", "GET"],
    ] as const) {
      const answer = await collectorOf().ask(target, { method });
      assert.equal(answer.status, 405, method);
      assert.match(headersOf(answer)["allow"] ?? "", /POST, OPTIONS$/);
    }
  });

  test("where one line refuses, nothing of its request says who came", async () => {
    const { ask, stored } = collectorOf();
    await ask(hit, {
      headers: { "sec-fetch-site": "same-origin" },
      body: Buffer.from("en=a\nen=b&gcs=G100"),
    });
    assert.deepEqual(
      stored.map((event) => [event.name, event.client_id, event.consent]),
      [
        ["a", undefined, "denied"],
        ["b", undefined, "denied"],
      ],
    );
  });
});

describe("whose hit it is", () => {
  test("below a site's prefix, and nowhere else", async () => {
    const prefixed = { ...site, ga4Prefix: "/metrics" };
    const { ask, stored } = collectorOf({ sites: [prefixed] });
    assert.equal((await ask(`/metrics${hit}`)).status, 204);
    assert.equal((await ask(hit)).status, 418);
    assert.equal(stored.length, 1);
  });

  test("only protocols that the site names are answered", async () => {
    const d8a: Site = { ...site, protocols: ["d8a"] };
    const { ask, stored } = collectorOf({ sites: [d8a] });
    assert.equal((await ask(hit)).status, 418);
    assert.equal((await ask(hit.replace("/g/collect", "/d/c"))).status, 204);
    assert.equal(stored[0]?.tracking_protocol, "d8a");
  });

  test("one host collects for several sites, told apart by the measurement id", async () => {
    const { ask, stored } = collectorOf({ sites: [site, blog] });
    await ask(hit);
    await ask(hit.replace("G-SHOP", "G-BLOG"));
    assert.equal((await ask(hit.replace("G-SHOP", "G-NONE"))).status, 400);
    assert.deepEqual(
      stored.map((event) => event.property_id),
      ["main", "blog"],
    );
  });
});

describe("a server", () => {
  const owner: Site = { ...site, writeKeys: [key] };
  const body = Buffer.from(JSON.stringify({ client_id: "1.2", user_id: "u", events: [{ name: "login" }] }));
  const target = (secret: string, path = "/mp/collect") =>
    `${path}?measurement_id=G-SHOP&api_secret=${encodeURIComponent(secret)}`;

  test("is known by a write key of the site, in the query or in the header", async () => {
    const { ask, stored } = collectorOf({ sites: [owner] });
    assert.equal((await ask(target(key), { body })).status, 204);
    const headers = { authorization: `Bearer ${key}` };
    assert.equal((await ask("/mp/collect?measurement_id=G-SHOP", { body, headers })).status, 204);
    assert.deepEqual(
      stored.map((event) => [event.name, event.user_id, event.ip_address]),
      [
        ["login", "u", undefined],
        ["login", "u", undefined],
      ],
    );
  });

  test("without one nothing is taken", async () => {
    const { ask, stored } = collectorOf({ sites: [owner] });
    for (const secret of ["", "wrong", "0123456789abcde\r\nx: y"]) {
      const answer = await ask(target(secret), { body });
      assert.deepEqual([answer.status, answer.body], [401, "Unauthorized"]);
    }
    assert.deepEqual(stored, []);
  });

  test("may ask what is wrong with a request, and nothing of it is stored", async () => {
    const { ask, stored } = collectorOf({ sites: [owner] });
    const told = await ask(target(key, "/debug/mp/collect"), { body });
    assert.deepEqual(JSON.parse(String(told.body)), { validationMessages: [] });
    const wrong = await ask(target("wrong", "/debug/mp/collect"), { body });
    assert.match(String(wrong.body), /"fieldPath": "api_secret"/);
    assert.deepEqual(stored, []);
  });
});
