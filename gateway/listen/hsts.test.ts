import assert from "node:assert/strict";
import { test } from "node:test";
import { hstsOf } from "./hsts.ts";

test("names are told to stay on https, addresses are not", () => {
  const hsts = { maxAgeSeconds: 1000, includeSubDomains: true, preload: false };
  for (const host of ["shop.example", "localhost", "1.2.3.4.example"])
    assert.equal(hstsOf({ hsts }, host), "max-age=1000; includeSubDomains", host);
  for (const host of ["127.0.0.1", "::1", "[::1]", "[2001:db8::1]"])
    assert.equal(hstsOf({ hsts }, host), null, host);
  assert.equal(hstsOf({ hsts: null }, "shop.example"), null);
});
