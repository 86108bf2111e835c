/**
 * The demo shop in front of a browser, without Turnpike: its pages as the gateway would serve them to a
 * visitor of one variant, and the few answers its script asks for. For tests of the pages alone.
 */
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import type { WireVariants } from "../gateway/model/wire.ts";
import { startDemoUpstream } from "../setup/demo/server.ts";

export interface ShopStandIn {
  readonly url: string;
  /** what `tr.outcome` was called with, in order */
  readonly outcomes: readonly unknown[];
  /** bodies of `POST /tr/v1/me` */
  readonly resets: readonly unknown[];
  close(): Promise<void>;
}

const pages = join(import.meta.dirname, "../setup/demo/public");

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css",
  ".js": "text/javascript",
  ".svg": "image/svg+xml",
};

// Stands in for track.js: says the page was viewed, and sends outcomes to where the test can read them.
const script = `
  const post = (path, body) => fetch(path, { method: "POST", body: JSON.stringify(body), keepalive: true });
  window.tr = { outcome: (name, properties) => post("/tr/v1/", { outcome: name, ...properties }) };
  post("/tr/v1/", { ename: "page_view" });
`;

/** Serves the shop on a free loopback port to one visitor; `variant` null leaves the attribute out. */
export const startShopStandIn = async (variant: string | null, known: WireVariants): Promise<ShopStandIn> => {
  const upstream = await startDemoUpstream({ admin: "http://127.0.0.1:8081" });
  const outcomes: unknown[] = [];
  const resets: unknown[] = [];

  const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const path = (req.url ?? "/").split("?", 1)[0] ?? "/";
    const body = await readText(req);
    if (path === "/tr/v1/x") return json(res, known);
    if (path === "/tr/v1/me") return json(res, resets.push(JSON.parse(body)));
    if (path === "/tr/v1/") {
      if (body.includes('"outcome"')) outcomes.push(JSON.parse(body));
      res.setHeader("server-timing", "commit;dur=3.1");
      return void res.end();
    }
    if (path === "/track.js") return void res.setHeader("content-type", "text/javascript").end(script);
    if (path.startsWith("/api/")) {
      const passed = await fetch(upstream.url + path, {
        method: req.method ?? "GET",
        headers: { "content-type": req.headers["content-type"] ?? "" },
        redirect: "manual",
        ...(body ? { body } : {}),
      });
      const location = passed.headers.get("location");
      res.writeHead(passed.status, { "content-type": "application/json", ...(location ? { location } : {}) });
      return void res.end(await passed.text());
    }
    const file = path.endsWith("/") ? `${path}index.html` : path;
    const bytes = await readFile(join(pages, file)).catch(() => null);
    if (bytes === null) return void res.writeHead(404).end();
    res.setHeader("content-type", types[extname(file)] ?? "application/octet-stream");
    res.end(file.endsWith(".html") ? inject(bytes.toString("utf8"), variant) : bytes);
  };

  const server = createServer((req, res) => {
    answer(req, res).catch((error: unknown) => res.destroy(error instanceof Error ? error : undefined));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // listening on TCP
  return {
    url: `http://127.0.0.1:${port}`,
    outcomes,
    resets,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await upstream.close();
    },
  };
};

const inject = (html: string, variant: string | null): string => {
  const attribute = variant === null ? "" : ` data-x-pricing-headline="${variant}"`;
  return html
    .replace("<html", `<html${attribute}`)
    .replace("<head>", '<head><script src="/track.js" data-page-load="0" async></script>');
};

const json = (res: ServerResponse, value: unknown): void => {
  res.setHeader("content-type", "application/json");
  res.end(JSON.stringify(value));
};

const readText = async (req: IncomingMessage): Promise<string> => {
  let text = "";
  for await (const chunk of req) text += String(chunk);
  return text;
};
