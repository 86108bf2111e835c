import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { launchBrowser } from "./browser.ts";
import { type ShopStandIn, startShopStandIn } from "./shop-stand-in.ts";
import { waitFor } from "./wait-for.ts";

const known = { visitor: "4d91", variants: { "pricing-headline": "b" }, params: {} };
const paths = ["/", "/pricing/", "/checkout/", "/thanks/?order=TB-1042"];

let browser: Browser;
before(async () => {
  browser = await launchBrowser();
});
after(() => browser.close());

const visit = async (
  shop: Promise<ShopStandIn>,
  options: BrowserContextOptions,
  look: (page: Page, shop: ShopStandIn) => Promise<void>,
): Promise<void> => {
  const stand = await shop;
  const context = await browser.newContext(options);
  const errors: string[] = [];
  try {
    const page = await context.newPage();
    page.on("pageerror", (error) => errors.push(error.message));
    await look(page, stand);
    assert.deepEqual(errors, []);
  } finally {
    await context.close();
    await stand.close();
  }
};

const productHeadline = "Fresh coffee through the door, every fortnight.";
const savingHeadline = "Save €39 a year on the coffee you drink anyway.";
const headlines: readonly (readonly [
  variant: string | null,
  javaScriptEnabled: boolean,
  headline: string,
])[] = [
  [null, true, productHeadline],
  ["control", true, productHeadline],
  ["b", true, savingHeadline],
  [null, false, productHeadline],
  ["b", false, savingHeadline],
];
for (const [variant, javaScriptEnabled, headline] of headlines) {
  const script = javaScriptEnabled ? "with" : "without";
  test(`variant ${variant ?? "none"} ${script} JavaScript reads: ${headline}`, () =>
    visit(startShopStandIn(variant, known), { javaScriptEnabled }, async (page, shop) => {
      for (const path of ["/", "/pricing/"]) {
        await page.goto(shop.url + path);
        assert.deepEqual(await page.locator("h1 span:visible").allTextContents(), [headline]);
      }
    }));
}

test("the strip names the visitor, the variant and the time to the disk", () =>
  visit(startShopStandIn("b", known), {}, async (page, shop) => {
    for (const path of paths) {
      await page.goto(shop.url + path);
      const strip = page.locator(".strip");
      await strip.getByText("page_view on disk in 3.1 ms").waitFor();
      await strip.getByText("visitor …4d91 (cookie set by the server)").waitFor();
      await strip.getByText("variant b").waitFor();
      const live = strip.getByRole("link", { name: "see it live" });
      assert.equal(await live.getAttribute("href"), "http://127.0.0.1:8081");
    }
  }));

test("the strip moves nothing on the page when it has more to tell", async () => {
  const names = { ...known, variants: { "pricing-headline": "control" } };
  for (const width of [320, 375, 768, 1024, 1280])
    await visit(
      startShopStandIn("control", names),
      { viewport: { width, height: 800 } },
      async (page, shop) => {
        // What it tells comes apart, each in a frame of its own: first who is there, then the commit.
        const gates = new Map(["/tr/v1/x", "/tr/v1/"].map((path) => [path, Promise.withResolvers<void>()]));
        for (const [path, gate] of gates)
          await page.route(shop.url + path, (route) => gate.promise.then(() => route.continue()));
        await page.goto(shop.url);
        const strip = page.locator(".strip");
        const told = ["asking the gateway", "variant control", "on disk in 3.1 ms"];
        for (const [i, text] of told.entries()) {
          await strip.getByText(text).waitFor();
          await page.evaluate(twoFrames);
          [...gates.values()][i]?.resolve();
        }
        assert.deepEqual(await page.evaluate(readShifts), [], `${width} px`);
      },
    );
});

const twoFrames = () =>
  new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));

// The observer hands over what there was until its first call, also where that is nothing.
const readShifts = () =>
  new Promise<number[]>((resolve) => {
    const observer = new PerformanceObserver((list) => {
      resolve(list.getEntriesByType("layout-shift").map((entry) => (entry as { value?: number }).value ?? 0));
    });
    observer.observe({ type: "layout-shift", buffered: true });
    // A mark ends the wait where nothing moved.
    const marks = new PerformanceObserver(() => setTimeout(() => resolve([]), 200));
    marks.observe({ type: "mark" });
    performance.mark("told");
  });

test("the strip says that a visitor who asks not to be tracked has no id", () =>
  visit(startShopStandIn("control", { ...known, visitor: null, variants: {} }), {}, async (page, shop) => {
    await page.addInitScript(() => {
      Object.defineProperty(navigator, "globalPrivacyControl", { value: true });
    });
    await page.goto(shop.url);
    await page.getByText("no visitor id (your browser asks not to be tracked)").waitFor();
    assert.doesNotMatch((await page.locator(".strip").textContent()) ?? "", /variant/);
  }));

test("the strip names a visitor whose id came with the answer to the page view, as a robot's does", () =>
  visit(startShopStandIn("control", { ...known, variants: {} }), {}, async (page, shop) => {
    let asked = 0;
    await page.route("**/tr/v1/x", async (route) => {
      asked += 1;
      if (asked > 1) return route.continue();
      return route.fulfill({ json: { visitor: null, variants: {}, params: {} } });
    });
    await page.goto(shop.url);
    await page.locator(".strip").getByText("visitor …4d91 (cookie set by the server)").waitFor();
    assert.equal(asked, 2);
  }));

