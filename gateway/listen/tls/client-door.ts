/**
 * Client certificates by host. Whether a client is asked for one is said before Node tells which host it is for, and a browser
 * asks its user, so that hosts which want none must not ask: the first bytes of a connection decide which of two servers
 * takes it. Looked at only while some host asks.
 */
import { constants } from "node:crypto";
import type { Server as SecureServer } from "node:https";
import type { Socket } from "node:net";
import {
  createSecureContext,
  createServer,
  type PeerCertificate,
  type SecureContext,
  type TLSSocket,
} from "node:tls";
import {
  type ClientCertificate,
  type ClientIdentity,
  clientIdentity,
} from "../../http/client-certificate.ts";
import type { ClientAuthorities } from "./client-authorities.ts";
import { hostIn, namedHost, readHello } from "./client-hello.ts";
import { pairOf } from "./pair-context.ts";
import { contextOptions, type TlsFront, tlsOptions } from "./tls-options.ts";

/** Puts the door before the server's own handling of connections; where a handshake is over, the server takes over. */
export const openClientDoor = (server: SecureServer, front: TlsFront): void => {
  const { clients } = front;
  if (!clients) return;
  const asking = createAskingServer(front, clients);
  asking.on("secureConnection", (socket: TLSSocket & { [clientIdentity]?: ClientIdentity }) => {
    socket[clientIdentity] = identityOf(socket, clients);
    server.emit("secureConnection", socket);
  });
  asking.on("tlsClientError", (_error, socket) => socket.destroy());
  const [accept] = server.listeners("connection");
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    if (!clients.any()) accept?.call(server, socket);
    else
      readHello(socket, (hello) => {
        const host = hostIn(hello);
        if (host !== null && clients.of(host)) asking.emit("connection", socket);
        else accept?.call(server, socket);
      });
  });
};

const createAskingServer = (front: TlsFront, clients: ClientAuthorities) => {
  const made = new WeakMap<SecureContext, { readonly pem: string; readonly context: SecureContext }>();
  const contextFor = (context: SecureContext, pem: string): SecureContext => {
    const before = made.get(context);
    if (before?.pem === pem) return before.context;
    const also = createSecureContext({ ...unresumed(front), ...pairOf(context), ca: pem });
    made.set(context, { pem, context: also });
    return also;
  };
  return createServer({
    ...tlsOptions(front),
    ...unresumed(front),
    requestCert: true,
    rejectUnauthorized: false, // a request without one gets an answer that says so
    SNICallback(name, done) {
      const host = namedHost(name);
      Promise.resolve(front.certificates.contextFor(host))
        .then((context) => {
          if (!context) throw new Error(`tls: no certificate for ${host}`);
          done(null, contextFor(context, clients.of(host)?.pem ?? ""));
        })
        .catch((error: unknown) => done(error instanceof Error ? error : new Error(String(error))));
    },
  });
};

// A session that is resumed counts as authorized in TLS 1.3 whether a certificate was shown in it or not.
const unresumed = (front: TlsFront) => {
  const options = contextOptions(front);
  return { ...options, secureOptions: (options.secureOptions ?? 0) | constants.SSL_OP_NO_TICKET };
};

const identityOf = (socket: TLSSocket, clients: ClientAuthorities): ClientIdentity => {
  const authorities = clients.of(namedHost(String(socket.servername)))?.file ?? "";
  const shown = socket.getPeerCertificate();
  // Node gives an empty object where there is none.
  const isShown = shown && shown.raw !== undefined && !socket.isSessionReused();
  if (!isShown) return { authorities, certificate: null, trouble: null };
  if (socket.authorized) return { authorities, certificate: factsOf(shown), trouble: null };
  return { authorities, certificate: null, trouble: String(socket.authorizationError) };
};

const factsOf = ({ subject, issuer, serialNumber, fingerprint256 }: PeerCertificate): ClientCertificate => ({
  subject: nameOf(subject),
  issuer: nameOf(issuer),
  serial: serialNumber,
  fingerprint: fingerprint256.replaceAll(":", "").toLowerCase(),
});

/** `CN=ann, O=Shop`; what could be read as another part is escaped (RFC 4514 §2.4), other letters go as in a URL. */
const nameOf = (name: PeerCertificate["subject"]): string =>
  Object.entries(name)
    .flatMap(([key, value]) => [value].flat().map((one) => `${key}=${escapeName(String(one))}`))
    .join(", ");

const escapeName = (text: string): string =>
  text
    .replace(/[\\,+"<>;=]/g, "\\$&")
    .replace(/[^\x20-\x7e]/gu, (letter) => encodeURIComponent(letter.toWellFormed()));
