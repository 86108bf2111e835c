/** A page that comes to the browser through the site's own service worker is a page like any. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type {} from "../tracker-js/api.ts"; // window.tr
import { launchBrowser } from "./browser.ts";
import { storedNamed } from "./stored.ts";
import { startUpstream } from "./upstream.ts";
import { waitFor } from "./wait-for.ts";
import { withGateway } from "./with-gateway.ts";

const worker = `
addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("fetch", (event) => event.respondWith(fetch(event.request)));`;

const experiment = {
  key: "headline",
  variants: [
    { key: "control", weight: 0 },
    { key: "b", weight: 1 },
  ],
  goals: [{ key: "signup", event: "signup" }],
};

test("a service worker's page has the script and the variant, and counts once; what a page fetches has neither", async () => {
  const upstream = await startUpstream((req, res) => {
    const isWorker = req.url === "/sw.js";
    res.setHeader("content-type", isWorker ? "text/javascript" : "text/html");
    res.end(isWorker ? worker : "<!doctype html><html><head><title>Shop</title></head></html>");
  });
  const browser = await launchBrowser();
  try {
    const route = { path: "/", inject: true, proxy: { upstreams: [upstream.url] } };
    await withGateway({ config: { routes: [route], experiments: [experiment] } }, async ({ url, data }) => {
      const page = await (await browser.newContext()).newPage();
      await page.goto(`${url}/first`);
      await page.evaluate(async () => void (await navigator.serviceWorker.register("/sw.js")));
      await page.waitForFunction("navigator.serviceWorker.controller");
      await page.goto(`${url}/second`);
      await page.waitForFunction("window.tr?.flush");
      await page.evaluate("tr.flush()");
      assert.equal(await page.evaluate("document.documentElement.dataset.xHeadline"), "b");
      const part = await page.evaluate(async () => (await fetch("/part")).text());
      assert.doesNotMatch(part, /track\.js|data-x-/);

      const viewsOf = (path: string) =>
        storedNamed(data, "page_view").filter((event) => event.page_path === path);
      await waitFor(() => viewsOf("/second").length > 0, "the second page's view");
      assert.deepEqual([viewsOf("/first").length, viewsOf("/second").length], [1, 1]);
      assert.equal(viewsOf("/first")[0]?.client_id, viewsOf("/second")[0]?.client_id);
    });
  } finally {
    await browser.close();
    await upstream.close();
  }
});
