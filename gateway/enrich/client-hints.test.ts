import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { chrome, enriched, untracked } from "./test-event.ts";

const phone =
  "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36";

const by = (headers: Record<string, string>, query = "") => {
  const event = enriched({}, { headers: { "user-agent": chrome, ...headers }, query });
  return [
    event.device_category,
    event.device_operating_system,
    event.device_operating_system_version,
    event.device_web_browser,
    event.device_web_browser_version,
    event.device_mobile_model_name,
  ];
};

describe("client hints", () => {
  test("name the browser that hides behind Chrome's user agent", () => {
    const brands = `"Not/A)Brand";v="8", "Chromium";v="126", "Brave";v="126"`;
    const found = by({ "sec-ch-ua": brands, "sec-ch-ua-platform": `"Windows"` });
    assert.deepEqual(found, ["desktop", "Windows", "10", "Brave", "126", undefined]);
  });

  test("tell Windows 11 from 10", () => {
    const version = (text: string) =>
      by({ "sec-ch-ua-platform": `"Windows"`, "sec-ch-ua-platform-version": `"${text}"` })[2];
    assert.deepEqual(["15.0.0", "10.0.0", "0.3.0"].map(version), ["11", "10", "10"]);
  });

  test("give the model and version that the user agent froze", () => {
    const found = by({
      "user-agent": phone,
      "sec-ch-ua": `"Google Chrome";v="124", "Chromium";v="124"`,
      "sec-ch-ua-mobile": "?1",
      "sec-ch-ua-platform": `"Android"`,
      "sec-ch-ua-platform-version": `"14.0.0"`,
      "sec-ch-ua-model": `"Pixel 8"`,
    });
    assert.deepEqual(found, ["smartphone", "Android", "14", "Chrome", "124", "Pixel 8"]);
  });

  test("come in the query of GA4's hits too", () => {
    const query =
      "uafvl=Google%2520Chrome%3B124.0.6367.60%7CChromium%3B124.0.6367.60&uamb=1&uam=Pixel%208&uap=Android&uapv=14.0.0";
    assert.deepEqual(by({ "user-agent": phone }, query), [
      "smartphone",
      "Android",
      "14",
      "Chrome",
      "124.0.6367.60",
      "Pixel 8",
    ]);
  });

  test("that make no sense change nothing", () => {
    const plain = by({});
    for (const text of ["", "?", `"`, '"""";v=', "x".repeat(10_000)]) {
      assert.deepEqual(by({ "sec-ch-ua": text, "sec-ch-ua-platform": "" }), plain);
    }
  });

  test("of a visitor who is not tracked give no model and no versions", () => {
    const headers = {
      "user-agent": phone,
      "sec-ch-ua-model": `"Pixel 8"`,
      "sec-ch-ua-platform": `"Android"`,
    };
    const event = enriched({}, { headers, privacy: untracked });
    assert.equal(event.device_mobile_model_name, undefined);
    assert.equal(event.device_operating_system, "Android");
  });
});

test("a bot's device is a bot", () => {
  assert.equal(enriched({}, { headers: { "user-agent": "2ip bot" } }).device_category, "bot");
});

test("people who read in an app's own browser are no bots, though a list has their user agent", () => {
  const agents = [
    "Mozilla/5.0 (Linux; Android 16; Pixel 10 Build/CP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/146.0.0.0 Mobile Safari/537.36 MetaIAB Facebook",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 320.0.0.0 (iPhone14,5; iOS 17_4)",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) GSA/310.0 Mobile/15E148 Safari/604.1",
  ];
  for (const agent of agents) assert.equal(enriched({}, { headers: { "user-agent": agent } }).bot, undefined);
});

test("what the list alone knows is a crawler", () => {
  const agent =
    "Mozilla/5.0 (X11; Linux x86_64) Miniature.io/6.0 AppleWebKit/537.36 (KHTML, like Gecko) Chrome/69.0 Safari/537.36";
  assert.match(enriched({}, { headers: { "user-agent": agent } }).bot ?? "", /^crawler: Miniature\.io/);
});
