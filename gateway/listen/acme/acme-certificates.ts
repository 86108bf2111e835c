/** Certificates of an authority on the internet: serves what the store has, and keeps it good. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { setImmediate as breathe, setTimeout as pause } from "node:timers/promises";
import { createSecureContext, type SecureContext } from "node:tls";
import { createCache } from "../../lib/cache.ts";
import type { Clock } from "../../lib/clock.ts";
import type { CertificateStatus, Certificates } from "../tls/certificates.ts";
import { challengeCertificate } from "../tls/make-certificate.ts";
import { contextOf } from "../tls/pair-context.ts";
import { daysLeft, factsOf, type Keeper } from "./keeper.ts";
import type { OnDemand } from "./on-demand.ts";
import type { CertificateStore } from "./store.ts";

export interface AcmeOptions {
  readonly store: CertificateStore;
  readonly keeper: Keeper;
  /** hosts and wildcards that are to have one from the start on */
  readonly hosts: readonly string[];
  readonly onDemand: OnDemand | null;
  readonly clock: Clock;
  readonly warn: (sentence: string) => void;
}

export interface AcmeCertificates extends Certificates {
  /** Starts to look after the hosts. */
  start(): void;
  /** From now on these hosts are to have one; what others have is served on, and not renewed. */
  follow(hosts: readonly string[]): void;
  /** Answers the authority's question for an HTTP-01 challenge; false for every other request. */
  answerChallenge(req: IncomingMessage, res: ServerResponse): boolean;
}

interface Loaded {
  readonly version: string;
  readonly context: SecureContext;
  readonly notAfter: number;
}

const longestSleepMs = 60_000;
const shortestSleepMs = 200;
const onDemandMs = 30_000;
const onDemandPauseMs = 500;
const pendingMost = 32;
const challengePath = "/.well-known/acme-challenge/";

export const createAcmeCertificates = (options: AcmeOptions): AcmeCertificates => {
  const { store, keeper, clock } = options;
  let configured = options.hosts;
  /** those, and what came on demand */
  const kept = new Set(configured);
  const loaded = new Map<string, Loaded>();
  const pending = new Map<string, Promise<SecureContext | null>>();
  const nextLook = new Map<string, number>();
  const warnedAt = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let closed = false;

  /** Reads what the store has, if it has changed: another gateway may have put it there. Says whether it has. */
  const load = (host: string): boolean => {
    const version = store.version(host);
    if (loaded.get(host)?.version === version) return false;
    const pair = store.certificate(host);
    const facts = factsOf(store, host);
    if (!pair || !facts) return false; // gone or broken: what was read before serves on
    try {
      loaded.set(host, { version, context: contextOf(pair), notAfter: facts.notAfter });
    } catch (error) {
      options.warn(`acme: the certificate of ${host} in ${store.dir} cannot be used (${error})`);
    }
    return true;
  };

  const lookAt = async (host: string): Promise<void> => {
    nextLook.set(host, await keeper.look(host));
    load(host);
    warnOfEnd(host);
  };
  const round = async (): Promise<void> => {
    for (const host of kept) {
      if (closed) return;
      if (load(host) || (nextLook.get(host) ?? 0) <= clock()) await lookAt(host);
      await breathe(); // with a thousand hosts, requests come between them
    }
    sleep(Math.min(...[...kept].map((host) => nextLook.get(host) ?? 0)) - clock());
  };
  const sleep = (ms: number): void => {
    if (closed) return;
    clearTimeout(timer);
    timer = setTimeout(
      () => {
        running = round();
      },
      Math.min(Math.max(ms, shortestSleepMs), longestSleepMs),
    );
    timer.unref();
  };

  const warnOfEnd = (host: string): void => {
    const notAfter = loaded.get(host)?.notAfter ?? Number.POSITIVE_INFINITY;
    const days = daysLeft(notAfter, clock());
    if (days >= 7 || clock() - (warnedAt.get(host) ?? 0) < 86_400_000) return;
    const { trouble } = store.state(host);
    if (!trouble) return; // short lives are well under way
    warnedAt.set(host, clock());
    options.warn(
      `acme: the certificate of ${host} is good for ${days} more days, and no new one came: ${trouble}`,
    );
  };

  const nameFor = (host: string): string | null => {
    if (loaded.has(host)) return host;
    const wildcard = `*${host.slice(host.indexOf("."))}`;
    return loaded.has(wildcard) ? wildcard : null;
  };

  const { onDemand } = options;
  const getNow = async (host: string): Promise<SecureContext | null> => {
    if (!onDemand || !(await onDemand.allows(host, kept.size - new Set(configured).size))) return null;
    const until = clock() + onDemandMs;
    // Orders go one by one: this one's turn may come a little later.
    for (load(host); !loaded.has(host) && !closed && clock() < until; await pause(onDemandPauseMs)) {
      await lookAt(host);
      if (store.state(host).failures > 0) break;
    }
    if (loaded.has(host)) kept.add(host);
    else nextLook.delete(host);
    return loaded.get(host)?.context ?? null;
  };
  const getOnce = (host: string): Promise<SecureContext | null> => {
    const known = pending.get(host);
    if (known) return known;
    if (!onDemand || pending.size >= pendingMost) return Promise.resolve(null);
    const context = getNow(host).finally(() => pending.delete(host));
    pending.set(host, context);
    return context;
  };

  for (const host of kept) load(host);
  const challenges = createChallengeContexts(store, clock);
  return {
    contextFor(host) {
      const name = nameFor(host);
      return name === null ? getOnce(host) : (loaded.get(name)?.context ?? null);
    },
    fallback: () => null,
    challengeFor: challenges,
    hasChallenges: () => store.hasChallenges("tls-alpn-01"),
    covers: (host) => nameFor(host) !== null,
    status: () => [...kept].map((host) => statusOf(store, host, loaded.get(host)?.notAfter ?? null)),
    start: () => sleep(0),
    follow(hosts) {
      for (const host of configured) if (!hosts.includes(host)) kept.delete(host);
      configured = hosts;
      for (const host of hosts) kept.add(host);
      sleep(0);
    },
    answerChallenge: (req, res) => answerChallenge(store, req, res),
    async close() {
      closed = true;
      clearTimeout(timer);
      await running;
    },
  };
};

const statusOf = (store: CertificateStore, host: string, notAfter: number | null): CertificateStatus => {
  const { failures, trouble } = store.state(host);
  return { host, notAfter, failures, trouble };
};

/** One hand-made certificate a challenge, whichever gateway is asked for it. */
const createChallengeContexts = (store: CertificateStore, clock: Clock) => {
  const made = createCache<string, SecureContext>(100);
  return (host: string): SecureContext | null => {
    const keyAuthorization = store.challenge("tls-alpn-01", host);
    if (keyAuthorization === null) return null;
    const known = made.get(keyAuthorization);
    if (known) return known;
    const context = createSecureContext(challengeCertificate(host, keyAuthorization, clock()));
    made.set(keyAuthorization, context);
    return context;
  };
};

const answerChallenge = (store: CertificateStore, req: IncomingMessage, res: ServerResponse): boolean => {
  if (!req.url?.startsWith(challengePath)) return false;
  const answer = store.challenge("http-01", req.url.slice(challengePath.length));
  if (answer === null) return false; // not ours: a server behind us may do this for itself
  res.writeHead(200, {
    "content-type": "application/octet-stream",
    "content-length": Buffer.byteLength(answer),
    "cache-control": "no-store",
  });
  res.end(req.method === "HEAD" ? undefined : answer);
  return true;
};
