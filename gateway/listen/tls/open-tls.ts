/** Builds what the settings of TLS ask for. */
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { requestOutbound } from "../../http/outbound.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import { createAcmeCertificates } from "../acme/acme-certificates.ts";
import { createAuthority } from "../acme/authority.ts";
import { createKeeper } from "../acme/keeper.ts";
import { createLock } from "../acme/lock.ts";
import { createOnDemand, type OnDemand } from "../acme/on-demand.ts";
import { alpnProof, dnsProof, httpProof } from "../acme/proofs.ts";
import type { Proof } from "../acme/prove.ts";
import { type CertificateStore, openStore } from "../acme/store.ts";
import { openCertificateFiles } from "./certificate-files.ts";
import type { Certificates } from "./certificates.ts";
import { createLocalAuthority } from "./local-authority.ts";
import { certifiable, type TlsSettings } from "./settings.ts";
import type { TlsFront } from "./tls-options.ts";

export interface TlsParts {
  readonly settings: TlsSettings;
  /** patterns of all sites and routes */
  readonly hosts: readonly string[];
  /** where certificates are kept unless the settings say otherwise */
  readonly dir: string;
  /** a site answers for the host */
  readonly serves: (host: string) => boolean;
  /** ports of our listeners, which no question may go to */
  readonly ownPorts: () => readonly number[];
  readonly clock: Clock;
  readonly log: Pick<Log, "info" | "warn">;
}

export interface OpenTls {
  readonly front: TlsFront;
  /** Answers challenges on the listener in the clear; goes before all else. */
  readonly first: ((req: IncomingMessage, res: ServerResponse) => boolean) | undefined;
  /** http is sent to https */
  readonly redirects: boolean;
  /** Starts to get certificates; the listeners must be open. */
  start(): void;
  /** The patterns of sites and routes are these from now on. */
  follow(hosts: readonly string[]): void;
  /** Ends; an order that runs has so long to become a certificate. */
  close(graceMs: number): void | Promise<void>;
}

/** The certificates of the settings, or null where TLS is off. Throws one sentence when files cannot be used. */
export const openTls = (parts: TlsParts): OpenTls | null => {
  const { settings, clock } = parts;
  const dir = settings.store ?? join(parts.dir, "certs");
  switch (settings.mode) {
    case "off":
      return null;
    case "local":
      return opened(parts, createLocalAuthority({ dir: join(dir, "local"), clock, serves: parts.serves }));
    case "files": {
      const { hosts } = parts;
      const files = openCertificateFiles({ files: settings.files, hosts, clock, ...reporters(parts) });
      return { ...opened(parts, files), follow: files.follow };
    }
    case "acme":
      return openAcme(parts, dir);
  }
};

const reporters = ({ log }: TlsParts) => ({
  info: (sentence: string) => log.info(sentence),
  warn: (sentence: string) => log.warn(sentence),
});

const opened = ({ settings }: TlsParts, certificates: Certificates): OpenTls => ({
  front: { certificates, minVersion: settings.minVersion === "1.3" ? "TLSv1.3" : "TLSv1.2" },
  first: undefined,
  redirects: settings.redirect ?? settings.mode !== "local",
  start: () => {},
  follow: () => {},
  close: () => certificates.close(),
});

const directories = {
  letsencrypt: "https://acme-v02.api.letsencrypt.org/directory",
  "letsencrypt-staging": "https://acme-staging-v02.api.letsencrypt.org/directory",
} as const;

const directoryUrl = (directory: string): string =>
  directory === "letsencrypt" || directory === "letsencrypt-staging" ? directories[directory] : directory;

/**
 * One order that is stuck must not hold up all others; more at once would only meet the limits of an authority. Commands
 * that change a zone do not lock it, so that these run one after the other.
 */
const ordersAtOnce = 4;

const openAcme = (parts: TlsParts, dir: string): OpenTls => {
  const { settings, clock } = parts;
  const directory = directoryUrl(settings.directory);
  const store = openStore(dir, directory);
  const authority = createAuthority({
    directory,
    email: settings.email,
    root: settings.root === undefined ? undefined : readFileSync(settings.root, "utf8"),
    eab: settings.eab,
    profile: settings.profile,
  });
  const report = reporters(parts);
  const keeper = createKeeper({
    store,
    lock: createLock(store.dir),
    atOnce: settings.dns ? 1 : ordersAtOnce,
    authority,
    proofsFor: proofsFor(settings, store, report.warn),
    clock,
    random: Math.random,
    ...report,
  });
  const certificates = createAcmeCertificates({
    store,
    keeper,
    hosts: certifiable(parts.hosts, settings.dns !== undefined),
    onDemand: onDemandOf(parts),
    clock,
    warn: report.warn,
  });
  return {
    ...opened(parts, certificates),
    first: certificates.answerChallenge,
    start: () => certificates.start(),
    follow: (hosts) => certificates.follow(certifiable(hosts, settings.dns !== undefined)),
    async close(graceMs) {
      const timer = setTimeout(authority.close, graceMs);
      await certificates.close();
      clearTimeout(timer);
      authority.close();
    },
  };
};

/** Wildcards can be proven by dns-01 alone (RFC 8555 §7.4.1). */
const proofsFor = (settings: TlsSettings, store: CertificateStore, warn: (sentence: string) => void) => {
  const dns = settings.dns ? [dnsProof(settings.dns, warn)] : [];
  const all: readonly Proof[] = [httpProof(store), alpnProof(store), ...dns];
  const ofChoice = all.filter(({ type }) => type === settings.challenge);
  const automatic = dns.length > 0 ? dns : [httpProof(store), alpnProof(store)];
  return (host: string): readonly Proof[] => {
    if (host.startsWith("*.")) return dns;
    return settings.challenge === "auto" ? automatic : ofChoice;
  };
};

const onDemandOf = ({ settings, clock, log, ownPorts, serves }: TlsParts): OnDemand | null => {
  if (!settings.onDemand) return null;
  const { ask, allow, most } = settings.onDemand;
  return createOnDemand({
    most,
    clock,
    warn: (sentence) => log.warn(sentence),
    async ask(host) {
      if (!serves(host)) return false; // it would get 421 for an answer
      const url = new URL(ask);
      url.searchParams.set("domain", host);
      const { status } = await requestOutbound(url.href, { allow, ownPorts });
      if (status === 429 || status >= 500) throw new Error(`it answers ${status}`); // which is no no
      return status >= 200 && status < 300;
    },
  });
};
