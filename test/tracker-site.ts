/** A site and a collector in one small server: serves a page with the script, records what the script sends. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { WireBatch, WireCookies, WireEvent } from "../gateway/model/wire.ts";

export interface Post {
  readonly query: string;
  readonly headers: IncomingMessage["headers"];
  readonly batch: WireBatch;
  readonly status: number;
}

/** A question or a wish, not an event. */
export interface Asked {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface TrackerSite {
  readonly asked: readonly Asked[];
  /** the cookies with which questions are answered from now on */
  readonly tell: (cookies: WireCookies) => void;
  readonly port: number;
  readonly posts: readonly Post[];
  /** every event that was taken, in order of receipt */
  readonly taken: () => WireEvent[];
  /** resolves once so many events were taken */
  readonly waitFor: (count: number) => Promise<WireEvent[]>;
  /** what the next posts are answered with; 200 afterwards */
  readonly answerWith: (...statuses: number[]) => void;
  readonly preflights: () => number;
  close(): Promise<void>;
}

// Nothing waits that long but a broken test.
const waitMs = 20_000;

/** Starts it on a free port of all loopback names; every path but the script and the collector is `page`, with `headers`. */
export const startTrackerSite = async (
  script: Uint8Array,
  page: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<TrackerSite> => {
  const posts: Post[] = [];
  const asked: Asked[] = [];
  let told: WireCookies = [];
  const statuses: number[] = [];
  let preflights = 0;
  let arrived = (): void => {};
  // As the gateway does, it takes what is sent twice under one id once.
  const taken = () => {
    const events = posts.filter(({ status }) => status === 200).flatMap(({ batch }) => batch.events);
    return [...new Map(events.map((event) => [event.eid, event])).values()];
  };

  const collect = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    if (req.method === "OPTIONS") preflights++;
    if (req.method === "POST") {
      const batch: WireBatch = JSON.parse(await text(req));
      const status = statuses.shift() ?? 200;
      posts.push({ query: (req.url ?? "").split("?")[1] ?? "", headers: req.headers, batch, status });
      res.statusCode = status;
    }
    res.setHeader("access-control-allow-origin", req.headers.origin ?? "*");
    res.end();
    arrived();
  };
  const tell = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    asked.push({ path: req.url ?? "", headers: req.headers, body: await text(req) });
    res.setHeader("access-control-allow-origin", req.headers.origin ?? "*");
    res.end(JSON.stringify({ cookies: told }));
  };
  const server = createServer((req, res) => {
    const { pathname } = new URL(req.url ?? "/", "http://localhost");
    if (pathname === "/tr/v1/") return void collect(req, res);
    if (pathname.startsWith("/tr/v1/")) return void tell(req, res);
    const isScript = req.url === "/track.js";
    if (!isScript) for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
    res.setHeader("content-type", isScript ? "text/javascript" : "text/html; charset=utf-8");
    res.end(isScript ? script : page.replaceAll("PORT", String(port)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // a TCP server's address is no string

  return {
    port,
    posts,
    asked,
    tell: (cookies) => {
      told = cookies;
    },
    taken,
    waitFor: async (count) => {
      const deadline = setTimeout(() => arrived(), waitMs);
      const until = Date.now() + waitMs;
      while (taken().length < count) {
        if (Date.now() >= until) throw new Error(`waited for ${count} events, got ${taken().length}`);
        await new Promise<void>((resolve) => {
          arrived = resolve;
        });
      }
      clearTimeout(deadline);
      return taken();
    },
    answerWith: (...next) => void statuses.push(...next),
    preflights: () => preflights,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
};
