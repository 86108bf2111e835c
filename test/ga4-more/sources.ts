/** Where visits come from. */
import { alone, hit, type MoreCase, one } from "./case.ts";

const clicks = {
  twclid: "twitter",
  li_fat_id: "linkedin",
  ttclid: "tiktok",
  ScCid: "snapchat",
  wbraid: "google",
  gbraid: "google",
  msclkid: "bing",
};

const day = 24 * 3600;

const direct = ["direct", "none", "direct"] as const;

const referrers: Readonly<Record<string, readonly [source: string, medium: string, channel: string]>> = {
  "https://search.yahoo.com/search?p=x": ["yahoo!", "organic", "organic search"],
  "https://yandex.com.tr/search/?text=x": ["yandex", "organic", "organic search"],
  "https://www.msn.com/en-us/news": ["msn", "organic", "organic search"],
  "https://mail.aol.com/": ["aol-mail", "email", "email"],
  "https://e.mail.ru/inbox": ["mail.ru", "email", "email"],
  "https://x.com/i/grok": ["grok", "ai", "ai"],
  "https://x.tumblr.com/": ["tumblr", "social", "organic social"],
  "https://hachyderm.io/@someone": ["mastodon", "social", "organic social"],
  "https://www.lastfm.de/music": ["last.fm", "social", "organic social"],
  "https://my.mail.ru/": ["my.mail.ru", "social", "organic social"],
  "https://plus.google.com/": ["google+", "social", "organic social"],
  "https://www.douyin.com/": ["douyin", "social", "organic social"],
  "https://www.mail.com/": ["mail.com", "email", "email"],
  "https://tuta.io/": ["tutanota", "email", "email"],
  "https://mail.proton.me/u/0/inbox": ["protonmail", "email", "email"],
  "https://list.ru/": ["mail.ru", "email", "email"],
  "https://www.bitchute.com/video/x": ["bitchute", "video", "video"],
  "https://app.writesonic.com/": ["writesonic", "ai", "ai"],
  "https://www.bing.com/images/search?q=x": ["bing-images", "organic", "organic search"],
  "https://search.centrum.cz/?q=x": ["centrum", "organic", "organic search"],
  "https://music.youtube.com/": ["youtube", "video", "video"],
  "android-app://com.google.android.apps.youtube.music/": ["youtube", "video", "video"],
  "android-app://com.google.android.gm/": ["gmail", "email", "email"],
  "android-app://com.google.android.googlequicksearchbox/https/www.google.com": [
    "google",
    "organic",
    "organic search",
  ],
  "android-app://com.unknown.app/": ["com.unknown.app", "referral", "referral"],
  "https://facebook.com.evil.org/": ["facebook.com.evil.org", "referral", "referral"],
  "https://Some-Blog.CO.UK/x": ["some-blog.co.uk", "referral", "referral"],
  "https://www.sandbox.paypal.com/": direct,
  "https://checkout.stripe.com/c/pay": direct,
  "https://accounts.google.com/": direct,
  "https://blog.shop.test/": direct,
  "https://": direct,
  garbage: direct,
};

export const sources: readonly MoreCase[] = [
  {
    name: "click ids name their advertisers",
    config: alone,
    hits: Object.keys(clicks).map((name, i) => hit(i, { cid: `k.${i}`, dl: `https://shop.test/?${name}=1` })),
    rows: Object.values(clicks).map((session_source) => ({ session_source, session_medium: "cpc" })),
  },
  {
    name: "a campaign manager is told by its own parameter",
    hits: [hit(0, { dl: "https://shop.test/?gclsrc=3p.ds" })],
    rows: [{ session_source: "google", session_medium: "display" }],
  },
  {
    name: "a campaign beats the click, each part for itself",
    hits: [hit(0, { dl: "https://shop.test/?gclid=1&utm_source=My+News&utm_term=A%26B" })],
    rows: [{ session_source: "my-news", session_medium: "cpc", session_term: "ab", utm_source: "My News" }],
  },
  {
    name: "campaign fields of the tag are the campaign",
    hits: [hit(0, { cs: "news", cm: "mail", cn: "spring", ci: "7", cc: "ad", ck: "kw" })],
    rows: [
      {
        utm_source: "news",
        utm_medium: "mail",
        utm_campaign: "spring",
        utm_id: "7",
        utm_content: "ad",
        utm_term: "kw",
      },
    ],
  },
  {
    name: "a referrer that is to be ignored is none",
    hits: [hit(0, { ir: "true", dr: "https://www.google.com/" })],
    rows: [{ session_source: "direct", session_medium: "none", ignore_referrer: true }],
  },
  {
    name: "where the money is paid nobody comes from",
    hits: [hit(0, { dr: "https://www.paypal.com/checkout" })],
    rows: [{ session_source: "direct" }],
  },
  ...Object.entries(referrers).map(
    ([dr, [session_source, session_medium, session_channel]]): MoreCase =>
      one(
        `from ${dr}`,
        { dl: "https://shop.test/", dr },
        { session_source, session_medium, session_channel },
      ),
  ),
  one(
    "somebody without a page came directly",
    { dl: "", en: "x" },
    {
      session_source: "direct",
      session_medium: "none",
      session_term: "",
      session_channel: "direct",
    },
  ),
  one(
    "a campaign without a source is direct",
    { dl: "https://shop.test/?utm_campaign=c" },
    {
      session_source: "direct",
      session_medium: "none",
      utm_campaign: "c",
    },
  ),
  {
    name: "the first and the last source but direct stay with the visitor",
    config: alone,
    hits: [
      hit(0, { dr: "https://www.google.com/" }),
      hit(1 * day),
      hit(2 * day, { dl: "https://shop.test/?utm_source=news&utm_medium=email&utm_campaign=may" }),
      hit(3 * day),
    ],
    rows: [
      { first_touch_source: "google", last_touch_source: "google" },
      { session_source: "direct", first_touch_source: "google", last_touch_source: "google" },
      { session_source: "news", first_touch_source: "google", last_touch_source: "news" },
      {
        session_source: "direct",
        first_touch_source: "google",
        last_touch_source: "news",
        last_touch_medium: "email",
        last_touch_campaign: "may",
      },
    ],
  },
];
