/** A page with the script on a site of its own, in a browser of its own, for a test to act on. */
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { startTrackerSite, type TrackerSite } from "./tracker-site.ts";

export interface TrackerPage {
  readonly script: Uint8Array | undefined;
  /** of the script's tag */
  readonly attributes?: string;
  /** HTML before the tag, and after it */
  readonly head?: string;
  readonly body?: string;
  /** what runs before anything of the page */
  readonly init?: string;
  readonly path?: string;
}

/** Opens it, waits until the script is there, and checks at the end that nothing was thrown into the page. */
export const visitTrackerPage = async (
  browser: Browser,
  { script, attributes = "", head = "", body = "", init = "", path = "/start" }: TrackerPage,
  run: (page: Page, site: TrackerSite) => Promise<void>,
): Promise<void> => {
  assert.ok(script);
  const tag = `<script src="/track.js" ${attributes}></script>`;
  const site = await startTrackerSite(script, `<!doctype html><title>Shop</title>${head}${tag}${body}`);
  const context = await browser.newContext();
  const errors: Error[] = [];
  try {
    const page = await context.newPage();
    page.on("pageerror", (error) => errors.push(error));
    if (init) await page.addInitScript(init);
    await page.goto(`http://localhost:${site.port}${path}`);
    await page.waitForFunction("window.tr?.flush");
    await run(page, site);
    assert.deepEqual(errors, []);
  } finally {
    await context.close();
    await site.close();
  }
};
