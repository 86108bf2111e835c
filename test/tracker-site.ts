/** A site and a collector in one small server: serves a page with the script, records what the script sends. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { WireBatch, WireEvent } from "../gateway/model/wire.ts";

export interface Post {
  readonly headers: IncomingMessage["headers"];
  readonly batch: WireBatch;
  readonly status: number;
}

export interface TrackerSite {
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

/** Starts it on a free port of all loopback names; every path but the script and the collector is `page`. */
export const startTrackerSite = async (script: Uint8Array, page: string): Promise<TrackerSite> => {
  const posts: Post[] = [];
  const statuses: number[] = [];
  let preflights = 0;
  let arrived = (): void => {};
  const taken = () => posts.filter(({ status }) => status === 200).flatMap(({ batch }) => batch.events);

  const collect = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    if (req.method === "OPTIONS") preflights++;
    if (req.method === "POST") {
      const batch: WireBatch = JSON.parse(await text(req));
      const status = statuses.shift() ?? 200;
      posts.push({ headers: req.headers, batch, status });
      res.statusCode = status;
    }
    res.setHeader("access-control-allow-origin", req.headers.origin ?? "*");
    res.end();
    arrived();
  };
  const server = createServer((req, res) => {
    if (req.url === "/tr/v1/") return void collect(req, res);
    const isScript = req.url === "/track.js";
    res.setHeader("content-type", isScript ? "text/javascript" : "text/html; charset=utf-8");
    res.end(isScript ? script : page.replaceAll("PORT", String(port)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // a TCP server's address is no string

  return {
    port,
    posts,
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
