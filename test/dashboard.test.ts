import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { launchBrowser } from "./browser.ts";
import {
  cannedEvent,
  cannedOverview,
  type DashboardStandIn,
  goodCode,
  goodToken,
  startDashboardStandIn,
} from "./dashboard-stand-in.ts";

let browser: Browser;
let context: BrowserContext;
let page: Page;
let admin: DashboardStandIn;
let errors: string[];

before(async () => {
  [browser, admin] = await Promise.all([launchBrowser(), startDashboardStandIn(cannedOverview())]);
});
after(async () => {
  await browser.close();
  await admin.close();
});
beforeEach(async () => {
  Object.assign(admin, { overview: cannedOverview(), signedIn: true, failing: false });
  errors = [];
  context = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"] });
  page = await context.newPage();
  page.on("pageerror", (error) => errors.push(error.message));
});
afterEach(async () => {
  await context.close();
  assert.deepEqual(errors, []);
});

const open = async (path = "/"): Promise<void> => {
  await page.goto(admin.url + path);
  await page.locator("#newest li").first().waitFor();
};
const texts = (selector: string): Promise<string[]> => page.locator(selector).allTextContents();

test("the newest events are in order of receipt, newest on top, and new ones arrive above", async () => {
  admin.overview = cannedOverview({
    newest: [1, 2, 3].map((seq) => cannedEvent(seq, { page: `/${seq}` })),
  });
  await open();
  assert.deepEqual(await texts("#newest .page"), ["/3", "/2", "/1"]);

  const more = [4, 5].map((seq) => cannedEvent(seq, { page: `/${seq}` }));
  admin.overview = cannedOverview({ newest: [...admin.overview.newest, ...more] });
  await page.locator("#newest li", { hasText: "/5" }).waitFor();
  assert.deepEqual(await texts("#newest .page"), ["/5", "/4", "/3", "/2", "/1"]);
  assert.equal(await page.locator("#newest .fresh").count(), 2);
});

test("at most fifty rows are kept", async () => {
  admin.overview = cannedOverview({ newest: [cannedEvent(1)] });
  await open();
  admin.overview = cannedOverview({
    newest: Array.from({ length: 50 }, (_, i) => cannedEvent(i + 2, { page: `/${i + 2}` })),
  });
  await page.locator("#newest li", { hasText: "/51" }).waitFor();
  assert.equal(await page.locator("#newest li").count(), 50);
});

test("an event shows its visitor, variant, value, labels, and its problems in words", async () => {
  const problem = "“value” is not a number and was left out.";
  admin.overview = cannedOverview({
    newest: [
      cannedEvent(1, {
        name: "purchase",
        type: "outcome",
        value: 22,
        currency: "EUR",
        bot: "headless: HeadlessChrome",
        demo: true,
        problems: [problem],
      }),
    ],
  });
  await open();
  const row = page.locator("#newest li");
  assert.equal(await row.locator(".problem").textContent(), problem);
  assert.equal(await row.locator(".visitor").textContent(), "…4d91");
  assert.equal(await row.locator(".amount").textContent(), "€22.00");
  assert.deepEqual(await texts("#newest .chip"), ["b", "bot: headless", "demo"]);
});

test("an event of one experiment shows its variant, and of several how many they are", async () => {
  const variants = ["pricing-headline=b", "checkout=control"];
  admin.overview = cannedOverview({
    newest: [cannedEvent(1), cannedEvent(2, { variants }), cannedEvent(3, { variant: null, variants: [] })],
  });
  await open();
  const chips = await page
    .locator("#newest .chip")
    .evaluateAll((all) => all.map((chip) => [chip.textContent, (chip as HTMLElement).title]));
  assert.deepEqual(chips, [
    ["2 variants", "pricing-headline=b, checkout=control"],
    ["b", "pricing-headline=b"],
  ]);
});

test("markup in what a client sent stays text", async () => {
  const attack = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>';
  admin.overview = cannedOverview({
    newest: [
      cannedEvent(1, {
        name: attack,
        page: attack,
        variant: attack,
        problems: [attack],
        currency: attack,
        value: 1,
      }),
    ],
    siteUrl: "javascript:window.hit=1",
    trouble: attack,
    snippet: attack,
  });
  await open();
  assert.equal(await page.locator("#newest .name").textContent(), attack);
  assert.equal(await page.locator("#newest .problem").textContent(), attack);
  assert.equal(await page.locator("#snippet").textContent(), attack);
  assert.equal(await page.locator("#live img, #live script").count(), 0);
  assert.equal(await page.locator("#site").getAttribute("href"), null);
  assert.equal(await page.evaluate("window.hit"), undefined);
});

