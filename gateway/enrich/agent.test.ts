import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { chrome, enriched, untracked } from "./test-event.ts";

const by = (userAgent: string, headers: Record<string, string> = {}) =>
  enriched({}, { headers: { "user-agent": userAgent, ...headers } });

const iphone =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1";

const devices: readonly [userAgent: string, ...(string | undefined)[]][] = [
  [chrome, "desktop", "Windows", "10", "Chrome", "124.0.0.0", undefined, undefined],
  [iphone, "smartphone", "iOS", "17.4", "Safari", "17.4", "Apple", "iPhone"],
  [
    "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1",
    "tablet",
    "iOS",
    "16.6",
    "Safari",
    "16.6",
    "Apple",
    "iPad",
  ],
  [
    "Mozilla/5.0 (Linux; Android 13; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36",
    "smartphone",
    "Android",
    "13",
    "Chrome",
    "120.0.0.0",
    "Samsung",
    "SM-S918B",
  ],
  [
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36",
    "smartphone",
    "Android",
    "10",
    "Chrome",
    "120.0.0.0",
    undefined,
    undefined,
  ],
  [
    "Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) Version/6.0 TV Safari/537.36",
    "tv",
    "Tizen",
    "6.0",
    "Tizen",
    "6.0",
    undefined,
    undefined,
  ],
  [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15",
    "desktop",
    "macOS",
    "10.15.7",
    "Safari",
    "17.4",
    undefined,
    undefined,
  ],
  [
    "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "desktop",
    "Chrome OS",
    undefined,
    "Chrome",
    "131.0.0.0",
    undefined,
    undefined,
  ],
  [
    "Mozilla/5.0 something of my own",
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ],
];

describe("devices", () => {
  for (const [userAgent, ...expected] of devices) {
    test(userAgent, () => {
      const event = by(userAgent);
      assert.deepEqual(
        [
          event.device_category,
          event.device_operating_system,
          event.device_operating_system_version,
          event.device_web_browser,
          event.device_web_browser_version,
          event.device_mobile_brand_name,
          event.device_mobile_model_name,
        ],
        expected,
      );
      assert.equal(event.bot, undefined);
    });
  }
});

const bots: readonly [userAgent: string, bot: string | undefined][] = [
  ["Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "crawler: Googlebot"],
  ["okhttp/4.12.0", undefined],
  ["Mozilla/5.0", undefined],
  ["Mozilla/5.0 (compatible)", "crawler: Mozilla/5.0 (compatible)"],
  ["Dart/3.5 (dart:io)", undefined],
  [
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    "crawler: GPTBot",
  ],
  [
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "crawler: facebookexternalhit",
  ],
  [
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/124.0.0.0 Safari/537.36",
    "headless: HeadlessChrome",
  ],
  [
    "Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/538.1 PhantomJS/2.1.1 Safari/538.1",
    "headless: PhantomJS",
  ],
  ["curl/8.5.0", "script: curl"],
  ["python-requests/2.31", "script: python"],
  ["Go-http-client/1.1", "script: Go-http-client"],
  ["node", "script: node"],
  ["", "script: no user agent"],
  ["Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)", "monitoring: UptimeRobot"],
  ["kube-probe/1.27", "monitoring: kube-probe"],
];

describe("bots", () => {
  for (const [userAgent, bot] of bots) {
    test(`"${userAgent}" is ${bot}`, () => assert.equal(by(userAgent).bot, bot));
  }

  test("a bot's maker is its name, its model the page that it names", () => {
    const event = by("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)");
    assert.equal(event.device_category, "bot");
    assert.equal(event.device_mobile_brand_name, "Googlebot");
    assert.equal(event.device_mobile_model_name, "http://www.google.com/bot.html");
    assert.equal(by("curl/8.5.0").device_mobile_brand_name, "curl");
    assert.equal(by("").device_mobile_brand_name, undefined);
  });

  test("a headless Chrome under another name says so in its client hints", () => {
    const event = by(chrome, { "sec-ch-ua": `"HeadlessChrome";v="124"` });
    assert.equal(event.bot, "headless: HeadlessChrome");
  });

  test("a phone whose name ends in bot is a phone", () => {
    const phone =
      "Mozilla/5.0 (Linux; Android 9; CUBOT_X19) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36";
    assert.equal(by(phone).bot, undefined);
  });
});

test("made-up visitors are labelled and are no bots", () => {
  const event = by("Mozilla/5.0 HeadlessChrome TurnpikeDemo/1");
  assert.equal(event.traffic_filter_name, "demo");
  assert.equal(event.bot, undefined);
});

test("of a visitor who is not tracked only the kind of device and browser is told", () => {
  const headers = { "user-agent": iphone, "accept-language": "de" };
  const event = enriched({}, { headers, privacy: untracked });
  assert.equal(event.device_category, "smartphone");
  assert.equal(event.device_operating_system, "iOS");
  assert.equal(event.device_web_browser, "Safari");
  assert.equal(event.device_web_browser_version, undefined);
  assert.equal(event.device_mobile_model_name, undefined);
  assert.equal(event.device_language, undefined);
});

test("the headers of the site's own server say nothing about the visitor it speaks for", () => {
  const headers = { "user-agent": "node", "accept-language": "*" };
  const event = enriched({}, { headers, trusted: true });
  assert.equal(event.bot, undefined);
  assert.equal(event.device_category, undefined);
});

const languages: readonly [header: string | undefined, language: string | undefined][] = [
  ["de-DE,de;q=0.9,en;q=0.8", "de-DE"],
  ["zh-Hant-TW", "zh-Hant-TW"],
  [" en ;q=0.5", "en"],
  ["*", undefined],
  ["<script>", undefined],
  ["", undefined],
  [undefined, undefined],
];

test("a GA4 client that names no language gets all that its browser asks for, as the flat table has it", () => {
  const headers = { "user-agent": chrome, "accept-language": " fr-FR,fr;q=0.9 " };
  for (const tracking_protocol of ["ga4_gtag", "d8a"] as const)
    assert.equal(enriched({ tracking_protocol }, { headers }).device_language, "fr-FR,fr;q=0.9");
});

describe("language", () => {
  for (const [header, language] of languages) {
    test(`${header} is ${language}`, () => {
      const event = enriched({}, { headers: { "user-agent": chrome, "accept-language": header } });
      assert.equal(event.device_language, language);
    });
  }

  test("the client's own word wins", () => {
    const headers = { "accept-language": "de" };
    assert.equal(enriched({ device_language: "fr" }, { headers }).device_language, "fr");
  });
});
