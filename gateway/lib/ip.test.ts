import assert from "node:assert/strict";
import { test } from "node:test";
import { clientAddress, clientOf, networkOf, parseCidrs, plainAddress } from "./ip.ts";

test("an address is in a range, or not", () => {
  const cases: readonly [range: string, address: string, inside: boolean][] = [
    ["10.0.0.0/8", "10.255.255.255", true],
    ["10.0.0.0/8", "11.0.0.0", false],
    ["192.168.1.64/26", "192.168.1.127", true],
    ["192.168.1.64/26", "192.168.1.128", false],
    ["192.0.2.7", "192.0.2.7", true],
    ["192.0.2.7", "192.0.2.8", false],
    ["192.0.2.6/32", "192.0.2.7", false],
    ["192.0.0.0/16", "192.1.0.0", false],
    ["::2/128", "::3", false],
    ["192.0.2.7/32", "::ffff:192.0.2.7", true],
    ["192.0.2.7/32", "::ffff:c000:207", true],
    ["::ffff:10.0.0.0/104", "10.1.2.3", true],
    ["0.0.0.0/0", "203.0.113.9", true],
    ["0.0.0.0/0", "2001:db8::1", false],
    ["::/0", "2001:db8::1", true],
    ["::/0", "203.0.113.9", false],
    ["::1/128", "::1", true],
    ["::1", "0:0:0:0:0:0:0:1", true],
    ["::1/128", "::2", false],
    ["2001:db8::/32", "2001:DB8:ffff::1", true],
    ["2001:db8::/33", "2001:db8:8000::1", false],
    ["fe80::/10", "fe80::1%eth0", true],
    ["10.0.0.0/8", "10.0.0", false],
    ["10.0.0.0/8", "unknown", false],
    ["0.0.0.0/0", "010.0.0.1", false],
    ["0.0.0.0/0", "00.0.0.1", false],
    ["0.0.0.0/0", "256.0.0.1", false],
    ["0.0.0.0/0", "1.2.3.4.5", false],
    ["0.0.0.0/0", "1.2.3.", false],
    ["0.0.0.0/0", "1..3.4", false],
    ["0.0.0.0/0", ".1.2.3", false],
    ["0.0.0.0/0", "1.2.3.4 ", false],
    ["255.255.255.255", "255.255.255.255", true],
    ["0.0.0.0", "0.0.0.0", true],
    ["10.0.0.0/8", "", false],
  ];
  for (const [range, address, inside] of cases) {
    assert.equal(parseCidrs([range])(address), inside, `${address} in ${range}`);
  }
});

test("an empty list holds nothing, a longer one holds the sum of its ranges", () => {
  assert.equal(parseCidrs([])("127.0.0.1"), false);
  const isPrivate = parseCidrs(["10.0.0.0/8", "fc00::/7"]);
  assert.deepEqual(["10.1.1.1", "fd00::1", "8.8.8.8"].map(isPrivate), [true, true, false]);
});

test("a bad range is refused and named", () => {
  for (const bad of [
    "10.0.0/8",
    "10.0.0.0/33",
    "10.0.0.0/",
    "10.0.0.0/-1",
    "10.0.0.0/0x8",
    "10.0.0.0/ 8",
    "10.0.0.0/8/8",
    "::/129",
    "localhost",
    "",
    "010.0.0.0/8",
  ]) {
    assert.throws(
      () => parseCidrs(["127.0.0.1", bad]),
      (e: Error) => e.message.includes(JSON.stringify(bad)),
      bad,
    );
  }
});

test("the client's address is found from right to left through trusted hops only", () => {
  const isTrusted = parseCidrs(["10.0.0.0/8", "::1"]);
  const cases: readonly [socket: string, header: string | undefined, client: string][] = [
    ["203.0.113.9", undefined, "203.0.113.9"],
    ["203.0.113.9", "1.2.3.4", "203.0.113.9"],
    ["::ffff:203.0.113.9", "1.2.3.4", "203.0.113.9"],
    ["10.0.0.1", undefined, "10.0.0.1"],
    ["10.0.0.1", "198.51.100.7", "198.51.100.7"],
    ["::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"],
    ["10.0.0.1", "6.6.6.6, 198.51.100.7", "198.51.100.7"],
    ["10.0.0.1", "6.6.6.6, 198.51.100.7, 10.0.0.2", "198.51.100.7"],
    ["10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"],
    ["10.0.0.1", "198.51.100.7, nonsense", "10.0.0.1"],
    ["10.0.0.1", "6.6.6.6, 198.51.100.7, , \t,10.0.0.2,", "198.51.100.7"],
    ["10.0.0.1", " , ,", "10.0.0.1"],
    ["10.0.0.1", "6.6.6.6, 10.0.0.3, 198.51.100.7, 10.0.0.2", "198.51.100.7"],
    ["10.0.0.1", `198.51.100.7${", 10.0.0.2".repeat(100)}`, "198.51.100.7"],
    ["10.0.0.1", "nonsense, 10.0.0.2", "10.0.0.2"],
    ["10.0.0.1", "", "10.0.0.1"],
    ["10.0.0.1", ",", "10.0.0.1"],
    ["10.0.0.1", "198.51.100.7:4711", "198.51.100.7"],
    ["::1", '"[2001:DB8:0::1]:4711"', "2001:db8::1"],
    ["::1", "2001:db8::1", "2001:db8::1"],
    ["::1", "::ffff:198.51.100.7", "198.51.100.7"],
  ];
  for (const [socket, header, client] of cases) {
    assert.equal(clientAddress(socket, header, isTrusted), client, `${socket} ← ${header}`);
  }
});

