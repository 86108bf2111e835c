/**
 * The development authority: made at the first use, kept in the certificate folder, and good for whatever host the
 * gateway serves. A browser that is told to trust `ca.crt` shows no warning.
 */
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { SecureContext } from "node:tls";
import type { Clock } from "../../lib/clock.ts";
import { codeOf } from "../../lib/error-code.ts";
import { makeFolder } from "../../lib/make-folder.ts";
import { removeUnfinished } from "../../lib/remove-unfinished.ts";
import { writeFirst, writeWhole } from "../../lib/write-whole.ts";
import type { CertificateStatus, Certificates } from "./certificates.ts";
import {
  authorityExtensions,
  type KeyPair,
  keyPem,
  makeCertificate,
  newKey,
  type Signer,
} from "./make-certificate.ts";
import { contextOf } from "./pair-context.ts";

const day = 86_400_000;
const authorityDays = 3650;
const leafDays = 90;
const renewBelowDays = 30;
const hostsKept = 200;

export interface LocalOptions {
  /** where the authority is kept */
  readonly dir: string;
  readonly clock: Clock;
  /** a site answers for the host */
  readonly serves: (host: string) => boolean;
}

interface Leaf {
  readonly pair: KeyPair;
  readonly context: SecureContext;
  readonly notAfter: number;
}

/** Certificates for every host that is served, and for clients that name none. */
export const createLocalAuthority = ({ dir, clock, serves }: LocalOptions): Certificates => {
  let authority: Authority | null = null;
  const leaves = new Map<string, Leaf>();

  const leafFor = (host: string): Leaf => {
    const known = leaves.get(host);
    if (known && known.notAfter - clock() > renewBelowDays * day) return known;
    if (!authority || authority.notAfter - clock() < leafDays * day) authority = openAuthority(dir, clock());
    const leaf = makeLeaf(host, authority, clock());
    if (leaves.size >= hostsKept) leaves.clear(); // clients may make up hosts where a site takes any
    leaves.set(host, leaf);
    return leaf;
  };
  return {
    contextFor: (name) => (serves(name) ? leafFor(name).context : null),
    fallback: () => leafFor("localhost").pair,
    covers: serves,
    status() {
      try {
        const { notAfter } = leafFor("localhost"); // made anew in time, as for a client that asks
        return [
          good("localhost", notAfter),
          ...(authority ? [good("local authority", authority.notAfter)] : []),
        ];
      } catch (error) {
        const trouble = error instanceof Error ? error.message : String(error);
        return [{ host: "localhost", notAfter: null, failures: 1, trouble }];
      }
    },
    close: () => leaves.clear(),
  };
};

const good = (host: string, notAfter: number): CertificateStatus => ({
  host,
  notAfter,
  failures: 0,
  trouble: null,
});

interface Authority extends Signer {
  readonly notAfter: number;
  readonly serial: string;
  /** as browsers take it */
  readonly cert: string;
}

const openAuthority = (dir: string, now: number): Authority => {
  try {
    const authority = keptOrNew(dir, now);
    offerRoot(dir, authority);
    return authority;
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause)) throw cause; // says itself what to do
    throw new Error(
      `tls: the local authority cannot be kept in ${dir} (${codeOf(cause)}): see that it is writable for this user, and the disk not full, or name another folder as tls.store`,
      { cause },
    );
  }
};

/**
 * What browsers are given to trust, also where the process that made the authority was killed before it could. Who has no
 * room for it can be served all the same: the next start tries again.
 */
const offerRoot = (dir: string, { cert }: Authority): void => {
  const file = join(dir, "ca.crt");
  try {
    if (textOf(file) !== cert) writeWhole(file, cert, 0o644);
  } catch {
    // said by whoever looks for the file
  }
};

const keptOrNew = (dir: string, now: number): Authority => {
  makeFolder(dir, 0o700);
  removeUnfinished(dir);
  const file = join(dir, "ca.pem");
  const kept = readAuthority(file);
  return kept && lasts(kept, now) ? kept : takeNext(file, kept, now);
};

const lasts = ({ notAfter }: Authority, now: number): boolean => notAfter - now > leafDays * day;

/**
 * An authority where there is none, or one that follows another. Of several processes that find the same one missing or
 * ended, the first makes the next: there is one file for it, named after the one it follows.
 */
const takeNext = (file: string, ended: Authority | null, now: number): Authority => {
  const place = ended ? `${file}.after-${ended.serial}` : file;
  writeFirst(place, makeAuthority(now), 0o600);
  if (ended) {
    const made = textOf(place);
    // Where another has finished in the meantime, it has gone, or what was just made is one too many.
    if (made !== null && readAuthority(file)?.serial === ended.serial) writeWhole(file, made, 0o600);
    rmSync(place, { force: true });
  }
  const next = readAuthority(file);
  if (next) return next;
  throw new Error(`tls: ${file} was removed while it was made: start again`);
};

const readAuthority = (file: string): Authority | null => {
  const text = textOf(file);
  if (text === null) return null;
  try {
    const certificate = new X509Certificate(text);
    return {
      name: /CN=(.+)/.exec(certificate.subject)?.[1] ?? "",
      key: createPrivateKey(text),
      notAfter: Date.parse(certificate.validTo),
      serial: certificate.serialNumber,
      cert: text.slice(text.indexOf("-----BEGIN CERTIFICATE-----")),
    };
  } catch (cause) {
    throw new Error(
      `tls: ${file} does not hold a key and a certificate: remove it, and a new one is made at the next start`,
      { cause },
    );
  }
};

const textOf = (file: string): string | null => {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw new Error(`tls: ${file} cannot be read (${codeOf(error)}): make it readable for this user`, {
      cause: error,
    });
  }
};

/** A new one: its key and its certificate, in one text, so that they can never be of two authorities. */
const makeAuthority = (now: number): string => {
  const key = newKey();
  const signer = { name: `Turnpike local authority ${new Date(now).toISOString().slice(0, 10)}`, key };
  const notAfter = now + authorityDays * day;
  const cert = makeCertificate(
    {
      name: signer.name,
      hosts: [],
      publicKey: createPublicKey(key),
      notBefore: now - day,
      notAfter,
      extensions: authorityExtensions(key),
    },
    signer,
  );
  return keyPem(key) + cert;
};

const makeLeaf = (host: string, authority: Authority, now: number): Leaf => {
  const key = newKey();
  const notAfter = now + leafDays * day;
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  const hosts = bare === "localhost" ? ["localhost", "127.0.0.1", "::1"] : [bare];
  const cert = makeCertificate(
    { name: bare, hosts, publicKey: createPublicKey(key), notBefore: now - day, notAfter },
    authority,
  );
  const pair = { key: keyPem(key), cert };
  return { pair, context: contextOf(pair), notAfter };
};
