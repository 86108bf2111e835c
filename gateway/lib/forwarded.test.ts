import assert from "node:assert/strict";
import { test } from "node:test";
import { forwardedFor, forwardedProto } from "./forwarded.ts";

test("hops are read in their order, and what the nearest proxy says of the connection counts", () => {
  for (const [value, hops, proto] of [
    ["for=192.0.2.1;proto=https", "192.0.2.1", "https"],
    ["for=192.0.2.1;proto=http, for=192.0.2.2;proto=https", "192.0.2.1,192.0.2.2", "https"],
    ["for=192.0.2.1;proto=https, for=192.0.2.2;proto=http", "192.0.2.1,192.0.2.2", "http"],
    ["for=192.0.2.1;proto=https, for=192.0.2.2", "192.0.2.1,192.0.2.2", undefined],
    ["proto=https;by=_me, FOR=192.0.2.2", "unknown,192.0.2.2", undefined],
    ['for="[2001:db8::1]:4711"; Proto="ht\\tps"', "[2001:db8::1]:4711", "https"],
    [",for=192.0.2.1:80, ,", "192.0.2.1:80", undefined],
    ["", "", undefined],
    ['for="192.0.2.1, for=192.0.2.2;proto=https', undefined, undefined],
    ["for=192.0.2.1;for=192.0.2.2;proto=https", undefined, undefined],
    ["for=192.0.2.1 proto=https", undefined, undefined],
    ["for=192.0.2.1;proto", undefined, undefined],
  ] as const) {
    assert.deepEqual([forwardedFor(value), forwardedProto(value)], [hops, proto], value);
  }
});
