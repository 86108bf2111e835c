import assert from "node:assert/strict";
import { test } from "node:test";
import { familiesOf } from "./families.ts";
import type { Figures } from "./figures.ts";
import { renderMetrics } from "./render.ts";
import { addCounts, createTally } from "./tally.ts";

const bytes = { in: 10, out: 100 };

const figuresOf = (counts: Figures["counts"]): Figures => ({
  now: 0,
  version: "1.2.3",
  counts,
  processes: {},
  upstreams: [],
  sinks: [],
  certificates: [{ host: "shop.example", notAfter: 86_400_000 * 30, failures: 2 }],
  pendingEvents: 7,
  isStoring: true,
  commits: 3,
  commitSeconds: 0.5,
  projectionLag: null,
  diskFreeBytes: 1024,
  accessLogDropped: 0,
});

const linesOf = async (counts: Figures["counts"]): Promise<readonly string[]> =>
  (await renderMetrics(familiesOf(figuresOf(counts)))).text.split("\n");

test("requests are counted by route, method and class of status", async () => {
  const tally = createTally();
  tally.request("*/", "GET", 200, 0.002, bytes);
  tally.request("*/", "GET", 204, 0.2, bytes);
  tally.request("*/", "BREW", 418, 60, bytes);
  tally.request("*/api/", "POST", 0, 0, bytes);
  const lines = await linesOf(tally.counts());
  for (const line of [
    'turnpike_requests_total{route="*/",method="GET",status="2xx"} 2',
    'turnpike_requests_total{route="*/",method="other",status="4xx"} 1',
    'turnpike_requests_total{route="*/api/",method="POST",status="none"} 1',
    'turnpike_request_duration_seconds_bucket{route="*/",le="0.001"} 0',
    'turnpike_request_duration_seconds_bucket{route="*/",le="0.0025"} 1',
    'turnpike_request_duration_seconds_bucket{route="*/",le="0.25"} 2',
    'turnpike_request_duration_seconds_bucket{route="*/",le="30"} 2',
    'turnpike_request_duration_seconds_bucket{route="*/",le="+Inf"} 3',
    'turnpike_request_duration_seconds_count{route="*/"} 3',
    'turnpike_response_bytes_total{route="*/"} 300',
    'turnpike_certificate_days_left{host="shop.example"} 30',
    "turnpike_store_pending_events 7",
    "# TYPE turnpike_request_duration_seconds histogram",
  ]) {
    assert.ok(lines.includes(line), line);
  }
  assert.ok(!lines.some((line) => line.startsWith("turnpike_projection_lag_events ")), "nobody knows");
});

test("names of routes cannot break the format", async () => {
  const tally = createTally();
  tally.request('a"b\\c\nd', "GET", 200, 0, bytes);
  const lines = await linesOf(tally.counts());
  assert.ok(lines.includes('turnpike_requests_total{route="a\\"b\\\\c\\nd",method="GET",status="2xx"} 1'));
});

test("what processes have counted adds up", () => {
  const [one, other] = [createTally(), createTally()];
  one.request("*/", "GET", 200, 0.001, bytes);
  other.request("*/", "GET", 200, 0.001, bytes);
  other.request("*/b", "GET", 500, 0.001, bytes);
  one.refused("address");
  other.refused("address");
  other.add("accepted", 5);
  const sum = addCounts([structuredClone(one.counts()), structuredClone(other.counts())]);
  assert.deepEqual(Object.keys(sum.routes), ["*/", "*/b"]);
  assert.deepEqual([sum.refused, sum.events], [{ address: 2 }, { accepted: 5 }]);
  assert.deepEqual(sum.routes["*/"]?.bytesOut, 200);
});

test("at most 500 routes are told apart over all reloads", () => {
  const tally = createTally();
  for (let i = 0; i < 10_000; i++) tally.request(`route ${i}`, "GET", 200, 0, bytes);
  const { routes } = tally.counts();
  assert.equal(Object.keys(routes).length, 501);
  assert.equal(
    routes["(other)"]?.requests.reduce((a, b) => a + b),
    9500,
  );
});
