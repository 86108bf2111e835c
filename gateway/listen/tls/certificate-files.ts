/** Certificates from files that somebody else looks after; read again when they change. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import type { SecureContext } from "node:tls";
import type { Clock } from "../../lib/clock.ts";
import { countOf } from "../../lib/count-of.ts";
import { codeOf } from "../../lib/error-code.ts";
import type { Certificates } from "./certificates.ts";
import type { KeyPair } from "./make-certificate.ts";
import { contextOf } from "./pair-context.ts";
import { type CertificateFacts, coversHost, readCertificate } from "./read-certificate.ts";
import { sayUnnamed, unnamedHosts } from "./unnamed-hosts.ts";

export interface FilesOptions {
  readonly files: readonly { readonly cert: string; readonly key: string }[];
  /** patterns of all sites and routes */
  readonly hosts: readonly string[];
  readonly clock: Clock;
  readonly info: (sentence: string) => void;
  readonly warn: (sentence: string) => void;
}

interface Read {
  readonly pair: KeyPair;
  readonly context: SecureContext;
  readonly facts: CertificateFacts;
}

const lookEveryMs = 2_000;
const dayMs = 86_400_000;
/** Nobody renews them but whoever put them there: so long before their end the log begins to say so, once a day. */
const soonDays = 14;

export interface CertificateFiles extends Certificates {
  look(): void;
  /** The patterns of sites and routes are these from now on. */
  follow(hosts: readonly string[]): void;
}

/** Throws one sentence if a pair cannot be used at the start; later a bad one changes nothing, and is told. */
export const openCertificateFiles = (options: FilesOptions): CertificateFiles => {
  const { files, clock, info, warn } = options;
  let unnamed: readonly string[] = [];
  const entries = files.map((names) => ({
    names,
    version: versionOf(names),
    read: readPair(names),
    toldAt: 0,
  }));

  const tell = (entry: (typeof entries)[number]): void => {
    const trouble = troubleOf(entry.read.facts, clock());
    if (trouble === null || clock() - entry.toldAt < dayMs) return;
    entry.toldAt = clock();
    warn(`tls: the certificate in ${entry.names.cert} ${trouble}`);
  };

  const judgeHosts = (hosts: readonly string[]): void => {
    const before = unnamed;
    unnamed = unnamedHosts(
      entries.map(({ read }) => read.facts.hosts),
      hosts,
    );
    const added = unnamed.filter((host) => !before.includes(host));
    if (added.length > 0) warn(`tls: ${sayUnnamed(added)}`);
  };

  let { hosts } = options;
  const look = (): void => {
    for (const entry of entries) {
      tell(entry);
      const version = versionOf(entry.names);
      if (version === entry.version) continue;
      entry.version = version;
      try {
        entry.read = better(entry, readPair(entry.names), clock());
        entry.toldAt = 0;
        const until = new Date(entry.read.facts.notAfter).toISOString();
        info(`tls: ${entry.names.cert} was read again, it is good until ${until}`);
        judgeHosts(hosts);
      } catch (error) {
        // In the middle of a change key and certificate do not match: the next change is another chance.
        warn(`${error instanceof Error ? error.message : error}; the one of before serves on`);
      }
    }
  };
  for (const entry of entries) tell(entry);
  judgeHosts(hosts);
  const timer = setInterval(look, lookEveryMs);
  timer.unref();
  const find = (host: string) => entries.find(({ read }) => coversHost(read.facts.hosts, host));
  return {
    look,
    follow(next) {
      hosts = next;
      judgeHosts(hosts);
    },
    contextFor: (host) => find(host)?.read.context ?? null,
    fallback: () => entries[0]?.read.pair ?? null,
    covers: (host) => find(host) !== undefined,
    status: () => [
      ...entries.map(({ read: { facts } }) => ({
        host: facts.hosts[0] ?? "",
        notAfter: facts.notAfter,
        failures: 0,
        trouble: null,
      })),
      ...unnamed.map((host) => ({ host, notAfter: null, failures: 0, trouble: sayUnnamed([host]) })),
    ],
    close: () => clearInterval(timer),
  };
};

/** The pair that is there now. Throws where it has ended and the one of before has not: an old copy that was put back. */
const better = (
  { names, read: before }: { readonly names: Names; readonly read: Read },
  now: Read,
  at: number,
): Read => {
  if (now.facts.notAfter > at || before.facts.notAfter <= at) return now;
  throw new Error(
    `tls: the certificate in ${names.cert} has ended at ${new Date(now.facts.notAfter).toISOString()}: put a new one there`,
  );
};

/** What visitors will see of it, or do, and what to do; null where all is well. */
const troubleOf = ({ notBefore, notAfter }: CertificateFacts, now: number): string | null => {
  const until = new Date(notAfter).toISOString();
  if (notAfter <= now)
    return `has ended at ${until}, and browsers refuse it: put a new one there, it is read by itself`;
  if (notBefore > now)
    return `is good from ${new Date(notBefore).toISOString()} on, and browsers refuse it: see that the clock is right`;
  const days = Math.floor((notAfter - now) / dayMs);
  return days < soonDays && (notAfter - now) * 3 < notAfter - notBefore
    ? `is good for ${countOf(days, "more day")}, until ${until}: put a new one there, it is read by itself`
    : null;
};

type Names = FilesOptions["files"][number];

const versionOf = ({ cert, key }: Names): string =>
  [cert, key]
    .map((file) => {
      const found = statSync(file, { throwIfNoEntry: false });
      return found ? `${found.ino} ${found.mtimeMs} ${found.size}` : "";
    })
    .join();

const readPair = (names: Names): Read => {
  const pair = { cert: readText(names.cert), key: readText(names.key) };
  try {
    // Node takes a certificate without its key, and then serves nobody.
    if (!new X509Certificate(pair.cert).checkPrivateKey(createPrivateKey(pair.key)))
      throw new Error("the key is of another certificate");
    return { pair, context: contextOf(pair), facts: readCertificate(pair.cert) };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `tls: ${names.cert} and ${names.key} cannot be used together (${why}): both must be PEM, the key that of the certificate`,
      { cause },
    );
  }
};

const readText = (file: string): string => {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new Error(`tls: ${file} cannot be read (${codeOf(cause)}): make it readable for this user`, {
      cause,
    });
  }
};