test("the experiment says its sentence above the table, with the lift and its interval", async () => {
  await open();
  const goal = cannedOverview().experiments[0]?.goals[0];
  assert.equal(await page.locator(".sentence").textContent(), goal?.sentence);
  const rows = (await texts("#experiments tbody tr")).map((row) => row.replace(/\s+/g, " "));
  assert.equal(rows.length, 2);
  assert.match(rows[0] ?? "", /control.*362.*38.*10 %.*1\.25/);
  assert.match(rows[1] ?? "", /b.*369.*48.*13 %.*1\.58.*\+24 %.*−14 % … \+45 %/);
  assert.equal(await page.locator("svg.interval").count(), 1);
});

test("of thirty experiments three are open, and what a person opens stays so while figures change", async () => {
  const [shape] = cannedOverview().experiments;
  assert.ok(shape);
  const thirty = Array.from({ length: 30 }, (_, i) => ({
    ...shape,
    key: `e${i}`,
    status: i < 10 ? "stopped" : "running",
    firstSeen: i > 25 ? null : `2025-03-${i + 1}`,
  }));
  admin.overview = cannedOverview({ experiments: thirty });
  await page.setViewportSize({ width: 1280, height: 900 });
  await open();
  const openKeys = () => texts("#experiments details[open] > summary h2");
  assert.deepEqual(await openKeys(), ["e25", "e24", "e23"]);
  assert.ok((await page.evaluate(() => document.documentElement.scrollHeight)) < 4_000);
  await page.getByText("10 stopped experiments").click();
  await page.getByRole("heading", { name: "e25" }).click();
  const ten = page.locator("summary", { has: page.getByRole("heading", { name: "e10" }) });
  await ten.focus();
  await page.keyboard.press("Enter");
  const after = ["e24", "e23", "e10", "10 stopped experiments"];
  assert.deepEqual(await openKeys(), after);
  admin.overview = cannedOverview({ experiments: thirty.map((one) => ({ ...one, multiple: 77 })) });
  await ten.locator("xpath=..").getByText("77 people saw more than one variant").waitFor();
  assert.deepEqual(await openKeys(), after);
  assert.equal(await ten.evaluate((node) => node === document.activeElement), true, "the keyboard stays");
});

test("goals beyond the first stand behind one line, which stays open while figures change", async () => {
  const [shape] = cannedOverview().experiments;
  const [goal] = shape?.goals ?? [];
  assert.ok(shape && goal);
  const goals = Array.from({ length: 8 }, (_, i) => ({ ...goal, goal: `goal-${i}` }));
  admin.overview = cannedOverview({ experiments: [{ ...shape, goals }] });
  await open();
  assert.equal(await page.locator(".goal:visible").count(), 2);
  await page.getByRole("heading", { name: "6 more goals" }).click();
  assert.equal(await page.locator(".goal:visible").count(), 8);
  admin.overview = cannedOverview({ experiments: [{ ...shape, goals, multiple: 77 }] });
  await page.getByText("77 people saw more than one variant").waitFor();
  assert.equal(await page.locator(".goal:visible").count(), 8);
});

test("a split that is not as configured is said", async () => {
  const [experiment] = cannedOverview().experiments;
  assert.ok(experiment);
  admin.overview = cannedOverview({ experiments: [{ ...experiment, sampleRatioP: 0.0002 }] });
  await open();
  assert.match((await page.locator(".warning").textContent()) ?? "", /^People are not split as configured/);
  const splitSince = "2025-03-01";
  admin.overview = cannedOverview({ experiments: [{ ...experiment, sampleRatioP: 0.0002, splitSince }] });
  await page.getByText("People who came after the change of weights on 2025-03-01 are not split").waitFor();
});

test("results that are being worked out again are said to be, above the figures", async () => {
  const [experiment] = cannedOverview().experiments;
  assert.ok(experiment);
  const rebuilding = "The results are being worked out again (40 % done).";
  admin.overview = cannedOverview({ experiments: [{ ...experiment, rebuilding }] });
  await open();
  assert.deepEqual(await texts("#experiments .warning:has(~ .goal)"), [rebuilding]);
  admin.overview = cannedOverview();
  await page.locator("#experiments .warning").waitFor({ state: "detached" });
});

