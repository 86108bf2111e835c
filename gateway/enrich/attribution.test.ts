import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Event } from "../model/event.ts";
import { enriched, site } from "./test-event.ts";

const page = "https://www.shop.example/pricing";

/** Source, medium, term and channel of a page view. */
const trafficOf = (columns: Partial<Event>, change: Partial<typeof site> = {}) => {
  const event = enriched({ page_location: page, ...columns }, { site: { ...site, ...change } });
  return [event.traffic_source, event.traffic_medium, event.traffic_term ?? "", event.channel].join(" | ");
};

const referrers: readonly (readonly [referrer: string, traffic: string])[] = [
  ["https://www.google.com/search?q=red+Shoes", "google | organic | red-shoes | organic search"],
  ["https://google.gr/search?q=keyword", "google | organic | keyword | organic search"],
  ["https://www.google.co.uk/", "google | organic |  | organic search"],
  ["https://search.yahoo.com/search?p=boots", "yahoo! | organic | boots | organic search"],
  ["https://de.search.yahoo.com/search?p=boots", "yahoo! | organic | boots | organic search"],
  ["https://yandex.ru/search/?text=a%20b", "yandex | organic | a-b | organic search"],
  ["https://www.msn.com/", "msn | organic |  | organic search"],
  ["https://search.aol.com/aol/search?q=x", "aol | organic | x | organic search"],
  ["https://www.ilse.nl/search?search_for=keyword", "ilse-nl | organic | keyword | organic search"],
  ["https://mail.google.com/mail/u/0", "gmail | email |  | email"],
  ["https://mail.yahoo.com/", "yahoo-mail | email |  | email"],
  ["https://mail.yandex.ru/", "yandex-mail | email |  | email"],
  ["https://gmail.com", "gmail | email |  | email"],
  ["https://mail.acme.test/inbox", "mail.acme.test | email |  | email"],
  ["https://webmail.acme.test/?id=1", "webmail.acme.test | email |  | email"],
  ["https://www.dailymail.co.uk/news", "dailymail.co.uk | referral |  | referral"],
  ["https://acme.test/mail.html", "acme.test | referral |  | referral"],
  ["android-app://com.slack/", "slack | social |  | organic social"],
  ["android-app://com.android.chrome", "chrome | referral |  | referral"],
  ["android-app://com.google.android.apps.bard", "gemini | ai |  | ai"],
  ["https://lm.facebook.com/l.php", "facebook | social |  | organic social"],
  ["https://m.youtube.com/watch?v=1", "youtube | video |  | video"],
  ["https://chatgpt.com/", "chatgpt | ai |  | ai"],
  ["https://www.perplexity.ai/search", "perplexity | ai |  | ai"],
  ["https://x.com/i/grok?conversation=1", "grok | ai |  | ai"],
  ["https://x.com/i/status/1", "twitter | social |  | organic social"],
  ["https://www.amazon.de/x", "amazon | referral |  | shopping"],
  ["https://www.Other-Site.com/blog", "other-site.com | referral |  | referral"],
  ["https://google.evil.example/search?q=x", "google.evil.example | referral |  | referral"],
  ["https://notgoogle.com/", "notgoogle.com | referral |  | referral"],
  ["https://shop.example/", "direct | none |  | direct"],
  ["https://blog.shop.example/", "direct | none |  | direct"],
  ["https://www.paypal.com/checkout", "direct | none |  | direct"],
  ["https://hooks.stripe.com/redirect", "direct | none |  | direct"],
  ["https://accounts.google.com/", "direct | none |  | direct"],
  ["https://acme.okta.com/login", "direct | none |  | direct"],
  ["https://aistudio.google.com/", "google-ai-studio | ai |  | ai"],
  ["about:blank", "direct | none |  | direct"],
  ["nowhere", "direct | none |  | direct"],
];

describe("where somebody came from", () => {
  for (const [referrer, traffic] of referrers) {
    test(`${referrer} is ${traffic}`, () => assert.equal(trafficOf({ page_referrer: referrer }), traffic));
  }

  test("another host under the page's domain is no source, two people's pages under one host are", () => {
    const sisters = { page_location: "https://app.acme.test/", page_referrer: "https://www.acme.test/" };
    assert.equal(trafficOf(sisters, { hosts: ["*"] }), "direct | none |  | direct");
    const neighbours = { page_location: "https://a.github.io/", page_referrer: "https://b.github.io/" };
    assert.equal(trafficOf(neighbours, { hosts: ["*"] }), "b.github.io | referral |  | referral");
  });

  test("a host that the site ignores is no source", () => {
    const change = { ignoredReferrers: ["pay.bank.example", "*.partner.example"] };
    for (const host of ["pay.bank.example", "a.partner.example"]) {
      assert.equal(trafficOf({ page_referrer: `https://${host}/x` }, change), "direct | none |  | direct");
    }
  });

  test("a client that asks for it gets its referrer ignored, not its campaign", () => {
    const columns = { page_referrer: "https://other.example/", ignore_referrer: true };
    assert.equal(trafficOf(columns), "direct | none |  | direct");
    const url = `${page}?utm_source=a&utm_medium=b`;
    assert.equal(trafficOf({ ...columns, page_location: url }), "a | b |  | other");
  });
});

