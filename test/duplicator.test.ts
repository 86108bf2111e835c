import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { brotliCompressSync } from "node:zlib";
import { bundle } from "../setup/build/bundle.ts";
import { launchBrowser } from "./browser.ts";
import { root } from "./gateway.ts";
import { waitFor } from "./wait-for.ts";

/** What the page's tag does on each of its ways; the host stands for the one that hits are meant for. */
const page = (host: string) => `<!doctype html><title>Shop</title>
<script src="/track.gtag.js" data-ids="G-SHOP*"></script>
<script>
  const hit = (n, id = "G-SHOP1") => "//${host}/g/collect?v=2&tid=" + id + "&cid=1.2&en=e" + n;
  fetch(hit(1), { method: "POST", body: "en=a\\nen=b", mode: "no-cors" });
  fetch(new Request(hit(2), { method: "POST", body: "en=c", mode: "no-cors" }));
  const beacon = navigator.sendBeacon(hit(3), new Blob(["en=d"]));
  const xhr = new XMLHttpRequest();
  xhr.open("POST", hit(4));
  xhr.onloadend = () => fetch("/seen?beacon=" + beacon + "&xhr=" + xhr.status);
  xhr.send("en=e");
  new Image().src = hit(5);
  fetch(hit(6, "G-OTHER"), { mode: "no-cors" });
  fetch("/other?tid=G-SHOP1");
  fetch(new Request(hit(7), { method: "POST", body: "en=f", mode: "no-cors" }), { body: "en=g" });
  fetch().catch((error) => fetch("/seen?without=" + error.name));
</script>`;

interface Got {
  readonly host: string;
  readonly url: string;
  readonly body: string;
}

/** One server under two names: the site with the gateway's path, and the place where hits are meant to go. */
const startServer = async (script: Uint8Array) => {
  const got: Got[] = [];
  const server = createServer((req, res) => {
    void text(req).then((body) => {
      const { url = "", headers } = req;
      const [host = ""] = (headers.host ?? "").split(":");
      if (url === "/") return void res.setHeader("content-type", "text/html").end(page(otherHost()));
      if (url === "/track.gtag.js") return void res.setHeader("content-type", "text/javascript").end(script);
      got.push({ host, url, body });
      res.setHeader("access-control-allow-origin", "*");
      res.writeHead(204).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // it listens on a port
  const otherHost = () => `localhost:${port}`;
  return { got, url: `http://127.0.0.1:${port}/`, close: () => server.close() };
};

test("every hit of a tag reaches both, however it is sent, and the page does not notice", async () => {
  const script = await bundle(join(root, "tracker-js/duplicator/index.ts"), {
    target: "es2021",
    quiet: true,
  });
  assert.ok(brotliCompressSync(script).length <= 3000);
  const server = await startServer(script);
  const browser = await launchBrowser();
  try {
    const tab = await browser.newPage();
    const errors: string[] = [];
    tab.on("pageerror", (error) => errors.push(error.message));
    await tab.goto(server.url);
    const namesAt = (host: string) =>
      server.got
        .filter((one) => one.host === host && one.url.startsWith("/g/collect"))
        .map(({ url, body }) => `${new URLSearchParams(url.split("?")[1]).get("en")} ${body}`)
        .sort();
    const sent = ["e1 en=a\nen=b", "e2 en=c", "e3 en=d", "e4 en=e", "e5 ", "e7 en=g"];
    await waitFor(() => namesAt("localhost").length >= 7, "the hits");
    await waitFor(() => namesAt("127.0.0.1").length >= 6, "their copies");
    await waitFor(() => server.got.some(({ url }) => url.startsWith("/seen?beacon")), "the page's own word");
    assert.deepEqual(namesAt("localhost"), [...sent, "e6 "].sort());
    assert.deepEqual(namesAt("127.0.0.1"), sent);
    await waitFor(() => server.got.some(({ url }) => url === "/seen?without=TypeError"), "what it refuses");
    assert.ok(server.got.some(({ url }) => url === "/seen?beacon=true&xhr=204"));
    assert.deepEqual(errors, []);
  } finally {
    await browser.close();
    server.close();
  }
});