test("a tracked request shows its method, its status and how long it took", async () => {
  const of = (status: number | null, durationMs: number) => ({ method: "POST", status, durationMs });
  const request = { name: "request", type: "log", page: "/api/orders/:id", variant: null, visitor: null };
  admin.overview = cannedOverview({
    newest: [
      cannedEvent(1, { ...request, request: of(201, 34) }),
      cannedEvent(2, { ...request, request: of(503, 1250) }),
    ],
  });
  await open();
  assert.deepEqual(await texts("#newest .method"), ["POST", "POST"]);
  assert.deepEqual(await texts("#newest .took"), ["1.3 s", "34 ms"]);
  assert.deepEqual(await texts("#newest .chip"), ["503", "201"]);
  assert.deepEqual(await texts("#newest .chip.bot"), ["503"]);
  assert.deepEqual(await texts("#newest .type"), []);
});

test("what the script alone would miss is one figure and one sentence, and nothing where no page is served", async () => {
  await open();
  assert.equal(await page.locator("#page-loads-share").textContent(), "11 %");
  assert.equal(
    await page.locator("#page-loads-sentence").textContent(),
    cannedOverview().pageLoads?.sentence,
  );
  admin.overview = cannedOverview({ pageLoads: null });
  await page.locator("#page-loads").waitFor({ state: "hidden" });
});

test("what could not be written is said, and nothing where all was", async () => {
  await open();
  assert.equal(await page.locator("#missed").isVisible(), false);
  admin.overview = cannedOverview({ missed: { exposuresLate: 7, exposuresLost: 1, requestsDropped: 1200 } });
  await page.locator("#missed", { hasText: "1 exposure lost" }).waitFor();
  assert.equal(
    await page.locator("#missed").textContent(),
    "Since the start: 1,200 events of tracked requests dropped while the disk was behind, 1 exposure lost.",
  );
});

test("without events the page says where to click", async () => {
  admin.overview = cannedOverview({ newest: [] });
  await page.goto(admin.url);
  await page.locator("#newest-empty").waitFor();
  assert.match(
    (await page.locator("#newest-empty").textContent()) ?? "",
    /Open http:\/\/localhost:8080 and click around/,
  );
});

test("the totals stand on top, the made-up visitors beside them", async () => {
  await open();
  assert.equal(await page.locator("#events-total").textContent(), "4,218");
  assert.equal(await page.locator("#visitors-note").textContent(), "500 made up");
  assert.equal(await page.locator(".spark rect").count(), 60);
});

test("the checklist ticks itself, and the snippet waits until its first event came", async () => {
  await open();
  assert.equal(await page.locator("#checklist .done").count(), 2);
  assert.match((await page.locator("#snippet-state").textContent()) ?? "", /^waiting for the first event/);

  admin.overview = cannedOverview({
    checklist: admin.overview.checklist.map((item) => ({ ...item, done: true })),
    snippetSeen: true,
  });
  await page.locator("#checklist .done").nth(3).waitFor();
  assert.equal(await page.locator("#snippet-state").textContent(), "its events arrive");
});

test("the copy button puts the snippet on the clipboard", async () => {
  await open();
  await page.getByRole("button", { name: "Copy" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), cannedOverview().snippet);
});

test("a lost connection is said, and the page goes on by itself once it is back", async () => {
  await open();
  admin.failing = true;
  await page.locator("#health", { hasText: "connection lost, trying again" }).waitFor();
  admin.failing = false;
  await page.locator('#health[data-state="well"]').waitFor();
});

test("trouble of the gateway is said in its own sentence", async () => {
  admin.overview = cannedOverview({ trouble: "The disk is full: events are refused." });
  await open();
  assert.equal(await page.locator("#health").textContent(), "The disk is full: events are refused.");
  assert.equal(await page.locator("#health").getAttribute("data-state"), "trouble");
});

test("a data folder that began anew is shown from its first event", async () => {
  await open();
  admin.overview = cannedOverview({
    totals: { ...admin.overview.totals, events: 1, bots: 0 },
    newest: [cannedEvent(1, { page: "/anew" })],
  });
  await page.locator("#newest li", { hasText: "/anew" }).waitFor();
  assert.equal(await page.locator("#newest li").count(), 1);
});

test("a token signs in, a wrong one is answered with the server's sentence", async () => {
  admin.signedIn = false;
  await page.goto(admin.url);
  await page.getByLabel("Token").fill("tp_wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").filter({ hasText: "This token is not known here." }).waitFor();
  await page.getByLabel("Token").fill(goodToken);
  await page.keyboard.press("Enter");
  await page.locator("#newest li").first().waitFor();
  assert.equal(await page.locator("#sign-in").isVisible(), false);
  assert.equal(await page.getByLabel("Token").inputValue(), "");
});

