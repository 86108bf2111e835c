/**
 * TLS-ALPN-01 beside everything else on one port (RFC 8737): who asks for the protocol of challenges is shown the
 * certificate of the challenge, and nobody else is. The first bytes of a connection are looked at for that, because Node
 * picks the certificate before it says which protocols the client offers; only while there are challenges.
 */
import type { Server as SecureServer } from "node:https";
import type { Socket } from "node:net";
import { createServer } from "node:tls";
import type { Certificates } from "./certificates.ts";
import { namedHost, readHello } from "./client-hello.ts";

const protocol = "acme-tls/1";

/** Puts the door before the server's own handling of connections. */
export const openChallengeDoor = (
  server: SecureServer,
  { challengeFor, hasChallenges }: Certificates,
): void => {
  if (!challengeFor || !hasChallenges) return;
  const challenges = createServer({
    ALPNProtocols: [protocol],
    SNICallback: (name, done) => {
      const context = challengeFor(namedHost(name));
      if (context) done(null, context);
      else done(new Error(`tls: there is no challenge for ${name}`));
    },
  });
  challenges.on("secureConnection", (socket) => socket.end()); // the handshake was all it came for
  challenges.on("tlsClientError", (_error, socket) => socket.destroy());
  const [accept] = server.listeners("connection");
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    if (!hasChallenges()) accept?.call(server, socket);
    else
      readHello(socket, (hello) => {
        // Each protocol goes after its length (RFC 7301 §3.1), here 10.
        if (hello.includes(`\n${protocol}`)) challenges.emit("connection", socket);
        else accept?.call(server, socket);
      });
  });
};
