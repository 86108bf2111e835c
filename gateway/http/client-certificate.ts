import type { IncomingMessage } from "node:http";

/** What a connection said of its client's certificate when its host asks for one. */
export interface ClientIdentity {
  /** which authorities were asked for: the file of the settings that names them */
  readonly authorities: string;
  /** null where none was shown, or none that one of the authorities has signed and that is in force */
  readonly certificate: ClientCertificate | null;
  /** why a certificate that was shown does not count; null where none was */
  readonly trouble: string | null;
}

export interface ClientCertificate {
  /** `CN=ann, O=Shop`, printable ASCII */
  readonly subject: string;
  readonly issuer: string;
  /** hexadecimal */
  readonly serial: string;
  /** SHA-256 of the certificate, hexadecimal, lower case */
  readonly fingerprint: string;
}

/** Where the listener leaves it on a connection. */
export const clientIdentity = Symbol("client identity");

/** The client's identity on the request's connection; undefined where its host did not ask for a certificate. */
export const clientIdentityOf = (req: IncomingMessage): ClientIdentity | undefined =>
  (req.socket as { [clientIdentity]?: ClientIdentity })[clientIdentity];

/** Where the listener leaves the host that a connection of HTTP/2 was opened for; undefined where its client named none. */
export const openedFor = Symbol("opened for");

/**
 * The request came on a connection of HTTP/2 that was opened for another host: browsers use one for all hosts of a
 * certificate (RFC 9113 §9.1.1).
 */
export const isForAnotherHost = (req: IncomingMessage, host: string): boolean => {
  const opened = (req.socket as { [openedFor]?: string })[openedFor];
  return opened !== undefined && opened !== host;
};

/** Headers in which an upstream learns who the client is; no client can send them itself. */
export const certificateHeaders = {
  subject: "x-client-cert-subject",
  issuer: "x-client-cert-issuer",
  serial: "x-client-cert-serial",
  fingerprint: "x-client-cert-fingerprint",
} as const satisfies Record<keyof ClientCertificate, string>;
