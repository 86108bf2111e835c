import { constants } from "node:crypto";
import type { Server as SecureServer } from "node:https";
import type { SecureContextOptions, TlsOptions } from "node:tls";
import type { Certificates } from "./certificates.ts";
import type { ClientAuthorities } from "./client-authorities.ts";
import { namedHost } from "./client-hello.ts";
import { createTicketKeys, type TicketKeys, ticketSeconds } from "./ticket-keys.ts";

/** What makes a listener speak TLS. */
export interface TlsFront {
  readonly certificates: Certificates;
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
  /** shared by processes that serve one address; a server's own where they are left out */
  readonly tickets?: TicketKeys | undefined;
  /** which certificates the hosts ask of their clients; none do where it is left out */
  readonly clients?: ClientAuthorities | undefined;
}

// Forward secrecy and authenticated encryption alone: what every browser of the last ten years speaks.
const ciphers = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
].join(":");

const handshakeMs = 40_000; // a certificate that is made on demand has to come from its authority first

/** The options of every context in which a certificate is shown. */
export const contextOptions = ({ minVersion }: TlsFront): SecureContextOptions => ({
  minVersion,
  ciphers,
  honorCipherOrder: true,
  ecdhCurve: "X25519MLKEM768:X25519:prime256v1:secp384r1",
  // A client that could ask for handshake after handshake would have us do the costly part.
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_PRIORITIZE_CHACHA,
  sessionTimeout: ticketSeconds,
});

/** The options of a TLS server that takes its certificates by name, and speaks HTTP/2 and HTTP/1.1. */
export const tlsOptions = (front: TlsFront): TlsOptions => ({
  ...contextOptions(front),
  handshakeTimeout: handshakeMs,
  SNICallback: (name, done) => {
    Promise.resolve(front.certificates.contextFor(namedHost(name))).then(
      (context) => (context ? done(null, context) : done(new Error(`tls: no certificate for ${name}`))),
      (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
    );
  },
  ALPNProtocols: ["h2", "http/1.1"],
});

/**
 * Keeps what a server uses for every connection in force: the certificate for clients that name no host, and keys of
 * session tickets.
 */
export const keepServerCurrent = (server: SecureServer, front: TlsFront): { close(): void } => {
  let fallback = front.certificates.fallback();
  const tickets = front.tickets ?? createTicketKeys();
  const use = (): void =>
    server.setSecureContext({ ...contextOptions(front), ...fallback, ticketKeys: tickets.current() });
  use();
  const refresh = (): void => {
    const now = front.certificates.fallback();
    if (now === fallback) return;
    fallback = now;
    use();
  };
  server.prependListener("connection", refresh);
  const leave = tickets.follow((keys) => server.setTicketKeys(keys));
  return {
    close() {
      leave();
      if (!front.tickets) tickets.close();
      server.off("connection", refresh);
    },
  };
};
