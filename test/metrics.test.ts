import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeHealth } from "../gateway/api/health.ts";
import { ask } from "./ask.ts";
import { adminToken } from "./gateway.ts";
import { startUpstream } from "./upstream.ts";
import { waitFor } from "./wait-for.ts";
import { withGateway } from "./with-gateway.ts";

/** The samples of a page of metrics, by name and labels. */
const samplesOf = (text: string): ReadonlyMap<string, number> =>
  new Map(
    text
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => {
        const end = line.lastIndexOf(" ");
        return [line.slice(0, end), Number(line.slice(end + 1))];
      }),
  );

test("the metrics are for holders of a token of role read", async () => {
  await withGateway({}, async ({ adminUrl, admin }) => {
    assert.equal((await ask(`${adminUrl}/metrics`)).status, 401);
    const made = await admin("/api/tokens", { method: "POST", body: '{"name":"prom","role":"read"}' });
    const { token } = (await made.json()) as { token: string };
    const answer = await ask(`${adminUrl}/metrics`, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(answer.status, 200);
    assert.match(String(answer.headers["content-type"]), /^text\/plain; version=0\.0\.4/);
    const posted = await ask(`${adminUrl}/metrics`, {
      method: "POST",
      headers: { authorization: `Bearer ${adminToken}` },
    });
    assert.equal(posted.status, 405);
  });
});

for (const workers of [1, 2]) {
  test(`requests, events and upstreams are counted over all of ${workers} processes`, async (t) => {
    const upstream = await startUpstream((_req, res) => void res.end("ok"));
    t.after(upstream.close);
    const config = {
      workers,
      routes: [
        { path: "/api/", proxy: { upstreams: [upstream.url] } },
        { path: "/down/", proxy: { upstreams: ["http://127.0.0.1:1"] } },
      ],
    };
    await withGateway({ config }, async ({ url, admin }) => {
      for (let i = 0; i < 5; i++) assert.equal((await ask(`${url}/api/${i}`)).status, 200);
      for (let i = 0; i < 3; i++) {
        const hit = { method: "POST", body: `{"ename":"x","n":${i}}` };
        assert.equal((await ask(`${url}/tr/v1/`, hit)).status, 200);
      }
      assert.equal((await ask(`${url}/down/`)).status, 502);
      assert.equal((await ask(`${url}/nothing/${"x".repeat(20)}`, { method: "PROPFIND" })).status, 404);
      const read = async () => samplesOf(await (await admin("/metrics")).text());
      const samples = await waitFor(async () => {
        const found = await read();
        return found.get("turnpike_events_accepted_total") === 3 && found;
      }, "three events");
      const expected: Readonly<Record<string, number>> = {
        'turnpike_requests_total{route="*/api/",method="GET",status="2xx"}': 5,
        'turnpike_requests_total{route="turnpike:events",method="POST",status="2xx"}': 3,
        'turnpike_requests_total{route="*/down/",method="GET",status="5xx"}': 1,
        'turnpike_requests_total{route="(none)",method="other",status="4xx"}': 1,
        'turnpike_request_duration_seconds_count{route="*/api/"}': 5,
        [`turnpike_upstream_up{route="*/api/",upstream="${upstream.url}"}`]: 1,
        [`turnpike_upstream_answers_total{route="*/api/",upstream="${upstream.url}"}`]: 5,
        'turnpike_upstream_failures_total{route="*/down/",upstream="http://127.0.0.1:1"}': 1,
        turnpike_store_up: 1,
        turnpike_store_pending_events: 0,
      };
      for (const [name, value] of Object.entries(expected)) assert.equal(samples.get(name), value, name);
      const processes = [...samples.keys()].filter((name) =>
        name.startsWith("turnpike_process_resident_bytes"),
      );
      assert.equal(processes.length, workers === 1 ? 1 : workers + 1);
      assert.ok(
        [...samples.keys()].every((name) => !name.includes("xxxxx")),
        "no label is a client's",
      );
      await waitFor(
        async () => (await read()).get("turnpike_projection_lag_events") === 0,
        "the projections",
      );
    });
  });
}

const well = {
  now: 0,
  storeTrouble: null,
  filesTrouble: null,
  pendingEvents: 0,
  pendingLimit: 50_000,
  diskFreeBytes: 1e12 as number | null,
  certificates: [{ host: "a.example", notAfter: (86_400_000 * 30) as number | null }],
};

const cases: readonly (readonly [what: string, figures: Partial<typeof well>, trouble: RegExp | null])[] = [
  ["all is well", {}, null],
  ["the queue before the disk is nearly full", { pendingEvents: 45_001 }, /^store: 45001 events wait/],
  ["the data folder is away", { diskFreeBytes: null }, /^store: the data folder is not there/],
  ["the disk is nearly full", { diskFreeBytes: 50 * 1024 * 1024 }, /^disk: 50 MB are free/],
  [
    "every certificate has ended",
    { certificates: [{ host: "a", notAfter: -1 }] },
    /^tls: no certificate is valid/,
  ],
  [
    "the only certificate there is has ended",
    {
      certificates: [
        { host: "a", notAfter: -1 },
        { host: "b", notAfter: null },
      ],
    },
    /^tls: no certificate is valid/,
  ],
  [
    "one certificate of two has ended",
    {
      certificates: [
        { host: "a", notAfter: -1 },
        { host: "b", notAfter: 1e12 },
      ],
    },
    null,
  ],
];

for (const [what, figures, trouble] of cases) {
  test(`where ${what}, the process is ${trouble ? "not ready, and says why" : "ready"}`, () => {
    const health = judgeHealth({ ...well, ...figures });
    if (trouble) assert.match(String(health.trouble), trouble);
    else assert.equal(health.trouble, null);
    assert.equal(health.status, trouble ? "failing" : "ok");
  });
}

test("what is wrong with sealed files is a warning", () => {
  const filesTrouble = "store: the sealed file events/x.parquet cannot be read";
  const { status, warnings } = judgeHealth({ ...well, filesTrouble });
  assert.deepEqual([status, warnings], ["ok", [filesTrouble]]);
});

test("what will be wrong soon is a warning that names whom it concerns", () => {
  const day = 86_400_000;
  const of = (host: string, notAfter: number | null) => ({ host, notAfter });
  const warningsOf = (...certificates: ReturnType<typeof of>[]) =>
    judgeHealth({ ...well, certificates }).warnings;
  assert.deepEqual(warningsOf(of("a.example", 2 * day)), [
    "tls: the certificate of a.example ends in less than 3 days",
  ]);
  assert.deepEqual(warningsOf(of("a.example", -1), of("b.example", null), of("c.example", 9 * day)), [
    "tls: there is no certificate yet of b.example",
    "tls: the certificate of a.example has ended",
  ]);
  const many = ["a", "b", "c", "d", "e"].map((host) => of(host, null));
  assert.deepEqual(warningsOf(...many), ["tls: there is no certificate yet of a, b, c and 2 more"]);
});
