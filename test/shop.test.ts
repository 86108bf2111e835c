import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import type { ExperimentReport } from "../gateway/model/admin.ts";
import { ask, variantIn, variantOf } from "./ask.ts";
import { launchBrowser } from "./browser.ts";
import { adminToken, type Gateway, startGateway } from "./gateway.ts";
import { queryData, settle, storedEvents, storedNamed } from "./stored.ts";
import { waitFor } from "./wait-for.ts";

const headlines: Readonly<Record<string, string>> = {
  control: "Fresh coffee through the door, every fortnight.",
  b: "Save €39 a year on the coffee you drink anyway.",
};
const daySeconds = 86_400;

let browser: Browser;
let gateway: Gateway;
before(async () => {
  [browser, gateway] = await Promise.all([launchBrowser(), startGateway()]);
});
after(async () => {
  await browser?.close();
  await gateway?.close();
});

interface Shopper {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly vid: string;
  readonly variant: string;
}

/** The people whom this file has brought to the shop: visitor → variant. */
const seen = new Map<string, string>();

const cookiesOf = async (context: BrowserContext) =>
  new Map((await context.cookies(gateway.url)).map((cookie) => [cookie.name, cookie]));

const visitorOf = async (context: BrowserContext): Promise<string> =>
  ((await cookiesOf(context)).get("vid")?.value ?? "").split(".")[0] ?? "";

/** A browser that has never been here opens the path; closed by `leave`. */
const arrive = async (path = "/"): Promise<Shopper> => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(gateway.url + path);
  const vid = await visitorOf(context);
  const variant = (await page.locator("html").getAttribute("data-x-pricing-headline")) ?? "none";
  seen.set(vid, variant);
  return { page, context, vid, variant };
};

const leave = ({ context }: Shopper): Promise<void> => context.close();

/** The named events of one visitor, once there are so many. */
const eventsOf = (vid: string, name: string, count: number) =>
  waitFor(() => {
    const events = storedNamed(gateway.data, name).filter((event) => event.client_id === vid);
    return events.length >= count && events;
  }, `${count} ${name} of ${vid}`);

test("fresh visitors get both variants, each in the first bytes and with the headline to match", async () => {
  const found = new Set<string>();
  for (let visitors = 0; found.size < 2 && visitors < 40; visitors++) {
    const shopper = await arrive();
    const { page, context, vid, variant } = shopper;
    found.add(variant);
    assert.deepEqual(await page.locator("h1 span:visible").allTextContents(), [headlines[variant]]);

    const raw = await ask(gateway.url, {
      headers: { cookie: `vid=${(await cookiesOf(context)).get("vid")?.value}` },
    });
    assert.equal(variantIn(raw.body.subarray(0, 300).toString("utf8")), variant);
    assert.equal(raw.cookies.get("vid"), undefined, "who has an id of today gets no other");
    assert.equal(variantOf(raw.cookies.get("xid")?.value), variant);
    assert.match(vid, /^[0-9a-f-]{36}$/);
    await leave(shopper);
  }
  assert.deepEqual([...found].sort(), ["b", "control"]);
});

test("the cookies: vid for 400 days and out of reach of scripts, sid and xid readable, ref the one who sent him", async () => {
  const shopper = await arrive("/?ref=partner-7");
  const cookies = await cookiesOf(shopper.context);
  const vid = cookies.get("vid");
  assert.equal(vid?.httpOnly, true);
  assert.equal(vid.sameSite, "Lax");
  const days = (vid.expires - Date.now() / 1000) / daySeconds;
  assert.ok(days > 399 && days <= 400, `vid lasts ${days} days`);
  assert.equal(cookies.get("ref")?.value, "partner-7");
  assert.equal(variantOf(cookies.get("xid")?.value), shopper.variant);

  const readable = await shopper.page.evaluate(() => document.cookie);
  const names = readable.split("; ").map((pair) => pair.split("=", 1)[0]);
  assert.deepEqual(names.sort(), ["ref", "sid", "xid"]);
  await leave(shopper);
});

