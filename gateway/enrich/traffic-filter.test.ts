import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { TrafficFilter } from "../model/site.ts";
import { makeEvent } from "../model/test-event.ts";
import { createEnricher } from "./enrich.ts";
import { chrome, site } from "./test-event.ts";
import { createJudge } from "./traffic-filter.ts";

const filter = (
  name: string,
  type: TrafficFilter["type"],
  expression: string,
  test_mode = false,
): TrafficFilter => ({ name, type, expression, test_mode });

const office = `inCidr(ip_address, "10.0.0.0/8")`;
const verdict = (filters: readonly TrafficFilter[], address: string) =>
  createJudge(filters)(makeEvent({}), address);

describe("traffic filters", () => {
  test("that exclude drop what matches", () => {
    const filters = [filter("office", "exclude", office)];
    assert.deepEqual(verdict(filters, "10.1.2.3"), { kept: false, filter: "office" });
    assert.deepEqual(verdict(filters, "8.8.8.8"), { kept: true, filter: null });
  });

  test("that allow drop what none of them matches", () => {
    const filters = [filter("office", "allow", office), filter("home", "allow", `ip_address == "1.1.1.1"`)];
    assert.equal(verdict(filters, "10.1.2.3").kept, true);
    assert.equal(verdict(filters, "1.1.1.1").kept, true);
    assert.deepEqual(verdict(filters, "8.8.8.8"), { kept: false, filter: "office, home" });
  });

  test("ask about parameters by the names of their columns", () => {
    const judge = createJudge([filter("mail", "exclude", `params_method == "email" && params_value > 2`)]);
    const kept = [{ method: "email", value: 3 }, { method: "email", value: 1 }, undefined].map(
      (properties) => judge(makeEvent(properties ? { properties } : {}), null).kept,
    );
    assert.deepEqual(kept, [false, true, true]);
  });

  test("that exclude win over those that allow", () => {
    const filters = [filter("all", "allow", `name != ""`), filter("office", "exclude", office)];
    assert.deepEqual(verdict(filters, "10.1.2.3"), { kept: false, filter: "office" });
  });

  test("in test mode only name what matches, also one that would allow", () => {
    const filters = [filter("vpn", "allow", office, true), filter("x", "test", `name == "page_view"`)];
    assert.deepEqual(verdict(filters, "10.1.2.3"), { kept: true, filter: "vpn" });
    assert.deepEqual(verdict(filters, "8.8.8.8"), { kept: true, filter: "x" });
  });

  test("see the whole address where the stored one is masked", () => {
    const judge = createJudge([filter("one", "exclude", `ip_address == "203.0.113.7"`)]);
    assert.equal(judge(makeEvent({ ip_address: "203.0.113.0" }), "203.0.113.7").kept, false);
    assert.equal(judge(makeEvent({ ip_address: "203.0.113.0" }), null).kept, true);
  });

  test("see what enrichment found", () => {
    const conditions = [
      filter("bots", "exclude", `bot startsWith "crawler"`),
      filter("mine", "test", `page_path startsWith "/admin"`),
    ];
    const enrich = createEnricher({ cacheSize: 10 });
    const context = { site: { ...site, filters: { conditions } }, headers: { "user-agent": "2ip bot" } };
    const dropped = makeEvent({});
    enrich(dropped, context);
    assert.equal(enrich.keeps(dropped), false);
    const named = makeEvent({ page_location: "https://a.test/admin/x" });
    enrich(named, { ...context, headers: { "user-agent": chrome } });
    assert.equal(enrich.keeps(named), true);
    assert.equal(named.traffic_filter_name, "mine");
  });
});
