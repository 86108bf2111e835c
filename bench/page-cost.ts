/**
 * What the script costs a page, in a Chromium whose processor is slowed down four times. The page's own vitals: the
 * demo's pages with track.full.js and without any, in turn. And the longest task of the script, beside that of two
 * others in its place, one that does nothing and one that makes a single fetch: in loads of their own, because tracing,
 * and answering in the script's place, change when a page is painted.
 */
import { type Browser, type CDPSession, chromium, type Page } from "playwright-core";
import { findChromium } from "../test/browser.ts";
import { type Gateway, root, startGateway } from "../test/gateway.ts";
import { differenceOf } from "./lib/interval.ts";
import { type BenchOptions, median } from "./lib/options.ts";
import { formatTable, ms } from "./lib/table.ts";

const slowDown = 4;
const loadsARound = 10;
/** of those, how many are followed by loads that are traced; odd, so that each page is */
const tracedEvery = 3;
const paths = ["/", "/pricing/"];
/** no task of the script may be longer, ms at that slow-down */
const longestTaskMs = 10;

/** What stands in the script's place, under its name; null is the script itself. */
const bodies = {
  "an empty script": `/*${"-".repeat(7600)}*/`,
  "one fetch": `fetch(new URL("/tr/v1/", document.currentScript.src), { method: "POST", body: JSON.stringify({ events: [] }), keepalive: true })`,
  "track.full.js": null,
} as const;
type Variant = keyof typeof bodies;

interface Vitals {
  readonly lcp: number;
  readonly cls: number;
  readonly inp: number;
}

/** Prints a table of both; rejects where the script changes a vital beyond the noise, or has a task longer than 10 ms. */
export const runPageCost = async ({ rounds }: BenchOptions): Promise<void> => {
  const gateways: Gateway[] = [];
  const browser = await chromium.launch({ executablePath: findChromium(), args: ["--no-sandbox"] });
  try {
    for (const inject of [false, true]) gateways.push(await startGateway({ config: shop(inject) }));
    const [without = "", withScript = ""] = gateways.map(({ url }) => url);
    const vitals = { without: [] as Vitals[], withScript: [] as Vitals[] };
    const tasks: Record<Variant, (readonly number[])[]> = {
      "an empty script": [],
      "one fetch": [],
      "track.full.js": [],
    };
    for (let load = 0; load < paths.length + rounds * loadsARound; load++) {
      const path = paths[load % paths.length];
      const isWarm = load >= paths.length; // the first of each page warms up
      const bare = await measureVitals(browser, without + path);
      const own = await measureVitals(browser, withScript + path);
      if (!isWarm) continue;
      vitals.without.push(bare);
      vitals.withScript.push(own);
      if (load % tracedEvery !== 0) continue;
      for (const variant of Object.keys(bodies) as Variant[]) {
        tasks[variant].push(await measureTasks(browser, withScript + path, bodies[variant]));
      }
    }
    const faults = [...reportVitals(vitals.without, vitals.withScript), ...reportTasks(tasks)];
    if (faults.length > 0)
      throw new Error(`page-cost: ${faults.join("; ")} (nothing else may run beside this)`);
  } finally {
    await browser.close();
    for (const gateway of gateways) await gateway.close();
  }
};

const shop = (inject: boolean) => ({
  routes: [
    { path: "/api/", proxy: { upstreams: ["demo"] } },
    { path: "/", static: { dir: `${root}setup/demo/public` }, inject },
  ],
  sites: [{ id: "main", script: "full" }],
});

const measureVitals = (browser: Browser, url: string): Promise<Vitals> =>
  visit(browser, async (page) => {
    await page.addInitScript(observe);
    await page.goto(url, { waitUntil: "load" });
    await page.waitForFunction("window.seen.lcp > 0"); // nothing is painted largest once somebody has scrolled
    await use(page);
    return (await page.evaluate("window.seen")) as Vitals; // what `observe` keeps there
  });

/** How long each run of the script took, ms, with this text in the place of its own. */
const measureTasks = (browser: Browser, url: string, body: string | null): Promise<readonly number[]> =>
  visit(browser, async (page, session) => {
    if (body !== null) {
      await page.route(scriptName, (route) => route.fulfill({ contentType: "text/javascript", body }));
    }
    const stop = await trace(session);
    await page.goto(url, { waitUntil: "load" });
    await use(page);
    await page.evaluate(`dispatchEvent(new Event("pagehide"))`);
    return await stop();
  });

const visit = async <T>(
  browser: Browser,
  look: (page: Page, session: CDPSession) => Promise<T>,
): Promise<T> => {
  const page = await (await browser.newContext()).newPage();
  try {
    const session = await page.context().newCDPSession(page);
    await session.send("Emulation.setCPUThrottlingRate", { rate: slowDown });
    return await look(page, session);
  } finally {
    await page.context().close();
  }
};