const pages: readonly (readonly [query: string, traffic: string, referrer?: string])[] = [
  ["gclid=1", "google | cpc |  | paid search"],
  ["wbraid=1", "google | cpc |  | paid search"],
  ["msclkid=1", "bing | cpc |  | paid search"],
  ["twclid=1", "twitter | cpc |  | paid social"],
  ["ScCid=1", "snapchat | cpc |  | paid social"],
  ["gclsrc=3p.ds", "google | display |  | display"],
  ["gclsrc=aw.ds", "google | cpc |  | paid search"],
  ["dclid=1", "google | display |  | display"],
  ["irclickid=1", "impact | affiliate |  | affiliate"],
  ["srsltid=1", "google | organic |  | organic search"],
  ["fbclid=1", "facebook | social |  | organic social"],
  ["fbclid=1", "instagram | social |  | organic social", "https://l.instagram.com/"],
  ["fbclid=1&ad_id=7", "facebook | cpc |  | paid social"],
  ["fbclid=1&utm_medium=paid_social", "facebook | paid_social |  | paid social"],
  ["gclid=", "direct | none |  | direct"],
  ["utm_source=Newsletter", "newsletter | social |  | organic social", "https://www.facebook.com/"],
  [
    "utm_source=mailchimp&utm_medium=email&utm_term=Week+1",
    "mailchimp | email | week-1 | email",
    "https://mail.google.com/",
  ],
  ["utm_source=google&utm_medium=cpc", "google | cpc |  | paid search"],
  ["utm_source=google&utm_medium=cpc&utm_campaign=shopping", "google | cpc |  | paid shopping"],
  ["utm_source=facebook.com&utm_medium=ppc", "facebook.com | ppc |  | paid social"],
  ["utm_source=youtube&utm_medium=cpv", "youtube | cpv |  | paid video"],
  ["utm_source=x&utm_medium=cpc", "x | cpc |  | other paid"],
  ["utm_source=x&utm_medium=cpm", "x | cpm |  | display"],
  ["utm_source=fb&utm_medium=cpc", "fb | cpc |  | paid social"],
  ["utm_source=ig&utm_medium=story", "ig | story |  | organic social"],
  ["utm_source=yahoo&utm_medium=ppc", "yahoo | ppc |  | paid search"],
  ["utm_source=email&utm_medium=weekly", "email | weekly |  | email"],
  ["utm_source=email&utm_medium=cpc", "email | cpc |  | other paid"],
  ["utm_source=sms&utm_medium=text", "sms | text |  | sms"],
  ["utm_source=firebase&utm_medium=campaign", "firebase | campaign |  | push"],
  ["utm_source=(direct)&utm_medium=(none)", "(direct) | (none) |  | direct"],
  ["utm_source=a/b?c&utm_medium=Some+Thing", "abc | some-thing |  | other"],
];

describe("what the page's address says", () => {
  for (const [query, traffic, referrer] of pages) {
    test(`${query}${referrer ? ` from ${referrer}` : ""} is ${traffic}`, () => {
      const columns = referrer === undefined ? {} : { page_referrer: referrer };
      assert.equal(trafficOf({ ...columns, page_location: `${page}?${query}` }), traffic);
    });
  }
});

test("the site's own rules for channels come before the usual ones", () => {
  const channels = [
    { channel: "partners", source: ".*\\.partner\\.example" },
    { channel: "brand", referrer: "search" as const, paid: true, campaign: "brand-.*" },
  ];
  const brand = `${page}?gclid=1&utm_campaign=Brand-x`;
  assert.match(trafficOf({ page_location: brand }, { channels }), /brand$/);
  assert.match(trafficOf({ page_referrer: "https://a.partner.example/" }, { channels }), /partners$/);
  assert.match(trafficOf({ page_location: `${page}?gclid=1` }, { channels }), /paid search$/);
});

test("an event without a page says nothing of where somebody came from", () => {
  const event = enriched({});
  assert.equal(event.traffic_source, undefined);
  assert.equal(event.channel, undefined);
});

test("a tag's event without a page came directly", () => {
  const event = enriched({ tracking_protocol: "ga4_gtag" });
  assert.deepEqual([event.traffic_source, event.traffic_medium, event.channel], ["direct", "none", "direct"]);
});

test("what the gateway itself wrote, and the site's own server, say nothing of it either", () => {
  const columns = { page_location: page, page_referrer: "https://www.google.com/" };
  assert.equal(enriched({ ...columns, type: "log" }).traffic_source, undefined);
  assert.equal(enriched(columns, { trusted: true }).traffic_source, undefined);
});
