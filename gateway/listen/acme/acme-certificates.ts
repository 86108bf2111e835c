/** Certificates of an authority on the internet: serves what the store has, and keeps it good. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { createSecureContext, type SecureContext } from "node:tls";
import { createCache } from "../../lib/cache.ts";
import type { Clock } from "../../lib/clock.ts";
import type { CertificateStatus, Certificates } from "../tls/certificates.ts";
import { challengeCertificate } from "../tls/make-certificate.ts";
import { contextOf } from "../tls/pair-context.ts";
import { isPublicName } from "../tls/settings.ts";
import { daysLeft, factsOf, type Keeper } from "./keeper.ts";
import type { OnDemand } from "./on-demand.ts";
import { createRounds } from "./rounds.ts";
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
  const warnedAt = new Map<string, number>();
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

  const rounds = createRounds({
    hosts: () => [...kept],
    hasChanged: load,
    clock,
    async look(host) {
      const nextAt = await keeper.look(host, () => mayOrder(host));
      load(host);
      warnOfEnd(host);
      return nextAt;
    },
  });

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
  /** Of a host that came on demand it is asked anew: who said yes once may have lost the customer since. */
  const mayOrder = async (host: string): Promise<boolean> => {
    if (!onDemand || configured.includes(host)) return true;
    if ((await onDemand.judge(host, 0)) !== "no") return true;
    if (kept.delete(host))
      options.warn(
        `acme: tls.onDemand.ask says no to ${host}: its certificate is not renewed, and serves for ${daysLeft(loaded.get(host)?.notAfter ?? 0, clock())} more days`,
      );
    return false;
  };
  const isGood = (host: string): boolean => (loaded.get(host)?.notAfter ?? 0) > clock();
  const getNow = async (host: string): Promise<SecureContext | null> => {
    const got = kept.size - new Set(configured).size;
    const verdict = onDemand ? await onDemand.judge(host, got) : "no";
    if (verdict === "no") return null;
    load(host);
    // Where nobody could be asked, what is there is good enough; it came by a yes.
    if (verdict === "unknown" && !isGood(host)) return null;
    const until = clock() + onDemandMs;
    // A few orders run at once: this one's turn may come a little later.
    for (; !isGood(host) && !closed && clock() < until; await pause(onDemandPauseMs)) {
      await rounds.look(host);
      if (store.state(host).failures > 0) break;
    }
    if (loaded.has(host)) kept.add(host);
    else rounds.forget(host);
    return loaded.get(host)?.context ?? null;
  };
  /** Too many are being asked about: what is there serves, and is looked after when it is asked for next. */
  const storedFor = (host: string): SecureContext | null => {
    if (!isPublicName(host)) return null;
    load(host);
    return isGood(host) ? (loaded.get(host)?.context ?? null) : null;
  };
  const getOnce = (host: string): Promise<SecureContext | null> => {
    const known = pending.get(host);
    if (known) return known;
    if (!onDemand) return Promise.resolve(null);
    if (pending.size >= pendingMost) return Promise.resolve(storedFor(host));
    const context = getNow(host).finally(() => pending.delete(host));
    pending.set(host, context);
    return context;
  };

  for (const host of kept) load(host);
  const challenges = createChallengeContexts(store, clock);
  return {
    contextFor(host) {
      const name = nameFor(host);
      if (name === null || (onDemand && !kept.has(name) && !isGood(name))) return getOnce(host);
      return loaded.get(name)?.context ?? null;
    },
    fallback: () => null,
    challengeFor: challenges,
    hasChallenges: () => store.hasChallenges("tls-alpn-01"),
    covers: (host) => nameFor(host) !== null,
    status: () => [...kept].map((host) => statusOf(store, host, loaded.get(host)?.notAfter ?? null)),
    start: rounds.begin,
    follow(hosts) {
      for (const host of configured) if (!hosts.includes(host)) kept.delete(host);
      configured = hosts;
      for (const host of hosts) kept.add(host);
      rounds.begin();
    },
    answerChallenge: (req, res) => answerChallenge(store, req, res),
    async close() {
      closed = true;
      await rounds.close();
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
