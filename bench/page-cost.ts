/**
 * What the script costs a page: the demo's pages with track.full.js and without any, in turn, in a Chromium whose
 * processor is slowed down four times. Told are the page's own vitals in both, and the longest task of the script,
 * beside that of two others in its place: one that does nothing, and one that makes a single fetch.
 */
import { type Browser, type CDPSession, chromium, type Page } from "playwright-core";
import { findChromium } from "../test/browser.ts";
import { type Gateway, root, startGateway } from "../test/gateway.ts";
import { type BenchOptions, median } from "./lib/options.ts";
import { formatTable, ms } from "./lib/table.ts";

const slowDown = 4;
const loadsARound = 6;
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

interface Cost {
  readonly lcp: number;
  readonly cls: number;
  readonly inp: number;
  /** what the script ran in one go, ms; empty without it */
  readonly tasks: readonly number[];
}

/** Prints a table of both; rejects where a task of the script is longer than 10 ms. */
export const runPageCost = async ({ rounds }: BenchOptions): Promise<void> => {
  const gateways: Gateway[] = [];
  const browser = await chromium.launch({ executablePath: findChromium(), args: ["--no-sandbox"] });
  try {
    for (const inject of [false, true]) gateways.push(await startGateway({ config: shop(inject) }));
    const [without = "", withScript = ""] = gateways.map(({ url }) => url);
    const plain: Cost[] = [];
    const costs: Record<Variant, Cost[]> = { "an empty script": [], "one fetch": [], "track.full.js": [] };
    for (let load = 0; load < rounds * loadsARound; load++) {
      const path = paths[load % paths.length];
      const isWarm = load >= paths.length; // the first of each page warms up
      const bare = await measure(browser, without + path);
      if (isWarm) plain.push(bare);
      for (const variant of Object.keys(bodies) as Variant[]) {
        const cost = await measure(browser, withScript + path, bodies[variant]);
        if (isWarm) costs[variant].push(cost);
      }
    }
    report(plain, costs);
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

const measure = async (browser: Browser, url: string, body: string | null = null): Promise<Cost> => {
  const page = await (await browser.newContext()).newPage();
  try {
    if (body !== null)
      await page.route(scriptName, (route) => route.fulfill({ contentType: "text/javascript", body }));
    const session = await page.context().newCDPSession(page);
    await session.send("Emulation.setCPUThrottlingRate", { rate: slowDown });
    await page.addInitScript(observe);
    const stop = await trace(session);
    await page.goto(url, { waitUntil: "load" });
    await page.waitForFunction("window.seen.lcp > 0"); // nothing is painted largest once somebody has scrolled
    await use(page);
    const seen = (await page.evaluate("window.seen")) as Omit<Cost, "tasks">; // what `observe` keeps there
    await page.evaluate(`dispatchEvent(new Event("pagehide"))`);
    return { ...seen, tasks: await stop() };
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

const longestOf = (costs: readonly Cost[]): number[] => costs.map(({ tasks }) => Math.max(0, ...tasks));

const report = (without: readonly Cost[], costs: Readonly<Record<Variant, readonly Cost[]>>): void => {
  const withScript = costs["track.full.js"];
  const row = (name: string, read: (cost: Cost) => number, tell: (n: number) => string) => {
    const [a, b] = [without.map(read), withScript.map(read)];
    return [name, spread(a, tell), spread(b, tell), tell(median(b) - median(a))];
  };
  const rows = [
    row("LCP", ({ lcp }) => lcp, ms),
    row(
      "CLS",
      ({ cls }) => cls,
      (n) => n.toFixed(4),
    ),
    row("INP", ({ inp }) => inp, ms),
  ];
  const tasks = withScript.flatMap(({ tasks: own }) => own);
  const longest = longestOf(withScript);
  const sums = withScript.map(({ tasks: own }) => own.reduce((sum, one) => sum + one, 0));
  process.stdout.write(`${formatTable(["", "without", "with track.full.js", "difference"], rows)}\n\n`);
  process.stdout.write(
    `${withScript.length} loads of each, ${slowDown}x slow-down. The script ran ${spread(sums, ms)} a load, ${tasks.length} times in all, the longest of a load ${spread(longest, ms)}.\n`,
  );
  // What LCP differs by between the scripts that do next to nothing is what it differs by of itself.
  const scripts = Object.entries(costs).map(([name, list]) => [
    name,
    spread(longestOf(list), ms),
    spread(
      list.map(({ lcp }) => lcp),
      ms,
    ),
  ]);
  process.stdout.write(`${formatTable(["", "longest task of a load", "LCP"], scripts)}\n`);
  if (tasks.length === 0)
    throw new Error("page-cost: the trace shows no run of the script, so nothing was measured");
  if (median(longest) > longestTaskMs)
    throw new Error(
      `page-cost: a task of the script took ${ms(median(longest))}, more than ${longestTaskMs} ms (nothing else may run beside this: the slow-down counts what waits for the processor)`,
    );
};

const spread = (values: readonly number[], tell: (n: number) => string): string =>
  `${tell(median(values))} (${tell(Math.min(...values))} – ${tell(Math.max(...values))})`;