test("a header that names the client counts from a trusted proxy that leads no further", () => {
  const trustAll = parseCidrs(["0.0.0.0/0", "::/0"]);
  const trustOne = parseCidrs(["10.0.0.1"]);
  const cases: readonly [
    socket: string,
    headers: Record<string, string>,
    trusted: typeof trustAll,
    client: string,
  ][] = [
    ["9.9.9.9", { "x-real-ip": "1.2.3.4" }, trustAll, "1.2.3.4"],
    ["9.9.9.9", { "x-real-ip": "1.2.3.4", "x-forwarded-for": "5.5.5.5" }, trustAll, "1.2.3.4"],
    ["9.9.9.9", { "true-client-ip": "4.4.4.4", "cf-connecting-ip": "3.3.3.3" }, trustAll, "3.3.3.3"],
    ["9.9.9.9", { "x-real-ip": "nobody", "x-client-ip": "2.2.2.2" }, trustAll, "2.2.2.2"],
    ["10.0.0.1", { "x-real-ip": "2001:DB8::42" }, trustOne, "2001:db8::42"],
    ["10.0.0.1", {}, trustOne, "10.0.0.1"],
    // The proxy wrote the one, the client may have written the other.
    ["10.0.0.1", { "x-real-ip": "1.2.3.4", "x-forwarded-for": "5.5.5.5" }, trustOne, "5.5.5.5"],
    ["10.0.0.2", { "x-real-ip": "1.2.3.4" }, trustOne, "10.0.0.2"],
    ["10.0.0.1", { forwarded: 'for="[2001:DB8::1]:4711";proto=https' }, trustOne, "2001:db8::1"],
    ["10.0.0.1", { forwarded: "for=6.6.6.6, proto=http;For=5.5.5.5;by=10.0.0.1" }, trustOne, "5.5.5.5"],
    ["10.0.0.1", { forwarded: "for=6.6.6.6, for=_hidden" }, trustOne, "10.0.0.1"],
    ["10.0.0.1", { forwarded: "for=6.6.6.6, by=10.0.0.1" }, trustOne, "10.0.0.1"],
    ["10.0.0.1", { forwarded: 'for=5.5.5.5;host="a, for=6.6.6.6"' }, trustOne, "5.5.5.5"],
    ["10.0.0.1", { forwarded: "for=5.5.5.5, for=10.0.0.1" }, trustOne, "5.5.5.5"],
    ["10.0.0.2", { forwarded: "for=5.5.5.5" }, trustOne, "10.0.0.2"],
    // What a client wrote cannot swallow what the proxy appended.
    ["10.0.0.1", { forwarded: 'for=6.6.6.6;by=", for=5.5.5.5' }, trustOne, "10.0.0.1"],
    ["10.0.0.1", { forwarded: 'for=6.6.6.6;by=", for="5.5.5.5:80"' }, trustOne, "10.0.0.1"],
    ["10.0.0.1", { forwarded: 'for=6.6.6.6;by="\\, for=5.5.5.5;host="a"' }, trustOne, "10.0.0.1"],
    ["10.0.0.1", { forwarded: 'for=6.6.6.6;by="a\\"b", for=5.5.5.5' }, trustOne, "5.5.5.5"],
    ["10.0.0.1", { forwarded: "for=6.6.6.6;for=7.7.7.7, for=5.5.5.5" }, trustOne, "10.0.0.1"],
    ["10.0.0.1", { forwarded: "for=6.6.6.6 for=5.5.5.5" }, trustOne, "10.0.0.1"],
    // Most proxies let a client's own pass.
    ["10.0.0.1", { forwarded: "for=6.6.6.6", "x-forwarded-for": "5.5.5.5" }, trustOne, "5.5.5.5"],
    ["10.0.0.1", { forwarded: "for=6.6.6.6", "x-forwarded-for": "nonsense" }, trustOne, "10.0.0.1"],
    ["10.0.0.1", { forwarded: "for=6.6.6.6", "x-real-ip": "5.5.5.5" }, trustOne, "5.5.5.5"],
  ];
  for (const [socket, headers, trusted, client] of cases) {
    assert.equal(clientOf(socket, headers, trusted), client, JSON.stringify([socket, headers]));
  }
});

test("a socket that is already gone has no address", () => {
  assert.equal(
    clientAddress(undefined, "1.2.3.4", () => false),
    "",
  );
});

test("an address is written plainly", () => {
  assert.equal(plainAddress("::ffff:127.0.0.1"), "127.0.0.1");
  assert.equal(plainAddress("fe80::1%eth0"), "fe80::1");
  assert.equal(plainAddress("2001:db8::1"), "2001:db8::1");
});

test("IPv6 is counted by /64, IPv4 by address", () => {
  assert.equal(networkOf("192.0.2.1"), "192.0.2.1");
  assert.equal(networkOf("2001:db8:1:2:3:4:5:6"), networkOf("2001:db8:1:2::9"));
  assert.notEqual(networkOf("2001:db8:1:2::1"), networkOf("2001:db8:1:3::1"));
  assert.equal(networkOf("::ffff:1.2.3.4"), "1.2.3.4", "one client, by whichever socket he comes");
  assert.equal(networkOf("::ffff:102:304"), "1.2.3.4");
});

test("clients whom a translator brings to a server of IPv6 alone are counted each for himself", () => {
  assert.equal(networkOf("64:ff9b::1.2.3.4"), "1.2.3.4");
  assert.equal(networkOf("64:ff9b::c000:201"), "192.0.2.1");
  assert.equal(networkOf("64:ff9b:1::102:304"), "64:ff9b:1:0::/64", "another prefix");
});
