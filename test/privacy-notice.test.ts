/** `GET …/privacy` says what a browser really ends up with, in both homes, and no more. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import type { Home, Kept } from "../gateway/collect/privacy-notice.ts";
import type {} from "../tracker-js/api.ts"; // window.tr
import { ask } from "./ask.ts";
import { launchBrowser } from "./browser.ts";
import { type PrivateSites, type Rule, startPrivateSites } from "./private-sites.ts";

let browser: Browser;
let sites: PrivateSites;
before(async () => {
  browser = await launchBrowser();
  sites = await startPrivateSites();
});
after(async () => {
  await browser?.close();
  await sites?.close();
});

interface Found {
  readonly name: string;
  readonly where: Kept["where"];
  readonly readableByScripts: boolean;
  /** of a cookie; null as long as the browser is open */
  readonly seconds: number | null;
}

const noticeOf = async (rule: Rule, home: Home): Promise<readonly Kept[]> => {
  const { text } = await ask(`${sites.gateway.url}/tr/v1/privacy`, {
    headers: { host: `${rule}.localhost` },
  });
  const { kept }: { readonly kept: readonly Kept[] } = JSON.parse(text);
  return kept.filter(({ homes }) => homes.includes(home));
};

const cookiesIn = async (context: BrowserContext): Promise<Found[]> =>
  (await context.cookies()).map(({ name, httpOnly, expires }) => ({
    name,
    where: "cookie",
    readableByScripts: !httpOnly,
    seconds: expires === -1 ? null : expires - Date.now() / 1000,
  }));

const storedIn = async (page: Page): Promise<Found[]> => {
  const found: Found[] = [];
  for (const where of ["localStorage", "sessionStorage"] as const) {
    const names = await page.evaluate((store) => Object.keys(window[store]), where);
    found.push(...names.map((name) => keptAs(name, where)));
  }
  return found;
};

/** An event is its own name: the notice tells how those begin. */
const keptAs = (name: string, where: Kept["where"]): Found => ({
  name: name.replace(/^tp_q.+/, "tp_q…"),
  where,
  readableByScripts: true,
  seconds: null,
});

/** Two pages, a yes, and a wish not to be counted: all that a visitor can do. */
const useSite = async (rule: Rule, home: Home): Promise<Found[]> => {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const first =
      home === "fronted" ? `${sites.fronted(rule)}/?` : `${sites.dropIn(rule, attributes(rule))}&`;
    await page.goto(`${first}ref=partner`);
    await page.waitForFunction("window.tr?.flush");
    const undelivered = await page.evaluate<string[]>(`(tr("probe"), Object.keys(localStorage))`);
    const found = undelivered.map((name) => keptAs(name, "localStorage"));
    await page.evaluate("tr.flush()");
    const told = home === "dropIn" && rule !== "cookieless";
    if (told) await page.waitForFunction("/(^|; )params=/.test(document.cookie)");
    await page.goto(`${first}ref=partner&page=2`);
    await page.waitForFunction("window.tr?.flush");
    found.push(...(await cookiesIn(context)), ...(await storedIn(page)));
    await page.evaluate("tr.consent(true)");
    found.push(...(await cookiesIn(context)));
    await page.evaluate("tr.optout()");
    found.push(...(await cookiesIn(context)));
    return found;
  } finally {
    await context.close();
  }
};

const attributes = (rule: Rule): string => (rule === "cookieless" ? " data-cookieless" : "track.full");

const keyOf = ({ where, name }: Pick<Kept, "where" | "name">): string => `${where} ${name}`;

/** It lives for the blink of an eye, and no look at the end finds it. */
const passing = "cookie tp_d";

for (const rule of ["full", "cookieless"] as const) {
  for (const home of ["fronted", "dropIn"] as const) {
    test(`a browser of a site (${rule}, ${home}) holds what the notice says, and nothing else`, async () => {
      const [kept, found] = [await noticeOf(rule, home), await useSite(rule, home)];
      const names = new Set(kept.map(keyOf));
      names.delete(passing);
      assert.deepEqual([...new Set(found.map(keyOf))].sort(), [...names].sort());
      for (const one of found) {
        const said = kept.find((other) => keyOf(other) === keyOf(one));
        assert.equal(one.readableByScripts, said?.readableByScripts, one.name);
        assert.ok(said?.purpose);
        if (one.where !== "cookie") continue;
        assert.equal(
          one.seconds === null,
          said?.seconds === null,
          `${one.name}: ${one.seconds} ${said?.seconds}`,
        );
        // Less what the test took since.
        const life = (said?.seconds ?? 0) - (one.seconds ?? 0);
        assert.ok(life > -5 && life < 120, `${one.name} lives ${one.seconds} s, ${said?.seconds} are told`);
      }
    });
  }
}
