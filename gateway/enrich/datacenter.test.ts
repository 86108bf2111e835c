import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { makeEvent } from "../model/test-event.ts";
import { testSite } from "../model/test-site.ts";
import { createRangeFinder } from "./address-ranges.ts";
import { markDatacenter, readRanges } from "./datacenter.ts";

const dir = mkdtempSync(join(tmpdir(), "turnpike-ranges-"));
after(() => rmSync(dir, { recursive: true }));

const fileOf = (name: string, text: string): string => {
  writeFileSync(join(dir, name), text);
  return join(dir, name);
};

test("of ranges that lie in each other the narrowest is found, in both families", () => {
  const ranges = [
    ["10.0.0.0/8", "ten"],
    ["10.1.0.0/16", "ten one"],
    ["10.1.2.3", "alone"],
    ["0.0.0.0/0", "all"],
    ["2001:db8::/32", "six"],
    ["2001:db8:0:1::/64", "six one"],
    ["::ffff:192.0.2.0/120", "mapped"],
  ].map(([cidr = "", name = ""]) => ({ cidr, name }));
  const find = createRangeFinder(ranges);
  const found = (address: string) => find(address)?.name ?? null;
  const cases: readonly [string, string | null][] = [
    ["10.1.2.3", "alone"],
    ["10.1.2.4", "ten one"],
    ["10.2.0.1", "ten"],
    ["11.0.0.1", "all"],
    ["::ffff:10.1.2.3", "alone"],
    ["192.0.2.9", "mapped"],
    ["2001:db8::1", "six"],
    ["2001:db8:0:1:ffff::1", "six one"],
    ["2001:db9::1", null],
    ["fe80::1%eth0", null],
    ["nonsense", null],
    ["", null],
  ];
  for (const [address, name] of cases) assert.equal(found(address), name, address);
  assert.throws(() => createRangeFinder([{ cidr: "10.0.0.0/33", name: "" }]), /prefix length/);
});

describe("files of ranges are read as", () => {
  const cases: readonly [string, string, readonly [string, string][]][] = [
    [
      "lines, with names and comments",
      "# clouds\n198.51.100.0/24 example cloud\n\n2001:db8::/32\t# ours\n203.0.113.7\n",
      [
        ["198.51.100.0/24", "example cloud"],
        ["2001:db8::/32", ""],
        ["203.0.113.7", ""],
      ],
    ],
    [
      "a cloud's own JSON, with its services",
      JSON.stringify({
        syncToken: "1",
        prefixes: [{ ip_prefix: "198.51.100.0/24", region: "x", service: "EC2" }],
        ipv6_prefixes: [{ ipv6_prefix: "2001:db8::/32", service: "S3" }],
      }),
      [
        ["198.51.100.0/24", "EC2"],
        ["2001:db8::/32", "S3"],
      ],
    ],
    [
      "another's",
      JSON.stringify({ prefixes: [{ ipv4Prefix: "198.51.100.0/24", service: "Cloud", scope: "eu" }] }),
      [["198.51.100.0/24", "Cloud"]],
    ],
    [
      "a list by service",
      JSON.stringify({ values: [{ name: "Front", properties: { addressPrefixes: ["198.51.100.0/24"] } }] }),
      [["198.51.100.0/24", "Front"]],
    ],
  ];
  for (const [what, text, ranges] of cases) {
    test(what, () => {
      const read = readRanges([fileOf("ranges", text)]);
      assert.deepEqual(
        read.map(({ cidr, name }) => [cidr, name]),
        ranges,
      );
    });
  }

  test("or a mistake that names the file", () => {
    assert.throws(() => readRanges([join(dir, "none.txt")]), /none\.txt cannot be read/);
    assert.throws(() => readRanges([fileOf("empty", "# nothing\n")]), /empty holds no address ranges/);
    assert.throws(() => readRanges([fileOf("bad", "10.0.0.0/99 x\n")]), /bad: .*10\.0\.0\.0\/99/);
    assert.throws(() => readRanges([fileOf("odd.json", "{nonsense")]), /odd\.json is neither/);
  });
});

describe("a hit out of a data center", () => {
  const datacenterRanges = ["198.51.100.0/24", fileOf("clouds", "203.0.113.0/24 example\n")];
  const site = { ...testSite, datacenterRanges };
  const mark = markDatacenter(100);
  const marked = (change: object, event = makeEvent({})) => {
    mark(event, { site, headers: {}, ...change });
    return event.bot ?? null;
  };

  test("is labelled with the range as evidence", () => {
    assert.equal(marked({ address: "203.0.113.9" }), "datacenter: example 203.0.113.0/24");
    assert.equal(marked({ address: "198.51.100.7" }), "datacenter: 198.51.100.0/24");
    assert.equal(marked({ address: "192.0.2.1" }), null);
    assert.equal(marked({ address: "203.0.113.9", site: testSite }), null);
  });

  test("keeps what its user agent says, and the site's own servers are none", () => {
    const crawler = makeEvent({ bot: "crawler: Googlebot" });
    assert.equal(marked({ address: "203.0.113.9" }, crawler), "crawler: Googlebot");
    assert.equal(marked({ address: "203.0.113.9", trusted: true }), null);
    assert.equal(marked({}), null);
  });
});
