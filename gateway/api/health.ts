/** What a supervisor or a load balancer asks: is the process there, and can it keep what it is sent. */
import { statfsSync } from "node:fs";
import type { Exchange } from "../http/exchange.ts";

export interface HealthSource {
  /** the data folder */
  readonly dir: string;
  /** why events cannot be stored now, or null */
  readonly trouble: () => string | null;
  /** events that wait for the disk */
  readonly pending: () => number;
}

/** `/healthz`: the process answers. `/readyz`: 200 while events are stored, else 503, and why. */
export const answerHealth = (x: Exchange, source: HealthSource): boolean => {
  if (x.path === "/healthz") {
    send(x, 200, { status: "ok" });
    return true;
  }
  if (x.path !== "/readyz") return false;
  const trouble = source.trouble();
  send(x, trouble === null ? 200 : 503, {
    status: trouble === null ? "ok" : "failing",
    trouble,
    pendingEvents: source.pending(),
    diskFreeBytes: freeBytes(source.dir),
  });
  return true;
};

const freeBytes = (dir: string): number | null => {
  try {
    const { bavail, bsize } = statfsSync(dir);
    return bavail * bsize;
  } catch {
    return null; // the folder is away: `trouble` says so
  }
};

const send = (x: Exchange, status: number, body: object): void => {
  x.res.writeHead(status, ["content-type", "application/json", "cache-control", "no-store"]);
  x.res.end(x.req.method === "HEAD" ? undefined : `${JSON.stringify(body)}\n`);
};
