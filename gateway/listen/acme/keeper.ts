/**
 * Sees to it that every host has a certificate that is good for long enough: looks at what is due, places orders, a
 * few at a time, under the lock, and writes down how it went, so that neither a restart nor another gateway on the same
 * store tries more often than the authority allows.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Clock } from "../../lib/clock.ts";
import { codeOf } from "../../lib/error-code.ts";
import type { KeyPair } from "../tls/make-certificate.ts";
import { contextOf } from "../tls/pair-context.ts";
import { type CertificateFacts, coversHost, readCertificate } from "../tls/read-certificate.ts";
import type { Authority } from "./authority.ts";
import { newAccount } from "./authority.ts";
import { explainFailure, type Failure, Refusal } from "./failure.ts";
import type { FolderLock } from "./lock.ts";
import type { Proof } from "./prove.ts";
import {
  isAhead,
  longestDelay,
  nextPoll,
  paceOrders,
  pollEvery,
  renewalTime,
  restAfter,
  retryDelay,
} from "./schedule.ts";
import type { CertificateStore, HostState } from "./store.ts";
import { createTurns, type Turn } from "./turns.ts";

export interface KeeperOptions {
  readonly store: CertificateStore;
  readonly lock: FolderLock;
  /** orders beside each other */
  readonly atOnce: number;
  readonly authority: Authority;
  /** the proofs to try, the next one after each failure */
  readonly proofsFor: (host: string) => readonly Proof[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly info: (sentence: string) => void;
  readonly warn: (sentence: string) => void;
}

export interface Keeper {
  /**
   * Does what is due for the host; answers when to look again, ms since 1970. Never throws. `mayOrder` is asked
   * before a certificate is.
   */
  look(host: string, mayOrder?: MayOrder): Promise<number>;
}

type MayOrder = () => Promise<boolean>;
const always: MayOrder = () => Promise.resolve(true);

/** Others are ordering: that takes some seconds. */
const busyMs = 5_000;
/** The first order of all opens the account. */
const openingMs = 500;
/** Nobody wants it renewed any more. */
const refusedMs = 3_600_000;
/** After what should not happen, such as a full disk. */
const brokenMs = 60_000;

export const createKeeper = (options: KeeperOptions): Keeper => {
  const { store, clock } = options;
  const turns = createTurns(options.lock, options.atOnce);

  const look = async (host: string, mayOrder: MayOrder): Promise<number> => {
    const facts = factsOf(store, host);
    if (facts) await planRenewal(options, host, facts);
    const state = store.state(host);
    const dueAt = dueTime(state, facts, clock());
    if (dueAt > clock()) return facts && state.plan ? Math.min(dueAt, state.plan.pollAt) : dueAt;
    if (!(await mayOrder())) return clock() + refusedMs;
    const turn = turns.take(host);
    if (!turn) return clock() + busyMs;
    try {
      return await order(host, turn);
    } finally {
      turn.release();
    }
  };

  const order = async (host: string, turn: Turn): Promise<number> => {
    // Whoever had the lock before may have done what we came for, or failed at it.
    const facts = factsOf(store, host);
    const state = store.state(host);
    if (dueTime(state, facts, clock()) > clock()) return clock() + busyMs;
    // An account is opened once: who comes meanwhile waits for it.
    if (!turn.isAlone && !store.account()?.url) return clock() + openingMs;
    const { counted, nextAt } = paceOrders(store.orders(), clock());
    if (nextAt > clock()) return nextAt;
    if (turn.isAlone) store.dropChallenges();
    store.tryRoom();
    store.keepOrders([...counted, clock()]);
    if (!facts && store.version(host) !== "")
      options.warn(`acme: the certificate of ${host} in ${store.dir} is damaged: another one is ordered`);
    return tryOrder(options, host, state, facts);
  };

  return {
    look: (host, mayOrder = always) =>
      look(host, mayOrder).catch((error: unknown) => {
        options.warn(`acme: ${host}: ${brokenSentence(error, store.dir)}`);
        return clock() + brokenMs;
      }),
  };
};

const brokenSentence = (error: unknown, dir: string): string => {
  const reason = error instanceof Error ? error.message : String(error);
  if (!/^(EACCES|EDQUOT|EIO|ELOOP|ENOENT|ENOSPC|ENOTDIR|EPERM|EROFS|ESTALE)$/.test(codeOf(error)))
    return reason;
  return `the certificate folder ${dir} cannot be written (${reason}): see that it is there, writable for this user, and the disk not full; it is tried again every minute`;
};

/** What is in the store for the host; a certificate that cannot be read, has another key, or is for others, is none. */
export const factsOf = (store: CertificateStore, host: string): CertificateFacts | null => {
  const pair = store.certificate(host);
  if (!pair) return null;
  try {
    const facts = readCertificate(pair.cert);
    return coversHost(facts.hosts, host) && fits(pair) ? facts : null;
  } catch {
    return null;
  }
};

const fits = ({ cert, key }: KeyPair): boolean =>
  new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));

const dueTime = (
  { failures, nextTryAt, plan }: HostState,
  facts: CertificateFacts | null,
  now: number,
): number => {
  const mayTryAt = isAhead(nextTryAt, now, longestDelay) ? nextTryAt : 0;
  if (!facts) return failures > 0 ? mayTryAt : 0; // one that came and is gone is asked for at once
  const renewAt = plan?.id === planId(facts) ? plan.renewAt : facts.notAfter;
  return Math.max(renewAt, mayTryAt);
};

