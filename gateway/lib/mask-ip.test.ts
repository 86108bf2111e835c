import assert from "node:assert/strict";
import { test } from "node:test";
import { maskIp } from "./mask-ip.ts";

const table: readonly [address: string, level: number, masked: string | null][] = [
  ["203.0.113.77", 0, "203.0.113.77"],
  ["203.0.113.77", 1, "203.0.113.0"],
  ["203.20.113.77", 2, "203.20.0.0"],
  ["203.20.113.77", 3, "203.0.0.0"],
  ["203.0.113.77", 4, "0.0.0.0"],
  ["::ffff:203.0.113.77", 1, "203.0.113.0"],
  ["::ffff:cb00:714d", 1, "203.0.113.0"],
  ["2001:DB8:aaaa:bbbb:1:2:3:4", 0, "2001:db8:aaaa:bbbb:1:2:3:4"],
  ["2001:db8:aaaa:bbbb::1", 1, "2001:db8:aaaa::"],
  ["2001:db8:aaaa:bbbb::1", 2, "2001:db8::"],
  ["2001:db8:aaaa:bbbb::1", 3, "2001::"],
  ["2001:db8::1", 4, "::"],
  ["::1", 1, "::"],
  ["::1", 0, "::1"],
  ["1:0:0:2:0:0:0:3", 0, "1:0:0:2::3"],
  ["fe80::1%eth0", 0, "fe80::1"],
  ["64:ff9b::192.0.2.33", 0, "64:ff9b::c000:221"],
  ["", 1, null],
  ["not an address", 1, null],
  ["203.0.113.777", 1, null],
];

for (const [address, level, masked] of table) {
  test(`"${address}" at level ${level} is ${masked}`, () => {
    assert.equal(maskIp(address, level), masked);
  });
}
