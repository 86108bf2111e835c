/** One gateway with a site for every rule of privacy, and pages of a site that stands elsewhere with the script alone. */
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Gateway, startGateway } from "./gateway.ts";

/** Sites, by the rule they are for; each answers at `RULE.localhost`, and takes events of `RULE-elsewhere.localhost`. */
const rules = {
  assumed: {},
  required: { consent: "required" },
  dnt: { dnt: true },
  cookieless: { cookieless: true },
  full: { script: "full", urlParams: ["page"] },
} as const;
export type Rule = keyof typeof rules;

const page = `<!doctype html><html><head><title>Shop</title></head><body><a href="/next">next</a></body></html>`;

export interface PrivateSites {
  readonly gateway: Gateway;
  /** the address of a site behind the gateway */
  fronted(rule: Rule): string;
  /** the address of one that includes the script, with more attributes on its tag */
  dropIn(rule: Rule, attributes?: string): string;
  close(): Promise<void>;
}

export const startPrivateSites = async (): Promise<PrivateSites> => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-pages-"));
  for (const name of ["index", "next"]) writeFileSync(join(dir, `${name}.html`), page);
  const ids = Object.keys(rules) as Rule[]; // of our own table
  const config = {
    routes: [{ path: "/", static: { dir }, inject: true }],
    sites: ids.map((id) => ({
      id,
      hosts: [`${id}.localhost`, `${id}-elsewhere.localhost`],
      ...rules[id],
    })),
    experiments: ids.map((site) => ({ ...everybodyB, key: `headline-${site}`, site })),
  };
  const gateway = await startGateway({ config });
  const { port } = new URL(gateway.url);
  const elsewhere = createServer((req, res) => {
    const url = new URL(req.url ?? "/", "http://localhost");
    const rule = (req.headers.host ?? "").split("-")[0] ?? "";
    const [name = "track", attributes = ""] = (url.searchParams.get("tag") ?? "").split(" ");
    const tag = `<script src="http://${rule}.localhost:${port}/${name || "track"}.js" data-site="${rule}" ${attributes}></script>`;
    res.setHeader("content-type", "text/html; charset=utf-8");
    res.end(page.replace("</head>", `${tag}</head>`));
  }).listen(0, "127.0.0.1");
  await once(elsewhere, "listening");
  const elsewherePort = (elsewhere.address() as AddressInfo).port; // a TCP server's address is no string
  return {
    gateway,
    fronted: (rule) => `http://${rule}.localhost:${port}`,
    dropIn: (rule, attributes = "") =>
      `http://${rule}-elsewhere.localhost:${elsewherePort}/?tag=${encodeURIComponent(attributes)}`,
    async close() {
      elsewhere.closeAllConnections();
      elsewhere.close();
      await gateway.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
};

/** An experiment in which everybody sees b, with a parameter for the page. */
const everybodyB = {
  variants: [
    { key: "control", weight: 0 },
    { key: "b", weight: 1, params: { color: "green" } },
  ],
  goals: [{ key: "purchase", event: "purchase", value: "value" }],
};