test("the strip says that the script is blocked, and not that its page view is on its way", () =>
  visit(startShopStandIn("b", known), {}, async (page, shop) => {
    await page.route("**/track.js", (route) => route.abort());
    await page.goto(shop.url);
    await page.getByText("no page_view: something keeps the script from loading").waitFor();
    assert.doesNotMatch((await page.locator(".strip").textContent()) ?? "", /on its way/);
  }));

test("be another visitor asks the gateway for a new id and loads the page again", () =>
  visit(startShopStandIn("b", known), {}, async (page, shop) => {
    await page.goto(shop.url);
    const loaded = page.waitForEvent("load");
    await page.getByRole("button", { name: "be another visitor" }).click();
    await loaded;
    assert.deepEqual(shop.resets, [{ reset: true }]);
  }));

test("buying orders, records the outcome with its value, and leads to the thanks page", () =>
  visit(startShopStandIn("b", known), {}, async (page, shop) => {
    await page.goto(`${shop.url}/pricing/`);
    await page.getByText("120 bags left of Tuesday’s roast.").waitFor();
    await page.getByRole("link", { name: /For two bags each fortnight/ }).click();
    await page.getByLabel("How many of these?").selectOption("2");
    await page.locator("#total", { hasText: "€42.00" }).waitFor();
    await page.getByRole("button", { name: "Buy", exact: true }).first().click();
    await page.waitForURL("**/thanks/?order=TB-1042");
    await page.getByText("Order TB-1042 is on Tuesday’s list").waitFor();
    await waitFor(() => shop.outcomes.length > 0, "the outcome");
    assert.deepEqual(shop.outcomes, [
      { outcome: "purchase", value: 42, currency: "EUR", order_id: "TB-1042" },
    ]);
  }));

test("buy in the strip goes the same way", () =>
  visit(startShopStandIn("b", known), {}, async (page, shop) => {
    await page.goto(shop.url);
    await page.locator(".strip").getByRole("button", { name: "buy" }).click();
    await page.waitForURL("**/thanks/?order=TB-1042");
    await waitFor(() => shop.outcomes.length > 0, "the outcome");
    assert.deepEqual(shop.outcomes, [
      { outcome: "purchase", value: 11, currency: "EUR", order_id: "TB-1042" },
    ]);
  }));

test("the shop sells without track.js", () =>
  visit(startShopStandIn("b", known), {}, async (page, shop) => {
    await page.route("**/track.js", (route) => route.abort());
    await page.goto(`${shop.url}/checkout/`);
    await page.locator("#order").getByRole("button", { name: "Buy" }).click();
    await page.waitForURL("**/thanks/?order=TB-1042");
    assert.deepEqual(shop.outcomes, []);
  }));

test("the shop sells without JavaScript", () =>
  visit(startShopStandIn("b", known), { javaScriptEnabled: false }, async (page, shop) => {
    await page.goto(`${shop.url}/checkout/`);
    await page.getByRole("button", { name: "Buy" }).click();
    await page.waitForURL("**/thanks/?order=TB-1042");
  }));

test("an order that is refused says why and can be tried again", () =>
  visit(startShopStandIn("b", known), {}, async (page, shop) => {
    await page.goto(`${shop.url}/checkout/`);
    await page.route("**/api/order", (route) => route.fulfill({ status: 502, body: "" }));
    const buy = page.locator("#order").getByRole("button", { name: "Buy" });
    await buy.click();
    await page.getByRole("alert").filter({ hasText: "The gate is stuck: please try again." }).waitFor();
    assert.equal(await buy.isEnabled(), true);
  }));

test("a shop that does not answer is told in words of its own, in the form and in the strip", () =>
  visit(startShopStandIn("b", known), {}, async (page, shop) => {
    const sentence = "Nobody answers: is the shop still open, and Turnpike running?";
    await page.goto(`${shop.url}/checkout/`);
    await page.locator(".strip").getByText("…4d91").waitFor();
    await page.route(/\/(api|me)\b/, (route) => route.abort());
    await page.locator("#order").getByRole("button", { name: "Buy" }).click();
    await page.getByRole("alert").filter({ hasText: sentence }).waitFor();
    for (const name of ["buy", "be another visitor"]) {
      await page.locator(".strip").getByRole("button", { name }).click();
      await page.locator(".strip").getByText(sentence).waitFor();
    }
  }));

test("no page asks for anything of another origin, nor is wider than a small phone", () =>
  visit(startShopStandIn("b", known), { viewport: { width: 360, height: 740 } }, async (page, shop) => {
    const foreign: string[] = [];
    page.on("request", (request) => {
      if (!request.url().startsWith(shop.url)) foreign.push(request.url());
    });
    for (const path of paths) {
      await page.goto(shop.url + path);
      await page.getByText("page_view on disk in").waitFor();
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360, path);
    }
    assert.deepEqual(foreign, []);
  }));
