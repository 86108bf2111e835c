import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { enriched } from "./test-event.ts";

const page = "https://www.shop.example/pricing";

const table: readonly [referrer: string, source: string | undefined, medium: string | undefined][] = [
  ["https://www.google.com/", "Google", "search"],
  ["https://www.google.de/imgres?q=1", "Google Images", "search"],
  ["https://mail.google.com/mail/u/0", "Gmail", "email"],
  ["android-app://com.google.android.gm/", "Gmail", "email"],
  ["https://news.ycombinator.com/item?id=1", "Hacker News", "social"],
  ["https://old.reddit.com/r/x", "Reddit", "social"],
  ["https://www.reddit.com/", "Reddit", "social"],
  ["https://t.co/abc", "Twitter", "social"],
  ["https://t.community.example/", "t.community.example", "referral"],
  ["https://chatgpt.com/", "ChatGPT", "ai"],
  ["https://www.Blog.example/post", "blog.example", "referral"],
  ["//blog.example/post", "blog.example", "referral"],
  ["https://shop.example/", undefined, undefined],
  ["https://help.shop.example/", undefined, undefined],
  ["/home", undefined, undefined],
  ["about:blank", undefined, undefined],
];

describe("where somebody came from", () => {
  for (const [referrer, source, medium] of table) {
    test(`${referrer} is ${source ?? "no source"}`, () => {
      const event = enriched({ page_location: page, page_referrer: referrer });
      assert.equal(event.referrer_source, source);
      assert.equal(event.referrer_medium, medium);
      assert.equal(event.page_referrer, referrer);
      assert.equal(event.problems, undefined);
    });
  }
});

test("the page's own host is no source, though the settings do not name it", () => {
  const event = enriched({ page_location: "https://a.test/x", page_referrer: "https://www.a.test/y" });
  assert.equal(event.referrer_source, undefined);
});

test("secrets are taken out of the referrer, campaign parameters stay", () => {
  const event = enriched({ page_referrer: "https://a.test/?utm_source=x&password=y" });
  assert.equal(event.page_referrer, "https://a.test/?utm_source=x");
});

test("a referrer that is no address is kept and named", () => {
  const event = enriched({ page_referrer: "nowhere" });
  assert.equal(event.page_referrer, "nowhere");
  assert.deepEqual(event.problems, [{ field: "last", problem: "not an address: kept as it was sent" }]);
});
