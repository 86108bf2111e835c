import type { SecureContext } from "node:tls";
import type { KeyPair } from "./make-certificate.ts";

/** Where the certificates of a listener come from. */
export interface Certificates {
  /**
   * What a client is shown that asks for this host (lower case; empty where it names none); null refuses the
   * handshake, because a host nobody configured has no certificate.
   */
  contextFor(host: string): SecureContext | null | Promise<SecureContext | null>;
  /** For clients that name no host; the same object until it changes; null refuses them. */
  fallback(): KeyPair | null;
  /** What a TLS-ALPN-01 challenge for the host is to be shown; null when there is none. */
  challengeFor?(host: string): SecureContext | null;
  /** Such a challenge is being answered, for some host. */
  hasChallenges?(): boolean;
  /** The host has a certificate now, so that a client may be sent to https. */
  covers(host: string): boolean;
  status(): readonly CertificateStatus[];
  close(): void | Promise<void>;
}

/** One certificate, for health checks, metrics and the log. */
export interface CertificateStatus {
  readonly host: string;
  /** ms since 1970; null while there is none yet */
  readonly notAfter: number | null;
  /** tries that failed since the last success */
  readonly failures: number;
  /** what went wrong at the last try and what to do about it; null when it went well */
  readonly trouble: string | null;
}
