import assert from "node:assert/strict";
import { test } from "node:test";
import { leadsTo, originOf } from "./redirect-target.ts";

test("a target of the settings names where it leads, or is none", () => {
  const cases: readonly [to: string, isTarget: boolean][] = [
    ["/new/$1", true],
    ["/$1", true],
    ["https://shop.example", true],
    ["https://shop.example$1", true],
    ["https://shop.example:8443/a?b=$1#c", true],
    ["http://shop.example/$1", true],
    ["//evil.example/", false],
    ["/\\evil.example/", false],
    ["https://$1/", false],
    ["https://$1.shop.example/", false],
    ["https://user@shop.example/", false],
    ["https:shop.example", false],
    ["javascript:alert(1)", false],
    ["relative/$1", false],
    ["", false],
  ];
  for (const [to, isTarget] of cases) assert.equal(originOf(to) !== null, isTarget, to);
});

test("a location is judged as a browser would read it", () => {
  const here = originOf("/") ?? "";
  const shop = originOf("https://shop.example") ?? "";
  const cases: readonly [location: string, origin: string, leads: boolean][] = [
    ["/a", here, true],
    ["/a//b", here, true],
    ["/%5Cevil.example", here, true],
    ["//evil.example", here, false],
    ["/\\evil.example", here, false],
    ["\\\\evil.example", here, false],
    ["/\t/evil.example", here, false],
    ["https://shop.example/a", shop, true],
    ["https://shop.example@evil.example/", shop, false],
    ["https://shop.example.evil.example/", shop, false],
    ["https://shop.example:444/", shop, false],
    ["https:\\\\evil.example", shop, false],
  ];
  for (const [location, origin, leads] of cases) assert.equal(leadsTo(location, origin), leads, location);
});
