/**
 * TLS-ALPN-01 beside everything else on one port (RFC 8737): who asks for the protocol of challenges is shown the
 * certificate of the challenge, and nobody else is. The first bytes of a connection are looked at for that, because Node
 * picks the certificate before it says which protocols the client offers; only while there are challenges.
 */
import type { Server as SecureServer } from "node:https";
import type { Socket } from "node:net";
import { createServer } from "node:tls";
import type { Certificates } from "./certificates.ts";

const protocol = "acme-tls/1";
const lookedAtMs = 10_000;
const helloBytes = 16_384; // the longest record of TLS, and so of a first message that is sent in one

/** Puts the door before the server's own handling of connections. */
export const openChallengeDoor = (
  server: SecureServer,
  { challengeFor, hasChallenges }: Certificates,
): void => {
  if (!challengeFor || !hasChallenges) return;
  const challenges = createServer({
    ALPNProtocols: [protocol],
    SNICallback: (name, done) => {
      const context = challengeFor(name.toLowerCase());
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
      lookAt(socket, (asks) => (asks ? challenges.emit("connection", socket) : accept?.call(server, socket)));
  });
};

/** Reads the first message, puts it back, and tells whether it asks for the protocol of challenges. */
const lookAt = (socket: Socket, tell: (asksForChallenge: boolean) => void): void => {
  const chunks: Buffer[] = [];
  const timer = setTimeout(() => socket.destroy(), lookedAtMs);
  const stop = (): void => {
    clearTimeout(timer);
    socket.off("readable", read).off("close", stop).off("error", stop);
  };
  const read = (): void => {
    for (let chunk: Buffer | null = socket.read(); chunk !== null; chunk = socket.read()) chunks.push(chunk);
    const hello = Buffer.concat(chunks);
    if (!isWhole(hello) && !socket.readableEnded) return;
    stop();
    socket.unshift(hello);
    tell(hello.includes(`\n${protocol}`)); // each protocol goes after its length (RFC 7301 §3.1), here 10
  };
  socket.on("readable", read).on("close", stop).on("error", stop);
};

/** The first record is there to its end; what is no TLS is as whole as it gets. */
const isWhole = (bytes: Buffer): boolean => {
  if (bytes.length < 5) return bytes.length > 0 && bytes[0] !== 0x16;
  return bytes[0] !== 0x16 || bytes.length >= Math.min(5 + bytes.readUInt16BE(3), helloBytes);
};
