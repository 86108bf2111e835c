import assert from "node:assert/strict";
import { test } from "node:test";
import { dropHopByHop, dropNominated, firstValue, pairsOf, without } from "./header-pairs.ts";

test("names are lower case, values and order stay", () => {
  assert.deepEqual(pairsOf(["Host", "A", "X-Y", "Z", "x-y", "z"]), ["host", "A", "x-y", "Z", "x-y", "z"]);
});

test("nothing to drop gives the same array", () => {
  const pairs = ["a", "1", "b", "2"];
  assert.equal(
    without(pairs, () => false),
    pairs,
  );
  assert.equal(dropHopByHop(pairs), pairs);
  assert.equal(dropNominated(pairs), pairs);
});

test("every pair of a dropped name goes", () => {
  const pairs = ["a", "1", "b", "2", "a", "3", "c", "4", "a", "5"];
  assert.deepEqual(
    without(pairs, (name) => name === "a"),
    ["b", "2", "c", "4"],
  );
});

test("the first value of a name is found, and no value is taken for a name", () => {
  assert.equal(firstValue(["a", "b", "b", "1", "b", "2"], "b"), "1");
  assert.equal(firstValue(["a", "b"], "b"), undefined);
});

test("fields of one connection do not travel (RFC 9110 §7.6.1)", () => {
  const names = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "http2-settings",
  ];
  for (const name of names)
    assert.deepEqual(dropHopByHop(["a", "1", name, "x", "b", "2"]), ["a", "1", "b", "2"]);
});

test("fields that Connection names do not travel, but for framing and Host", () => {
  const cases: readonly [pairs: string[], left: string[]][] = [
    [
      ["connection", "x-secret", "x-secret", "1", "x", "2"],
      ["connection", "x-secret", "x", "2"],
    ],
    [
      ["x-secret", "1", "connection", "close, X-Secret ,keep-alive"],
      ["connection", "close, X-Secret ,keep-alive"],
    ],
    [
      ["connection", "a", "a", "1", "connection", "b", "b", "2"],
      ["connection", "a", "connection", "b"],
    ],
    [
      ["connection", "keep-alive", "keep-alive", "timeout=5"],
      ["connection", "keep-alive", "keep-alive", "timeout=5"],
    ],
    [
      ["connection", "host, content-length", "host", "a"],
      ["connection", "host, content-length", "host", "a"],
    ],
    [
      ["connection", "connection", "x", "1"],
      ["x", "1"],
    ],
    [
      ["connection", ",, ,", "x", "1"],
      ["connection", ",, ,", "x", "1"],
    ],
  ];
  for (const [pairs, left] of cases) assert.deepEqual(dropNominated(pairs), left, pairs.join(" "));
});
