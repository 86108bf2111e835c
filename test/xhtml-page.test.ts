/** A page in XHTML stays well-formed, and is counted as others are: one wrong character would leave an error in its place. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type {} from "../tracker-js/api.ts"; // window.tr
import { launchBrowser } from "./browser.ts";
import { storedNamed } from "./stored.ts";
import { startUpstream } from "./upstream.ts";
import { waitFor } from "./wait-for.ts";
import { withGateway } from "./with-gateway.ts";

const pages = [
  { type: "application/xhtml+xml", cookieless: false },
  { type: "application/xhtml+xml", cookieless: true },
  { type: "text/html", cookieless: false }, // as XHTML 1.0 is mostly served: its declaration must not put it into quirks mode
] as const;

for (const { type, cookieless } of pages) {
  test(`a page in XHTML that comes as ${type}${cookieless ? " from a site without cookies" : ""} is shown as it was, and counted`, async () => {
    const upstream = await startUpstream((_req, res) => {
      res.setHeader("content-type", `${type}; charset=utf-8`);
      res.end(`<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en"><head><title>Shop &amp; more</title></head>
<body><p>well<br/>formed</p></body></html>`);
    });
    const browser = await launchBrowser();
    try {
      const config = {
        routes: [{ path: "/", inject: true, proxy: { upstreams: [upstream.url] } }],
        sites: [{ id: "main", hosts: ["*"], cookieless, dnt: true }],
        experiments: [
          {
            key: "headline",
            variants: [
              { key: "control", weight: 0 },
              { key: "b", weight: 1 },
            ],
            goals: [{ key: "purchase", event: "purchase" }],
          },
        ],
      };
      await withGateway({ config }, async ({ url, data }) => {
        const page = await (await browser.newContext()).newPage();
        await page.goto(`${url}/page`);
        assert.equal(await page.title(), "Shop & more");
        assert.equal(await page.evaluate("document.compatMode"), "CSS1Compat");
        assert.equal(await page.evaluate("document.querySelectorAll('parsererror').length"), 0);
        const variant = await page.evaluate("document.documentElement.getAttribute('data-x-headline')");
        if (!cookieless) assert.equal(variant, "b");
        await page.waitForFunction("window.tr?.flush");
        await page.evaluate("tr.flush()");
        await waitFor(() => storedNamed(data, "page_view").length > 0, "its view");
      });
    } finally {
      await browser.close();
      await upstream.close();
    }
  });
}
