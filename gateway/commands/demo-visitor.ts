/** One made-up visitor: a browser as far as the gateway can see, with cookies of its own. */
import { newId } from "../model/ids.ts";
import type { WireBatch, WireEvent } from "../model/wire.ts";
import type { DemoAnswer, Send } from "./demo-client.ts";

export interface DemoWorld {
  readonly send: Send;
  /** http://localhost:8080 */
  readonly origin: string;
  readonly collectPath: string;
  /** the site is the demo shop: it has a pricing page and takes orders */
  readonly isShop: boolean;
  readonly now: () => number;
  /** 0…1 */
  readonly random: () => number;
}

export interface Visit {
  readonly pages: number;
  readonly events: number;
  readonly purchases: number;
  /** statuses of what was refused */
  readonly refused: readonly number[];
}

/**
 * Share of visitors who buy. The variant is better indeed, so that the experiment has
 * something to find; and many buy, so that a few hundred visitors are enough to find it.
 */
const buyRates: Readonly<Record<string, number>> = { control: 0.16, b: 0.28 };
const otherRate = 0.16;

/** Opens the pages, tells the gateway of each, and perhaps buys. Rejects when nothing answers. */
export const visit = async (world: DemoWorld): Promise<Visit> => {
  const browser = openBrowser(world);
  await browser.open(entryPath(world.random));
  if (!world.isShop) return browser.summary();
  const pricing = await browser.open("/pricing/");
  const rate = Math.max(...variantsIn(pricing).map((variant) => buyRates[variant] ?? otherRate), otherRate);
  if (world.random() < rate) await browser.buy();
  return browser.summary();
};

const openBrowser = ({ send, origin, collectPath, now, random }: DemoWorld) => {
  const cookies = new Map<string, string>();
  const userAgent = `${pick(userAgents, random)} TurnpikeDemo/1`;
  const language = pick(["en-GB,en;q=0.9", "de-DE,de;q=0.9", "fr-FR,fr;q=0.9", "en-US,en;q=0.9"], random);
  const counts = { pages: 0, events: 0, purchases: 0, refused: [] as number[] };
  let referrer = pick(["", "", "https://www.google.com/", "https://news.ycombinator.com/"], random);
  let url = origin;
  let sequence = 0;

  const ask = async (method: "GET" | "POST", path: string, more: Record<string, string>, body?: string) => {
    const headers: Record<string, string> = { "user-agent": userAgent, "accept-language": language, ...more };
    if (cookies.size > 0)
      headers["cookie"] = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await send({ method, path, headers, ...(body !== undefined && { body }) });
    keepCookies(cookies, answer);
    if (answer.status >= 400) counts.refused.push(answer.status);
    return answer;
  };

  const report = async (event: Pick<WireEvent, "ename" | "type"> & Partial<WireEvent>) => {
    sequence++;
    const created = now();
    const whole: WireEvent = { eid: newId(), created, seq: sequence, url, ...event };
    const batch: WireBatch = { sent: created, events: [whole] };
    const headers = { "content-type": "text/plain;charset=UTF-8", origin, referer: url };
    const answer = await ask("POST", collectPath, headers, JSON.stringify(batch));
    if (answer.status < 300) counts.events++;
  };

  return {
    async open(path: string): Promise<string> {
      const answer = await ask("GET", path, { accept: "text/html", ...(referrer && { referer: referrer }) });
      if (answer.status >= 300) return "";
      url = origin + path;
      counts.pages++;
      const title = /<title>([^<]*)</.exec(answer.body)?.[1]?.trim();
      const load = /\bdata-page-load="([^"]+)"/.exec(answer.body)?.[1];
      await report({
        ename: "page_view",
        type: "page",
        ...(referrer && { last: referrer }),
        ...(title && { title }),
        ...(load && { plid: load }),
      });
      referrer = url;
      return answer.body;
    },
    async buy(): Promise<void> {
      const plan = pick(["single", "fortnight", "fortnight", "pair"], random);
      const headers = { "content-type": "application/json", origin, referer: url };
      const order = JSON.stringify({ plan, quantity: 1 });
      const answer = await ask("POST", "/api/order", headers, order);
      if (answer.status >= 300) return;
      const { total, currency } = JSON.parse(answer.body) as { total: number; currency: string }; // our own shop
      await report({ ename: "purchase", type: "outcome", value: total, currency, params: { plan } });
      counts.purchases++;
    },
    summary: (): Visit => counts,
  };
};

const keepCookies = (cookies: Map<string, string>, { headers }: DemoAnswer): void => {
  for (const line of headers["set-cookie"] ?? []) {
    const [pair = "", ...attributes] = line.split(";");
    const at = pair.indexOf("=");
    if (at < 1) continue;
    const gone = attributes.some((attribute) => /^\s*max-age=(0|-\d+)\s*$/i.test(attribute));
    if (gone) cookies.delete(pair.slice(0, at).trim());
    else cookies.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim());
  }
};

/** The variants the page says it shows: `<html data-x-KEY="VARIANT">`. */
const variantsIn = (html: string): readonly string[] => {
  const tag = /<html\b[^>]*>/i.exec(html)?.[0] ?? "";
  return [...tag.matchAll(/\bdata-x-[\w-]+="([^"]*)"/g)].map((found) => found[1] ?? "");
};

const entryPath = (random: () => number): string =>
  pick(
    [
      "/",
      "/",
      "/",
      "/?utm_source=newsletter&utm_medium=email&utm_campaign=spring",
      "/?utm_source=google&utm_medium=cpc&utm_campaign=brand",
    ],
    random,
  );

const pick = (list: readonly string[], random: () => number): string =>
  list[Math.floor(random() * list.length)] ?? list[0] ?? "";

const userAgents = [
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
  "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
  "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
];