test("each view is one page_view, joined to its document by the page-load id", async () => {
  const shopper = await arrive();
  await shopper.page.getByRole("link", { name: "Prices", exact: true }).click();
  await shopper.page.waitForURL("**/pricing/");
  await shopper.page.reload();
  const views = await eventsOf(shopper.vid, "page_view", 3);
  await leave(shopper); // what leaving the pages still sends would be counted below
  const documents = await eventsOf(shopper.vid, "document", 3);

  const loads = (events: readonly { page_load_id?: string | null; page_path?: string | null }[]) =>
    events.map((event) => `${event.page_path} ${event.page_load_id}`).sort();
  assert.deepEqual(loads(views), loads(documents));
  assert.deepEqual(views.map((view) => view.page_path).sort(), ["/", "/pricing/", "/pricing/"]);
  // The reload is answered with 304: the browser shows its copy again, which carries the id it came with.
  assert.deepEqual(
    documents.map((event) => event.status),
    [200, 200, 304],
  );
  assert.equal(new Set(views.map((view) => view.page_load_id)).size, 2);
  await settle(gateway.data);
  const sessions = queryData(
    gateway.data,
    `SELECT s.events, s.page_views FROM sessions s JOIN visitors v ON v.no = s.person WHERE v.client_id = '${shopper.vid}'`,
  );
  assert.deepEqual(
    sessions.map((row) => row["page_views"]),
    [3],
    "all in one session",
  );
});

test("be another visitor gives another vid", async () => {
  const shopper = await arrive();
  const loaded = shopper.page.waitForEvent("load");
  await shopper.page.getByRole("button", { name: "be another visitor" }).click();
  await loaded;
  const other = await visitorOf(shopper.context);
  assert.match(other, /^[0-9a-f-]{36}$/);
  assert.notEqual(other, shopper.vid);
  seen.set(other, (await shopper.page.locator("html").getAttribute("data-x-pricing-headline")) ?? "none");
  await leave(shopper);
});

test("buying once is one outcome with its value, in SQLite and in the admin API, under the buyer's variant", async () => {
  const shopper = await arrive("/checkout/?plan=pair");
  await shopper.page.locator("#order").getByRole("button", { name: "Buy" }).click();
  await shopper.page.waitForURL("**/thanks/?order=TB-*");
  const [purchase, ...more] = await eventsOf(shopper.vid, "purchase", 1);
  assert.deepEqual(more, []);
  assert.deepEqual([purchase?.type, purchase?.value, purchase?.currency], ["outcome", 21, "EUR"]);
  assert.deepEqual(purchase?.experiments, { "pricing-headline": shopper.variant });

  await settle(gateway.data);
  const expected = ["b", "control"].map((variant) => {
    const bought = variant === shopper.variant;
    return {
      experiment: "pricing-headline",
      variant,
      goal: "purchase",
      exposed: [...seen.values()].filter((one) => one === variant).length,
      converted: bought ? 1 : 0,
      value_sum: bought ? 21 : 0,
      value_sum_squares: bought ? 441 : 0,
    };
  });
  assert.deepEqual(queryData(gateway.data, "select * from experiment_outcomes order by variant"), expected);

  const answer = await gateway.admin("/api/experiments");
  const { experiments } = (await answer.json()) as { experiments: readonly ExperimentReport[] };
  const results = experiments[0]?.goals[0]?.variants ?? [];
  assert.deepEqual(
    results.map(({ variant, exposed, converted, sum, sumSquares }) => ({
      variant,
      exposed,
      converted,
      sum,
      sumSquares,
    })),
    expected
      .map((row) => ({
        variant: row.variant,
        exposed: row.exposed,
        converted: row.converted,
        sum: row.value_sum,
        sumSquares: row.value_sum_squares,
      }))
      .reverse(), // as configured: control first
  );
  await leave(shopper);
});

test("the admin page takes the token, and shows the newest events and the experiment's sentence", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(gateway.adminUrl);
  await page.getByLabel("Token").fill("not the token");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("this token is not known here").waitFor();
  await page.getByLabel("Token").fill(adminToken);
  await page.getByRole("button", { name: "Sign in" }).click();

  const rows = page.locator("#newest li");
  await rows.filter({ hasText: "purchase" }).filter({ hasText: "€21.00" }).waitFor();
  const last = storedEvents(gateway.data).findLast((event) => event.type !== "log");
  assert.equal(await rows.first().locator(".name").textContent(), `${last?.name}`);
  const sentence = await page.locator(".sentence").textContent();
  assert.match(sentence ?? "", new RegExp(`^too early to say: ${seen.size} of about [\\d,]+ visitors$`));

  const shopper = await arrive("/pricing/?utm_source=live-view");
  await rows
    .filter({ hasText: `…${shopper.vid.slice(-4)}` })
    .filter({ hasText: "page_view" })
    .waitFor();
  await leave(shopper);
  await context.close();
});
