import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { enriched, site, untracked } from "./test-event.ts";

interface Case {
  readonly url: string;
  readonly location?: string;
  readonly hostname?: string | undefined;
  readonly path?: string | undefined;
}

const host = "shop.example";
const pages: readonly Case[] = [
  { url: "https://Shop.example:8443/A/b?x=1#top", hostname: host, path: "/A/b" },
  { url: "https://shop.example", hostname: host, path: "/" },
  { url: "https://shop.example/?", hostname: host, path: "/" },
  { url: "https://shop.example/a%2Fb?q=%7e&&y", hostname: host, path: "/a%2Fb" },
  {
    url: "https://shop.example/?utm_source=a&x=1",
    location: "https://shop.example/?x=1",
    hostname: host,
    path: "/",
  },
  {
    url: "https://shop.example/?utm_source=a&y=%20~!%2F&&x=2&b&x=1#f",
    location: "https://shop.example/?b=&x=2&x=1&y=+~%21%2F#f",
    hostname: host,
    path: "/",
  },
  {
    url: "https://shop.example/?UTM_Source=a#f",
    location: "https://shop.example/#f",
    hostname: host,
    path: "/",
  },
  {
    url: "https://shop.example/?utm%5Fsource=a",
    location: "https://shop.example/",
    hostname: host,
    path: "/",
  },
  {
    url: "https://shop.example/?a=%20b&token=s&Email=j%40x.y&c",
    location: "https://shop.example/?a=%20b&c",
    hostname: host,
    path: "/",
  },
  {
    url: "https://shop.example/in#access_token=s&state=1",
    location: "https://shop.example/in#state=1",
    hostname: host,
    path: "/in",
  },
  {
    url: "https://shop.example/#/in?token=s&a=1",
    location: "https://shop.example/#/in?a=1",
    hostname: host,
    path: "/",
  },
  { url: "https://[2001:db8::1]:8080/x", hostname: "2001:db8::1", path: "/x" },
  { url: "https://u:p@shop.example/x", location: "https://shop.example/x", hostname: host, path: "/x" },
  { url: "/pricing?x=1", hostname: undefined, path: "/pricing" },
  { url: "//shop.example/a?x=1", hostname: host, path: "/a" },
  { url: "app://screen/home", hostname: "screen", path: "/home" },
  { url: "about:blank", hostname: undefined, path: undefined },
  { url: "data:text/html,hi", hostname: undefined, path: undefined },
];

describe("page_location", () => {
  for (const { url, location = url, hostname, path } of pages) {
    test(url, () => {
      const event = enriched({ page_location: url });
      assert.equal(event.page_location, location);
      assert.equal(event.page_hostname, hostname);
      assert.equal(event.page_path, path);
      assert.equal(event.problems, undefined);
    });
  }

  for (const url of ["home", "https://", "http://[::", "shop.example/x"]) {
    test(`${url} is no address: kept as text and named`, () => {
      const problems = [{ field: "w", problem: "expected a whole number" }];
      const event = enriched({ page_location: url, problems });
      assert.equal(event.page_location, url);
      assert.deepEqual(
        event.problems?.map(({ field }) => field),
        ["w", "url"],
      );
    });
  }

  test("what is taken out is the site's own setting, for an address that was seen before too", () => {
    const url = "https://shop.example/?utm_source=a&mine=1";
    const other = { ...site, excludedUrlParams: ["mine"] };
    assert.equal(enriched({ page_location: url }).page_location, "https://shop.example/?mine=1");
    assert.equal(
      enriched({ page_location: url }, { site: other }).page_location,
      "https://shop.example/?utm_source=a",
    );
  });
});

test("a page that is a host alone has the path that the protocol's table knows", () => {
  const bare = { page_location: "https://shop.example?a=1" };
  assert.equal(enriched(bare).page_path, "/");
  assert.equal(enriched({ ...bare, tracking_protocol: "ga4_gtag" }).page_path, "");
  assert.equal(
    enriched({ page_location: "https://shop.example/", tracking_protocol: "ga4_gtag" }).page_path,
    "/",
  );
  const none = enriched({ page_location: "", tracking_protocol: "ga4_gtag" });
  assert.deepEqual([none.page_hostname, none.page_path], ["", ""]);
});

test("of a visitor who said no no address keeps what tells one person from others", () => {
  const ids = "ttclid=1&_gl=1*x*_ga*MTIz&igshid=2&TwClid=3&li_fat_id=4&mc_eid=5";
  const kept = { ...site, excludedUrlParams: [] };
  const columns = {
    page_location: `https://shop.example/a?${ids}&size=xl&utm_source=n#_gl=1*y`,
    page_referrer: `https://other.example/b?gclid=1&q=x#/r?_gl=1&z=1`,
  };
  const asked = enriched(columns, { privacy: untracked, site: kept });
  assert.equal(asked.page_location, "https://shop.example/a?size=xl&utm_source=n");
  assert.equal(asked.page_referrer, "https://other.example/b?q=x#/r?z=1");
  assert.equal(asked.traffic_medium, "cpc");
  assert.equal(enriched(columns, { site: kept }).page_location, columns.page_location);
});
