/** Small applications on three routers of today: one view a screen, whatever each does to History. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Browser } from "playwright-core";
import { bundle } from "../setup/build/bundle.ts";
import type {} from "../tracker-js/api.ts"; // window.tr
import { launchBrowser } from "./browser.ts";
import { startTrackerSite } from "./tracker-site.ts";

/** In test/router-apps; each has links #a, #b, #same, #old (which is sent on to /b), and says its screen in `<h1>`. */
const applications = ["react-router", "vue-router", "wouter"] as const;

const root = fileURLToPath(new URL("..", import.meta.url));
const bundleApp = async (name: string): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [`${root}test/router-apps/${name}.js`],
    bundle: true,
    minify: true,
    format: "iife",
    write: false,
    define: {
      "process.env.NODE_ENV": '"production"',
      __VUE_OPTIONS_API__: "true",
      __VUE_PROD_DEVTOOLS__: "false",
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false",
    },
    logLevel: "silent",
  });
  return (outputFiles[0]?.text ?? "").replaceAll("</script", "<\\/script");
};

let browser: Browser;
let script: Uint8Array;
before(async () => {
  browser = await launchBrowser();
  script = await bundle(`${root}tracker-js/index.ts`, { target: "es2021", quiet: true });
});
after(() => browser?.close());

const steps = [
  { does: "#a", shows: "a", view: "/a" },
  { does: "#b", shows: "b", view: "/b" },
  { does: "back", shows: "a", view: "/a" },
  { does: "#same", shows: "a", view: null },
  { does: "#old", shows: "b", view: "/b" },
  { does: "back", shows: "a", view: "/a" },
  { does: "forward", shows: "b", view: "/b" },
] as const;

for (const name of applications) {
  for (const order of ["before", "after"] as const) {
    test(`${name}, the script ${order} it: each screen is one view, and a redirect none`, async () => {
      const app = `<div id="app"></div><script>${await bundleApp(name)}</script>`;
      const tag = `<script src="/track.js"></script>`;
      const html = order === "before" ? tag + app : app + tag;
      const site = await startTrackerSite(script, `<!doctype html><title>start</title><body>${html}</body>`);
      const page = await browser.newPage();
      const errors: Error[] = [];
      page.on("pageerror", (error) => errors.push(error));
      try {
        // The page's time stands still but for where a step lets it pass: a slow machine changes no redirect into a view.
        await page.clock.install({ time: new Date("2026-01-01T00:00:00Z") });
        await page.clock.pauseAt(new Date("2026-01-01T00:00:01Z"));
        await page.goto(`http://localhost:${site.port}/start`);
        await page.locator("h1", { hasText: "start" }).waitFor();
        const seen = ["/start"];
        for (const { does, shows, view } of steps) {
          if (does === "back") await page.evaluate("history.back()");
          else if (does === "forward") await page.evaluate("history.forward()");
          else await page.click(does);
          await page.locator("h1", { hasText: new RegExp(`^${shows}$`) }).waitFor();
          // What is left within 100 ms counts as a redirect.
          await page.clock.runFor(120);
          if (view) seen.push(view);
        }
        await page.clock.resume();
        await page.evaluate("tr.flush()");
        const events = await site.waitFor(seen.length);
        const views = events.filter(({ ename }) => ename === "page_view");
        assert.deepEqual(
          views.map(({ url = "" }) => new URL(url).pathname),
          seen,
        );
        assert.deepEqual(errors, []);
      } finally {
        await page.close();
        await site.close();
      }
    });
  }
}
