/** A page whose relative addresses lead to another host (`<base>`) still tells its own gateway. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type {} from "../tracker-js/api.ts"; // window.tr
import { launchBrowser } from "./browser.ts";
import { storedNamed } from "./stored.ts";
import { startUpstream } from "./upstream.ts";
import { waitFor } from "./wait-for.ts";
import { withGateway } from "./with-gateway.ts";

test("a page with a base elsewhere is counted, and nothing of it goes there", async () => {
  const upstream = await startUpstream((_req, res) => {
    res.setHeader("content-type", "text/html");
    res.end('<!doctype html><html><head><title>Shop</title><base href="https://cdn.example/">');
  });
  const browser = await launchBrowser();
  try {
    const route = { path: "/", inject: true, proxy: { upstreams: [upstream.url] } };
    await withGateway({ config: { routes: [route] } }, async ({ url, data }) => {
      const page = await (await browser.newContext()).newPage();
      const elsewhere: string[] = [];
      page.on("request", (request) => {
        if (!request.url().startsWith(url)) elsewhere.push(request.url());
      });
      await page.goto(`${url}/based`);
      await page.waitForFunction("window.tr?.flush");
      await page.evaluate("tr.flush()");
      await waitFor(() => storedNamed(data, "page_view").length > 0, "its view");
      assert.deepEqual(elsewhere, []);
    });
  } finally {
    await browser.close();
    await upstream.close();
  }
});