/** Somebody reads, presses and types; the page itself moves on. */
const use = async (page: Page): Promise<void> => {
  await page.mouse.wheel(0, 400);
  for (let i = 0; i < 5; i++) await page.click("h1");
  await page.evaluate(`history.pushState(null, "", "?step=2")`);
  await page.evaluate("window.tr?.('used', { times: 5 })");
  // Long enough for all that is put off: views by 100 ms, deliveries by a round trip.
  await page.evaluate("new Promise((done) => setTimeout(done, 400))");
};

/** Runs in the page, before all else. */
const observe = `(() => {
  const seen = (window.seen = { lcp: 0, cls: 0, inp: 0 });
  const on = (type, read, more) => new PerformanceObserver((list) => list.getEntries().forEach(read)).observe({ type, buffered: true, ...more });
  on("largest-contentful-paint", (entry) => { seen.lcp = entry.startTime });
  on("layout-shift", (entry) => { if (!entry.hadRecentInput) seen.cls += entry.value });
  on("event", (entry) => { if (entry.interactionId) seen.inp = Math.max(seen.inp, entry.duration) }, { durationThreshold: 16 });
})()`;

interface TraceEvent {
  readonly name: string;
  /** µs of the processor, in which the slow-down spins; what waits for it, as beside other programs, is not the script's */
  readonly tdur?: number;
  readonly args?: { readonly data?: { readonly url?: string } };
}

/** Begins to trace; the function ends it, and answers the ms of each run of our script. */
const trace = async (session: CDPSession): Promise<() => Promise<number[]>> => {
  const events: TraceEvent[] = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...(value as unknown as TraceEvent[]))); // as Chromium documents it
  await session.send("Tracing.start", {
    transferMode: "ReportEvents",
    traceConfig: { includedCategories: ["devtools.timeline"] },
  });
  return async () => {
    const complete = new Promise<void>((resolve) => session.once("Tracing.tracingComplete", () => resolve()));
    await session.send("Tracing.end");
    await complete;
    return events.filter(isOurs).map(({ tdur = 0 }) => tdur / 1000);
  };
};

const scriptName = /\/track[.\w]*\.js/;
const isOurs = ({ name, args }: TraceEvent): boolean =>
  (name === "EvaluateScript" || name === "FunctionCall") && scriptName.test(args?.data?.url ?? "");

/** Prints how far each vital differs; answers what the script makes worse. */
const reportVitals = (without: readonly Vitals[], withScript: readonly Vitals[]): readonly string[] => {
  const names = ["lcp", "cls", "inp"] as const;
  const rows = names.map((name) => {
    const [a, b] = [without.map((one) => one[name]), withScript.map((one) => one[name])];
    const tell = (n: number) => (name === "cls" ? n.toFixed(4) : ms(n));
    const [low, high] = differenceOf(a, b);
    const row = [name.toUpperCase(), spread(a, tell), spread(b, tell), `${tell(low)} to ${tell(high)}`];
    return { row, fault: low > 0 ? `${name.toUpperCase()} is worse with the script` : null };
  });
  const head = ["", "without", "with track.full.js", "difference, 95 %"];
  const table = formatTable(
    head,
    rows.map(({ row }) => row),
  );
  process.stdout.write(`${without.length} loads of each, ${slowDown}x slow-down.\n${table}\n\n`);
  return rows.flatMap(({ fault }) => fault ?? []);
};

/** Prints what each script ran; answers whether a task of ours was too long. */
const reportTasks = (tasks: Readonly<Record<Variant, readonly (readonly number[])[]>>): readonly string[] => {
  const longest = (variant: Variant) => tasks[variant].map((own) => Math.max(0, ...own));
  const rows = (Object.keys(bodies) as Variant[]).map((variant) => {
    const sums = tasks[variant].map((own) => own.reduce((sum, one) => sum + one, 0));
    return [variant, spread(longest(variant), ms), spread(sums, ms)];
  });
  const head = [`${tasks["track.full.js"].length} loads of each`, "longest task of a load", "all of a load"];
  process.stdout.write(`${formatTable(head, rows)}\n`);
  const own = median(longest("track.full.js"));
  if (own === 0) return ["the trace shows no run of the script, so nothing was measured"];
  return own > longestTaskMs ? [`a task of the script took ${ms(own)}, more than ${longestTaskMs} ms`] : [];
};

const spread = (values: readonly number[], tell: (n: number) => string): string =>
  `${tell(median(values))} (${tell(Math.min(...values))} – ${tell(Math.max(...values))})`;