const planId = (facts: CertificateFacts): string => facts.id ?? `until-${facts.notAfter}`;

/** Makes a plan for a certificate that has none, and asks the authority twice a day whether it is still right. */
const planRenewal = async (
  { store, authority, clock, random, warn }: KeeperOptions,
  host: string,
  facts: CertificateFacts,
): Promise<void> => {
  const before = store.state(host).plan;
  const known = before?.id === planId(facts) ? before : null;
  if (known && isAhead(known.pollAt, clock(), 2 * pollEvery)) return;
  let pollAt = clock() + 2 * pollEvery; // one that has no windows may have some tomorrow
  let window = known?.start != null && known.end != null ? { start: known.start, end: known.end } : null;
  try {
    const answer = facts.id && (await authority.window(facts.id));
    window = answer || null;
    if (answer) pollAt = nextPoll(clock(), answer.retryAfterMs);
  } catch (error) {
    pollAt = clock() + pollEvery;
    if (!known)
      warn(`acme: ${host}: ${describe(error, host, "", authority).sentence}; it is renewed by its age`);
  }
  // Another gateway may have chosen while we asked: all keep to one moment.
  const now = store.state(host);
  const chosen = now.plan?.id === planId(facts) ? now.plan : null;
  const isSame = chosen && chosen.start === (window?.start ?? null) && chosen.end === (window?.end ?? null);
  const renewAt = isSame ? chosen.renewAt : renewalTime(facts, window, random());
  const plan = { id: planId(facts), renewAt, pollAt, start: window?.start ?? null, end: window?.end ?? null };
  store.keepState(host, { ...now, plan });
};

const tryOrder = async (
  options: KeeperOptions,
  host: string,
  state: HostState,
  facts: CertificateFacts | null,
): Promise<number> => {
  const { store, authority, clock } = options;
  const proofs = options.proofsFor(host);
  const proof = proofs[state.failures % Math.max(1, proofs.length)];
  try {
    if (!proof) throw new Error("there is no way to prove it: a wildcard needs tls.dns");
    const pair = await authority.order({
      host,
      account: store.account() ?? startAccount(store),
      keepAccount: (account) => store.keepAccount(account),
      proof,
      replaces: facts?.id ?? null,
    });
    const got = readCertificate(pair.cert);
    if (!coversHost(got.hosts, host))
      throw new Error(`the certificate that came is for ${got.hosts.join(", ")}`);
    tryToServe(pair);
    store.keepCertificate(host, pair);
    // Where our clock is wrong, every certificate that comes may seem to be due at once.
    const nextTryAt = clock() + restAfter(got);
    store.keepState(host, { failures: 0, nextTryAt, trouble: null, plan: null });
    options.info(
      `acme: ${host} has a certificate of ${got.issuer}, good for ${daysLeft(got.notAfter, clock())} days`,
    );
    if (got.notAfter <= clock() || got.notBefore > clock())
      options.warn(
        `acme: ${host}: by the clock of this machine the certificate that came is not valid now: set the clock right`,
      );
    return clock(); // its renewal has to be planned
  } catch (error) {
    if (authority.isClosed) return clock(); // we are ending, which is no failure of the order's
    return noteFailure(options, host, proof?.type ?? "", facts, error);
  }
};

/** Throws where no handshake could use it: kept, it would take the old one's place, and be ordered again at once. */
const tryToServe = (pair: KeyPair): void => {
  try {
    contextOf(pair);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`the certificate that came cannot be used (${reason})`, { cause });
  }
};

const startAccount = (store: CertificateStore) => {
  const account = newAccount();
  store.keepAccount(account); // before it is used: a key that is lost cannot be asked for again
  return account;
};

const noteFailure = (
  { store, authority, clock, warn }: KeeperOptions,
  host: string,
  challenge: string,
  facts: CertificateFacts | null,
  error: unknown,
): number => {
  // The authority has forgotten us, or never knew: the key that it does not know is of no use.
  const account = store.account();
  if (error instanceof Refusal && error.problem === "accountDoesNotExist" && account) {
    store.keepAccount({ ...account, url: null });
  }
  const { kind, retryAfterMs, sentence } = describe(error, host, challenge, authority);
  const state = store.state(host);
  const failures = state.failures + 1;
  const nextTryAt = clock() + retryDelay(failures, kind, retryAfterMs);
  store.keepState(host, { ...state, failures, nextTryAt, trouble: sentence });
  const meanwhile = facts
    ? `the old certificate serves for ${daysLeft(facts.notAfter, clock())} more days`
    : "it cannot be reached by https meanwhile";
  warn(`acme: ${host}: ${sentence}; tried again at ${new Date(nextTryAt).toISOString()}, ${meanwhile}`);
  return nextTryAt;
};

const describe = (error: unknown, host: string, challenge: string, { directory }: Authority): Failure =>
  explainFailure(error, host, challenge, directory);

/** Whole days, but parts of the last one. */
export const daysLeft = (notAfter: number, now: number): number => {
  const days = (notAfter - now) / 86_400_000;
  return days > 1 ? Math.floor(days) : Math.max(0, Math.round(days * 10) / 10);
};
