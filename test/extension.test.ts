import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { buildAll } from "../setup/build.ts";
import { type ExtensionBrowser, launchWithExtension } from "./browser.ts";
import { waitFor } from "./wait-for.ts";

let folder: string;
let browser: ExtensionBrowser;
let readClipboard: () => Promise<string>;
const requests: string[] = [];

// A page that may read the clipboard, to see what was copied.
const server = createServer((req, res) => {
  requests.push(req.url ?? "");
  res.setHeader("content-type", "text/html");
  res.end("<!doctype html><title>Clipboard</title>");
});

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "turnpike-extension-"));
  await buildAll({ outDir: folder });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // a TCP server's address is no string
  browser = await launchWithExtension(join(folder, "chrome-extension"));
  const origin = `http://localhost:${port}`;
  await browser.context.grantPermissions(["clipboard-read"], { origin });
  const reader = await browser.context.newPage();
  await reader.goto(origin);
  readClipboard = async () => {
    await reader.bringToFront();
    return reader.evaluate(() => navigator.clipboard.readText());
  };
});
after(async () => {
  await browser?.close();
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

/** What a page writes to the clipboard is on its way to the browser when the page goes on. */
const seeCopied = (isIt: (text: string) => boolean, what: string): Promise<true> =>
  waitFor(async () => isIt(await readClipboard()), `${what} on the clipboard`);

const openPopup = async (url: string): Promise<Page> => {
  const page = await browser.context.newPage();
  await page.goto(`${browser.origin}/popup.html?url=${encodeURIComponent(url)}`);
  await page.waitForSelector("#form:not([inert])"); // nobody can type before
  return page;
};

test("the popup shows the tracked link while one types, and copies it", async () => {
  const page = await openPopup("https://shop.example/pricing?size=L#plans");
  await page.fill("[name=utm_source]", "News Letter");
  await page.fill("[name=utm_campaign]", "Spring-Sale 2025");
  const link =
    "https://shop.example/pricing?size=L&gu=1&utm_source=news_letter&utm_campaign=springsale_2025#plans";
  assert.equal(await page.textContent("#preview"), link);
  await page.click("#copy");
  await page.waitForFunction(() => document.getElementById("copy")?.textContent === "Copied");
  await seeCopied((text) => text === link, link);
  await page.close();
});

test("a link that cannot be copied is selected, and the button says so until one types", async () => {
  const page = await openPopup("https://shop.example/");
  await page.evaluate(() => {
    const clipboard = { writeText: () => Promise.reject(new Error("denied")) };
    Object.defineProperty(navigator, "clipboard", { value: clipboard });
  });
  await page.click("#copy");
  await page.getByRole("button", { name: "Selected: press Ctrl+C" }).waitFor();
  const selected = await page.evaluate(() => String(getSelection()).trim());
  assert.match(selected, /^https:\/\/shop\.example\/\?gu=1/);
  assert.equal(selected, await page.textContent("#preview"));
  await page.fill("[name=aff]", "a");
  assert.equal(await page.textContent("#copy"), "Copy link");
  await page.close();
});

test("tags that cannot be remembered are no reason to say that the link was not copied", async () => {
  const page = await openPopup("https://shop.example/full");
  await page.evaluate(() => {
    chrome.storage.local.set = () => Promise.reject(new Error("QUOTA_BYTES quota exceeded"));
  });
  await page.click("#copy");
  await page.getByRole("button", { name: "Copied" }).waitFor();
  await seeCopied((text) => text.startsWith("https://shop.example/full?gu=1"), "the link to /full");
  await page.close();
});

test("the next link starts with the tags last copied, and the context menu uses them", async () => {
  const page = await openPopup("https://shop.example/");
  assert.equal(await page.inputValue("[name=utm_source]"), "News Letter");
  await page.close();
  const worker = browser.context.serviceWorkers()[0];
  assert.ok(worker);
  const choose = (info: Record<string, string>) =>
    worker.evaluate(async (clicked) => {
      // What Chrome does when somebody picks the entry; tests cannot open its menus.
      const { onClicked } = chrome.contextMenus as unknown as {
        onClicked: { dispatch(info: unknown): void };
      };
      const shown = new Promise<string>((resolve) => {
        const { setBadgeText } = chrome.action;
        chrome.action.setBadgeText = async (details) => {
          await setBadgeText(details);
          chrome.action.setBadgeText = setBadgeText;
          resolve(details.text);
        };
      });
      onClicked.dispatch(clicked);
      return shown;
    }, info);
  const tags = "gu=1&utm_source=news_letter&utm_campaign=springsale_2025";
  const pageUrl = "https://shop.example/page";
  const table: [Record<string, string>, string][] = [
    [{ pageUrl }, `https://shop.example/page?${tags}`],
    [{ pageUrl, linkUrl: "https://shop.example/a?b=1" }, `https://shop.example/a?b=1&${tags}`],
    [{ pageUrl, selectionText: "shop.example/selected" }, `https://shop.example/selected?${tags}`],
    [{ pageUrl, selectionText: "some words" }, `https://shop.example/page?${tags}`],
  ];
  for (const [info, link] of table) {
    assert.equal(await choose(info), "✓");
    await seeCopied((text) => text === link, link);
  }
  assert.equal(await choose({ pageUrl: "chrome://extensions" }), "!");
});

test("external links ask for the gateway and lead through it; a mistake is said and nothing can be copied", async () => {
  const page = await openPopup("https://other.example/a");
  await page.click("#clear");
  await page.check("[name=kind][value=external]");
  assert.match((await page.textContent("#preview")) ?? "", /^Tracker required/);
  assert.ok(await page.isDisabled("#copy"));
  await page.fill("[name=tracker]", "t.example.com");
  assert.equal(await page.isVisible("#no-redirects"), true);
  await page.check("[name=plain]");
  await page.fill("[name=aff]", "bob");
  assert.equal(
    await page.textContent("#preview"),
    "https://t.example.com/rdr/v1/?gu=1&aff=bob&url=https%3A%2F%2Fother.example%2Fa",
  );
  await page.fill("[name=url]", "javascript:alert(1)");
  assert.match((await page.textContent("#preview")) ?? "", /^Bad URL/);
  assert.equal(await page.getAttribute("[name=url]", "aria-invalid"), "true");
  await page.close();
});

test("the extension asks for no site and may not connect anywhere", async () => {
  const manifest = JSON.parse(await readFile(join(folder, "chrome-extension/manifest.json"), "utf8"));
  assert.deepEqual(manifest.permissions, [
    "activeTab",
    "clipboardWrite",
    "contextMenus",
    "offscreen",
    "storage",
  ]);
  assert.equal(manifest.host_permissions, undefined);
  assert.match(manifest.content_security_policy.extension_pages, /connect-src 'none'/);
  assert.deepEqual(
    requests.filter((path) => path !== "/" && path !== "/favicon.ico"),
    [],
  );
});
