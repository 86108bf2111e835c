/** What people press, fill in and look at counts once, under its own name, and says nothing that is not meant for reports. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import type {} from "../tracker-js/api.ts"; // window.tr
import { launchBrowser } from "./browser.ts";
import { visitTrackerPage } from "./tracker-page.ts";
import { bundleScript } from "./tracker-script.ts";
import type { TrackerSite } from "./tracker-site.ts";
import { waitFor } from "./wait-for.ts";

let browser: Browser;
let full: Uint8Array;
before(async () => {
  browser = await launchBrowser();
  full = await bundleScript("full");
});
after(() => browser.close());

/** Opens a page with this body, on which nothing leads away, once its view has come. */
const visit = (body: string, run: (page: Page, site: TrackerSite) => Promise<void>, attributes = "") => {
  const stay = `<script>for (const type of ["click", "submit"]) addEventListener(type, (event) => {
    if (type === "submit" || event.target.closest("a,area")) event.preventDefault();
  })</script>`;
  return visitTrackerPage(browser, { script: full, attributes, body: body + stay }, async (page, site) => {
    await site.waitFor(1);
    await run(page, site);
  });
};

const paramsOf = (site: TrackerSite, name: string) =>
  site.taken().flatMap(({ ename, params }) => (ename === name ? [params] : []));
const words = { position: { x: 5, y: 5 } };

const choices = `
  <label id="around" data-tr-event="choose">Yes, please<input type="checkbox"></label>
  <div data-tr-event="size"><label id="before" for="small">Small</label><input id="small" type="radio"></div>
  <label id="other" for="large">Large</label><input id="large" type="radio" data-tr-event="large">`;

test("a click on a label, of which browsers make another on its field, is told once by whatever has a name", () =>
  visit(choices, async (page, site) => {
    for (const id of ["around", "before", "other"]) await page.click(`#${id}`, words);
    await page.click("#around", words);
    await page.focus("#around input");
    await page.keyboard.press("Space");
    await page.evaluate("tr.flush()");
    const counts = ["choose", "size", "large"].map((name) => paramsOf(site, name).length);
    assert.deepEqual(counts, [3, 1, 1]);
  }));

test("with data-clicks a click on a label is one click, with the label's text, and two are no rage", () =>
  visit(
    choices,
    async (page, site) => {
      for (let i = 0; i < 2; i++) await page.click("#around", words);
      await waitFor(() => paramsOf(site, "click").length >= 2, "two clicks");
      await page.click("#other", words);
      await waitFor(() => paramsOf(site, "click").length >= 3, "the third");
      const told = paramsOf(site, "click").map((params) => [
        params?.["tag"],
        params?.["id"],
        params?.["rage"],
      ]);
      assert.deepEqual(told.slice(0, 2), [
        ["label", "around", undefined],
        ["label", "around", undefined],
      ]);
      assert.deepEqual(told.at(2)?.slice(0, 2), ["label", "other"]);
      assert.equal(told.length, 3);
    },
    "data-clicks",
  ));

test("a form has its own name, also where its fields are called `id` and `name`", () =>
  visit(
    `<form id="edit"><input name="id"><input name="name"><button id="go">Save</button></form>
     <form name="search"><input name="id" id="query"></form>`,
    async (page, site) => {
      await page.fill("#edit [name=id]", "7");
      await page.click("#go");
      await page.fill("#query", "shoes");
      await page.evaluate(`dispatchEvent(new PageTransitionEvent("pagehide"))`);
      await waitFor(() => paramsOf(site, "form_abandon").length > 0, "the form that was left");
      assert.deepEqual(paramsOf(site, "form_submit"), [{ form: "edit" }]);
      assert.deepEqual(paramsOf(site, "form_abandon"), [{ form: "search", field: "id" }]);
    },
  ));

test("a form in a shadow root is told as others are: that it was sent, and that it was left", () =>
  visit(
    `<div id="host"></div><script>
       host.attachShadow({ mode: "open" }).innerHTML =
         '<form id="inner"><input name="mail"><button>Send</button></form>';
       host.shadowRoot.addEventListener("submit", (event) => event.preventDefault());
     </script>`,
    async (page, site) => {
      await page.locator("#inner input").pressSequentially("typed");
      await page.click("#inner button");
      await page.evaluate("tr.flush()");
      assert.deepEqual(paramsOf(site, "form_submit"), [{ form: "inner" }]);
      await page.fill("#inner input", "more");
      await page.evaluate(`dispatchEvent(new PageTransitionEvent("pagehide"))`);
      await waitFor(() => paramsOf(site, "form_abandon").length > 0, "the form that was left");
      assert.deepEqual(paramsOf(site, "form_abandon"), [{ form: "inner", field: "mail" }]);
      assert.ok(!JSON.stringify(site.posts).includes("typed"));
    },
  ));

