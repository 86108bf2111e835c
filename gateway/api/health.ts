/** What a supervisor or a load balancer asks: is the process there, and can it keep what it is sent. */
import { statfsSync } from "node:fs";
import type { Exchange } from "../http/exchange.ts";

export interface HealthSource {
  /** the data folder */
  readonly dir: string;
  /** why events cannot be stored now, or null */
  readonly trouble: () => string | null;
  /** what is wrong with the sealed files, or null: events are stored all the same */
  readonly filesTrouble: () => string | null;
  /** events that wait for the disk */
  readonly pending: () => number;
  /** so many may wait before events are refused */
  readonly pendingLimit: () => number;
  /** `notAfter` is ms since 1970, null while there is none yet */
  readonly certificates: () => Promise<
    readonly { readonly host: string; readonly notAfter: number | null }[]
  >;
  readonly now: () => number;
}

/** `/healthz`: the process answers. `/readyz`: 200 while events are stored and all is served, else 503, and why. */
export const answerHealth = async (x: Exchange, source: HealthSource): Promise<boolean> => {
  if (x.path === "/healthz") {
    send(x, 200, { status: "ok" });
    return true;
  }
  if (x.path !== "/readyz") return false;
  const health = judgeHealth({
    now: source.now(),
    storeTrouble: source.trouble(),
    filesTrouble: source.filesTrouble(),
    pendingEvents: source.pending(),
    pendingLimit: source.pendingLimit(),
    diskFreeBytes: freeBytes(source.dir),
    certificates: await source.certificates(),
  });
  send(x, health.trouble === null ? 200 : 503, health);
  return true;
};

export interface HealthFigures {
  readonly now: number;
  readonly storeTrouble: string | null;
  readonly filesTrouble: string | null;
  readonly pendingEvents: number;
  readonly pendingLimit: number;
  readonly diskFreeBytes: number | null;
  readonly certificates: readonly { readonly host: string; readonly notAfter: number | null }[];
}

/** The commits of a minute at full speed; with less the next thing that happens is that events are refused. */
const leastFreeBytes = 100 * 1024 * 1024;
const dayMs = 86_400_000;
const soonDays = 3;

/** The first thing that is wrong; what will be wrong soon is a warning, which takes nobody out of service. */
export const judgeHealth = (figures: HealthFigures) => {
  const { now, storeTrouble, filesTrouble, pendingEvents, pendingLimit, diskFreeBytes, certificates } =
    figures;
  const daysOf = (notAfter: number): number => (notAfter - now) / dayMs;
  const days = certificates.flatMap(({ notAfter }) => (notAfter === null ? [] : [daysOf(notAfter)]));
  const leastDays = days.length === 0 ? null : Math.round(Math.min(...days) * 10) / 10;
  const missing = certificates.filter(({ notAfter }) => notAfter === null);
  const ended = certificates.filter(({ notAfter }) => notAfter !== null && daysOf(notAfter) <= 0);
  const isSoon = (left: number): boolean => left > 0 && left < soonDays;
  const ending = certificates.filter(({ notAfter }) => notAfter !== null && isSoon(daysOf(notAfter)));
  const troubles = [
    storeTrouble,
    pendingEvents > pendingLimit * 0.9 &&
      `store: ${pendingEvents} events wait for the disk, of ${pendingLimit} that may`,
    diskFreeBytes === null && "store: the data folder is not there",
    diskFreeBytes !== null &&
      diskFreeBytes < leastFreeBytes &&
      `disk: ${Math.floor(diskFreeBytes / 1_048_576)} MB are free where the data lie`,
    ended.length > 0 &&
      ended.length + missing.length === certificates.length &&
      "tls: no certificate is valid any more",
  ];
  const warnings = [
    filesTrouble ?? false,
    missing.length > 0 && `tls: there is no certificate yet of ${named(missing)}`,
    ended.length > 0 && `tls: the certificate of ${named(ended)} has ended`,
    ending.length > 0 && `tls: the certificate of ${named(ending)} ends in less than ${soonDays} days`,
  ];
  const trouble = troubles.find((sentence) => typeof sentence === "string") ?? null;
  return {
    status: trouble === null ? "ok" : "failing",
    trouble,
    warnings: warnings.filter((sentence) => sentence !== false),
    pendingEvents,
    diskFreeBytes,
    certificateDaysLeft: leastDays,
  };
};

const mostNamed = 3;

const named = (certificates: readonly { readonly host: string }[]): string => {
  const hosts = certificates.slice(0, mostNamed).map(({ host }) => host);
  const more = certificates.length - hosts.length;
  return more > 0 ? `${hosts.join(", ")} and ${more} more` : hosts.join(", ");
};

const freeBytes = (dir: string): number | null => {
  try {
    const { bavail, bsize } = statfsSync(dir);
    return bavail * bsize;
  } catch {
    return null; // the folder is away
  }
};

const send = (x: Exchange, status: number, body: object): void => {
  x.res.writeHead(status, ["content-type", "application/json", "cache-control", "no-store"]);
  x.res.end(x.req.method === "HEAD" ? undefined : `${JSON.stringify(body)}\n`);
};
