/**
 * What is kept of one authority: the account, certificates with their keys, what is planned for them, and the
 * challenges that are being answered. Several gateways may share the folder: every file is written as a whole, and
 * who changes more than one holds the lock.
 */
import { createHash, createPrivateKey, randomUUID } from "node:crypto";
import { readdirSync, readFileSync, rmSync, type Stats, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { codeOf } from "../../lib/error-code.ts";
import { makeFolder } from "../../lib/make-folder.ts";
import { removeUnfinished } from "../../lib/remove-unfinished.ts";
import { writeSoon, writeWhole } from "../../lib/write-whole.ts";
import type { KeyPair } from "../tls/make-certificate.ts";
import { claimBeside } from "./lock.ts";

/** What is planned for a host, and how the last tries went. */
export interface HostState {
  readonly failures: number;
  /** no try before; ms since 1970 */
  readonly nextTryAt: number;
  readonly trouble: string | null;
  readonly plan: RenewalPlan | null;
}

/** When the certificate of this id is renewed. */
export interface RenewalPlan {
  readonly id: string;
  readonly renewAt: number;
  /** when to ask the authority for its window again */
  readonly pollAt: number;
  /** the authority's window; null where it has none */
  readonly start: number | null;
  readonly end: number | null;
}

export interface Account {
  readonly key: string;
  readonly url: string | null;
}

export interface CertificateStore {
  readonly dir: string;
  /** null when there is none, or none that can be read */
  certificate(host: string): KeyPair | null;
  /** changes whenever the certificate does; empty when there is none */
  version(host: string): string;
  keepCertificate(host: string, pair: KeyPair): void;
  /** Throws where there would be no room for a certificate: one that was ordered and cannot be kept is lost. */
  tryRoom(): void;
  state(host: string): HostState;
  keepState(host: string, state: HostState): void;
  /** hosts that have a certificate */
  hosts(): readonly string[];
  account(): Account | null;
  keepAccount(account: Account): void;
  orders(): readonly number[];
  keepOrders(times: readonly number[]): void;
  /** what is to be shown for a challenge; `name` is a token or a host */
  challenge(type: ChallengeFile, name: string): string | null;
  keepChallenge(type: ChallengeFile, name: string, keyAuthorization: string): void;
  dropChallenge(type: ChallengeFile, name: string): void;
  /** Nobody is ordering: what is still there is of an order that was killed. */
  dropChallenges(): void;
  /** some challenge of the type is being answered, by whichever gateway; quick, as it is asked for every connection */
  hasChallenges(type: ChallengeFile): boolean;
}

const challengeTypes = ["http-01", "tls-alpn-01"] as const;
export type ChallengeFile = (typeof challengeTypes)[number];

/** More than a certificate with its chain and key, and what is written beside it. */
const roomBytes = 65_536;

const fresh: HostState = { failures: 0, nextTryAt: 0, trouble: null, plan: null };

/** The store of one directory URL below `root`: staging's certificates must never be taken for real ones. */
export const openStore = (root: string, directoryUrl: string): CertificateStore => {
  const { host } = new URL(directoryUrl);
  const hash = createHash("sha256").update(directoryUrl).digest("hex").slice(0, 8);
  const dir = join(root, `${host.replace(":", "-")}-${hash}`);
  for (const type of challengeTypes) {
    makeCertsFolder(join(dir, "challenges", type));
    removeUnfinished(join(dir, "challenges", type));
  }
  removeUnfinished(dir);
  removeUnfinished(dir, claimBeside);
  const pemFile = (name: string) => join(dir, `${fileName(name)}.pem`);
  const stateFile = (name: string) => join(dir, `${fileName(name)}.json`);
  const challengeFile = (type: ChallengeFile, name: string) => join(dir, "challenges", type, fileName(name));
  const write = (file: string, content: string) => writeWhole(file, content, 0o600);
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  const listings = new Map<ChallengeFile, { readonly changedAt: number; readonly any: boolean }>();
  return {
    dir,
    hasChallenges(type) {
      const folder = join(dir, "challenges", type);
      const changedAt = statOf(folder)?.mtimeMs ?? 0;
      const known = listings.get(type);
      if (known?.changedAt === changedAt) return known.any;
      const any = changedAt > 0 && readdirSync(folder).some((name) => !name.endsWith(".new"));
      listings.set(type, { changedAt, any });
      return any;
    },
    certificate(name) {
      const text = read(pemFile(name));
      const at = text?.indexOf("-----BEGIN CERTIFICATE-----") ?? -1;
      return text && at > 0 ? { key: text.slice(0, at), cert: text.slice(at) } : null;
    },
    version(name) {
      const found = statOf(pemFile(name));
      return found ? `${found.ino}-${found.mtimeMs}-${found.size}` : "";
    },
    // One file, so that a key and another certificate can never meet.
    keepCertificate: (name, { key, cert }) => write(pemFile(name), `${key.trim()}\n${cert}`),
    tryRoom() {
      const file = join(dir, `${randomUUID()}.new`);
      try {
        writeFileSync(file, Buffer.alloc(roomBytes), { mode: 0o600 });
      } finally {
        rmSync(file, { force: true });
      }
    },
    state: (name) => stateOf(readJson(stateFile(name))),
    keepState: (name, state) => writeSoon(stateFile(name), json(state), 0o600),
    hosts: () =>
      readdirSync(dir)
        .filter((name) => name.endsWith(".pem"))
        .map((name) => name.slice(0, -4).replace(/^_wildcard\./, "*.")),
    account() {
      const found = readJson(join(dir, "account.json"));
      const { key, url } = found;
      return typeof key === "string" && isKey(key)
        ? { key, url: typeof url === "string" ? url : null }
        : null;
    },
    keepAccount: (account) => write(join(dir, "account.json"), json(account)),
    orders() {
      const { times } = readJson(join(dir, "orders.json"));
      return Array.isArray(times) ? times.filter((time) => typeof time === "number") : [];
    },
    keepOrders: (times) => writeSoon(join(dir, "orders.json"), json({ times }), 0o600),
    challenge: (type, name) => (isFileName(fileName(name)) ? read(challengeFile(type, name)) : null),
    keepChallenge(type, name, keyAuthorization) {
      if (!isFileName(fileName(name))) throw new Error(`acme: the authority's token ${name} is none`);
      writeSoon(challengeFile(type, name), keyAuthorization, 0o600);
    },
    dropChallenge: (type, name) => rmSync(challengeFile(type, name), { force: true }),
    dropChallenges() {
      for (const type of challengeTypes) {
        const folder = join(dir, "challenges", type);
        for (const name of readdirSync(folder)) rmSync(join(folder, name), { force: true });
      }
    },
  };
};

const isKey = (pem: string): boolean => {
  try {
    return createPrivateKey(pem).type === "private";
  } catch {
    return false; // spoiled: the account is lost, and another is made
  }
};

const fileName = (name: string): string => name.replace(/^\*\./, "_wildcard.");

// Tokens come from the network, in base64url (RFC 8555 §8); hosts have been looked over before.
const isFileName = (name: string): boolean => /^[\w-][\w.-]{0,300}$/.test(name);

const makeCertsFolder = (folder: string): void => {
  try {
    makeFolder(folder, 0o700);
  } catch (cause) {
    throw new Error(
      `acme: the certificate folder ${folder} cannot be made (${codeOf(cause)}): make it writable for this user, or name another as tls.store`,
      { cause },
    );
  }
};

/** Asked in handshakes: a network file system that is away (ESTALE, EIO) must not throw there. */
const statOf = (file: string): Stats | undefined => {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch {
    return undefined; // as good as not there; who writes is told why
  }
};

const read = (file: string): string | null => {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null; // not there, or not ours to read: as good as none
  }
};

type Fields = Readonly<Record<string, unknown>>;

const readJson = (file: string): Fields => {
  try {
    const value: unknown = JSON.parse(read(file) ?? "{}");
    return typeof value === "object" && value !== null ? (value as Fields) : {}; // looked at field by field
  } catch {
    return {}; // somebody wrote into it: it is written anew
  }
};

const stateOf = ({ failures, nextTryAt, trouble, plan }: Fields): HostState => ({
  failures: numberOr(failures, fresh.failures),
  nextTryAt: numberOr(nextTryAt, fresh.nextTryAt),
  trouble: typeof trouble === "string" ? trouble : null,
  plan: typeof plan === "object" && plan !== null ? planOf(plan as Fields) : null, // field by field, too
});

const planOf = ({ id, renewAt, pollAt, start, end }: Fields): RenewalPlan | null =>
  typeof id === "string" && typeof renewAt === "number"
    ? {
        id,
        renewAt,
        pollAt: numberOr(pollAt, 0),
        start: typeof start === "number" ? start : null,
        end: typeof end === "number" ? end : null,
      }
    : null;

const numberOr = (value: unknown, otherwise: number): number =>
  typeof value === "number" ? value : otherwise;