test("a link is told without the user and the password in it, and areas of an image are links", () =>
  visit(
    `<a id="user" href="https://me:secret@out.example/in?token=abc&utm_source=shop#top">In</a>
     <map name="plan"><area id="area" shape="rect" coords="0,0,40,40" href="https://out.example/area"></map>
     <img id="plan" usemap="#plan" width="40" height="40" src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=">
     <svg width="60" height="20"><a href="https://out.example/svg"><text y="15" id="svg">Svg</text></a></svg>
     <a id="mail" href="mailto:a@b.example">Mail</a><a id="script" href="javascript:0">Run</a>`,
    async (page, site) => {
      for (const id of ["user", "svg", "mail", "script"]) await page.click(`#${id}`);
      await page.click("#plan", words);
      await page.evaluate("tr.flush()");
      assert.deepEqual(paramsOf(site, "outbound_click"), [
        { link_url: "https://out.example/in?utm_source=shop", link_domain: "out.example" },
        { link_url: "https://out.example/area", link_domain: "out.example" },
      ]);
      assert.ok(!JSON.stringify(site.taken()).includes("secret"));
    },
  ));

test("a page that is left, which browsers say twice, tells once how long it was looked at", () =>
  visit("<p>Text</p>", async (page, site) => {
    for (let i = 1; i < 6; i++) {
      await page.goto(`http://localhost:${site.port}/page-${i}`);
      await site.waitFor(2 * i + 1); // a view each, and the engagement of all but the last
    }
    await page.evaluate("tr.flush()");
    const told = site.taken().filter(({ ename }) => ename === "engagement");
    assert.deepEqual(
      told.map(({ url }) => new URL(url ?? "").pathname),
      ["/start", "/page-1", "/page-2", "/page-3", "/page-4"],
    );
  }));

/** What a page tells of its form, which really leads away once this code has run. */
const sendOff = async (form: string, code: string): Promise<unknown[]> => {
  let told: unknown[] = [];
  await visitTrackerPage(browser, { script: full, body: form }, async (page, site) => {
    await page.fill("input[name=mail]", "a@b.example");
    const gone = page.waitForURL("**/done**");
    await page.evaluate(code);
    await gone;
    const views = () => site.taken().filter(({ ename }) => ename === "page_view");
    await waitFor(() => views().length === 2, "the view of the page that was led to");
    told = site.taken().flatMap(({ ename, params }) => (ename?.startsWith("form_") ? [[ename, params]] : []));
  });
  return told;
};

test("a form that the page's own script sends off is sent, once, and not begun and left", async () => {
  const form = `<form id="order" method="post" action="/done"><input name="mail"><button>Buy</button></form>`;
  const sent = [["form_submit", { form: "order" }]];
  assert.deepEqual(await sendOff(form, "document.forms[0].submit()"), sent);
  assert.deepEqual(await sendOff(form, "document.forms[0].requestSubmit()"), sent);
  assert.deepEqual(await sendOff(form, "document.querySelector('button').click()"), sent);
  const search = form.replace("post", "get");
  assert.deepEqual(await sendOff(search, "document.forms[0].submit()"), sent);
  assert.deepEqual(await sendOff(search, "document.querySelector('button').click()"), sent);
  const same = "const { mail } = document.forms[0]; location.href = '/done?mail=' + mail.value";
  assert.deepEqual(await sendOff(search, same), [["form_abandon", { field: "mail", form: "order" }]]);
  assert.deepEqual(await sendOff(form, "location.href = '/done'"), [
    ["form_abandon", { field: "mail", form: "order" }],
  ]);
});

test("a tag that names downloads by what is no expression costs the links, and neither names nor forms", () =>
  visit(
    `<button data-tr-event="buy">Buy</button><form><input name="mail"></form><a href="https://b.example/">b</a>`,
    async (page, site) => {
      await page.click("a");
      await page.click("button");
      await page.fill("input", "ann");
      await page.evaluate("document.forms[0].requestSubmit()");
      await page.evaluate("tr.flush()");
      const events = site.taken().map(({ ename }) => ename);
      assert.deepEqual(events, ["page_view", "buy", "form_submit"]);
    },
    'data-downloads="("',
  ));

test("a page with a `navigation` of its own is observed as others are", () =>
  visitTrackerPage(
    browser,
    {
      script: full,
      head: `<script>var navigation = { items: [] }</script>`,
      body: `<button data-tr-event="signup">Go</button>`,
    },
    async (page, site) => {
      await page.click("button");
      await waitFor(() => paramsOf(site, "signup").length === 1, "the click");
      await page.evaluate(`history.pushState(null, "", "/next"); tr("there")`);
      await waitFor(() => site.taken().some(({ url }) => url?.endsWith("/next")), "the next view");
    },
  ));