test("a one-use link signs in and leaves the address", async () => {
  admin.signedIn = false;
  await open(`/#code=${goodCode}`);
  assert.equal(page.url(), `${admin.url}/`);
});

test("a used link says so, and turns nobody away who is signed in", async () => {
  admin.signedIn = false;
  await page.goto(`${admin.url}/#code=USED`);
  await page.getByRole("alert").filter({ hasText: "This link was used already." }).waitFor();
  assert.equal(page.url(), `${admin.url}/`);

  admin.signedIn = true;
  await page.goto("about:blank");
  await open("/#code=USED");
  assert.equal(await page.locator("#sign-in").isVisible(), false);
});

test("a link pasted into the open page signs in as well", async () => {
  admin.signedIn = false;
  await page.goto(admin.url);
  await page.getByLabel("Token").waitFor();
  await open(`/#code=${goodCode}`);
  assert.equal(page.url(), `${admin.url}/`);
});

test("a sign-in that ends while the page is open is said, and the first visit hears nothing of it", async () => {
  admin.signedIn = false;
  await page.goto(admin.url);
  await page.getByLabel("Token").waitFor();
  assert.equal(await page.getByRole("alert").textContent(), "");
  admin.signedIn = true;
  await page.goto("about:blank");
  await open();
  admin.signedIn = false;
  await page.getByRole("alert").filter({ hasText: "Your sign-in has ended" }).waitFor();
});

test("after signing in the keyboard begins at the page's heading", async () => {
  admin.signedIn = false;
  await page.goto(admin.url);
  await page.getByLabel("Token").fill(goodToken);
  await page.keyboard.press("Enter");
  await page.locator("#newest li").first().waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.id), "brand");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "site");
});

test("a reader of headings finds one of the first level, and tables stay tables on a phone", async () => {
  await open();
  assert.equal(await page.getByRole("heading", { level: 1, name: "Turnpike" }).count(), 1);
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 740 });
    await page.getByRole("rowheader", { name: "control baseline" }).waitFor();
    assert.equal(await page.getByRole("columnheader", { name: "Converted" }).count(), 1);
  }
});

test("signing out leads to the sign-in form", async () => {
  await open();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Token").waitFor();
  assert.equal(admin.signedIn, false);
});

test("nothing is wider than a small phone", async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  admin.overview = cannedOverview({
    newest: [
      cannedEvent(1, { name: "n".repeat(200), page: `/${"p".repeat(300)}`, problems: ["x".repeat(200)] }),
    ],
  });
  await open();
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360);
});

test("long names and large numbers stay in their column, on a small phone and beside the checklist", async () => {
  const [experiment] = cannedOverview().experiments;
  const [goal] = experiment?.goals ?? [];
  assert.ok(experiment && goal);
  const variants = goal.variants.map((variant, i) => ({
    ...variant,
    variant: `${"v".repeat(63)}${i}`,
    sum: 1e15,
  }));
  const totals = { events: 1234567890, visitors: 98765432, sessions: 123456789, bots: 9876543 };
  admin.overview = cannedOverview({
    totals: { ...cannedOverview().totals, ...totals },
    experiments: [
      {
        ...experiment,
        key: "k".repeat(64),
        hypothesis: "h".repeat(300),
        goals: [{ ...goal, goal: "g".repeat(64), sentence: `${"s".repeat(64)} sells more`, variants }],
      },
    ],
  });
  for (const width of [360, 640, 1100, 1440]) {
    await page.setViewportSize({ width, height: 740 });
    await open();
    const beyond = await page.evaluate(() => {
      const right = (element: Element) => element.getBoundingClientRect().right;
      const column = document.querySelector(".story");
      const goals = [...document.querySelectorAll(".story > *, .goal, .experiment > *")];
      const numbers = [...document.querySelectorAll(".numbers dd")].map((dd) => dd.getBoundingClientRect());
      const overlaps = numbers.filter((a, i) =>
        numbers.some(
          (b, n) =>
            n > i &&
            a.right > b.left + 1 &&
            b.right > a.left + 1 &&
            a.bottom > b.top + 1 &&
            b.bottom > a.top + 1,
        ),
      );
      const out = goals.filter((element) => column && right(element) > right(column) + 1);
      return [document.documentElement.scrollWidth - innerWidth, out.length, overlaps.length];
    });
    assert.deepEqual(beyond, [0, 0, 0], `${width}`);
  }
});
