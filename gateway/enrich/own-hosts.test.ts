import assert from "node:assert/strict";
import { test } from "node:test";
import { testSite } from "../model/test-site.ts";
import { isOwnHost } from "./own-hosts.ts";

const shop = { ...testSite, hosts: ["shop.example"], ignoredReferrers: [] };
const blog = { ...testSite, hosts: ["*.blog.example"], ignoredReferrers: ["partner.example"] };

test("a host is judged for the site and the page that are asked about, whatever was asked before", () => {
  const cases = [
    ["shop.example", null, shop, true],
    ["shop.example", null, blog, false],
    ["shop.example", "www.shop.example", blog, true],
    ["shop.example", "other.example", blog, false],
    ["a.blog.example", null, blog, true],
    ["a.blog.example", null, shop, false],
    ["partner.example", null, blog, true],
    ["partner.example", "pay.partner.example", shop, true],
    ["partner.example", null, shop, false],
  ] as const;
  for (const asked of [cases, cases.toReversed()])
    for (const [host, pageHost, site, own] of asked)
      for (const _ of [1, 2]) assert.equal(isOwnHost(host, pageHost, site), own, `${host} on ${pageHost}`);
});
