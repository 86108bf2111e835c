/** What requests and answers of HTTP/2 have in common, however they are made. */
import type { IncomingHttpHeaders as Http1Headers } from "node:http";
import {
  constants,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { TLSSocket } from "node:tls";
import { type ClientIdentity, clientIdentity } from "../http/client-certificate.ts";

/** Whose connection a session is: asked once, as Node makes a way of its own for each question to a session's socket. */
interface Peer {
  readonly address: string | undefined;
  readonly identity: ClientIdentity | undefined;
}

const peers = new WeakMap<ServerHttp2Session, Peer>();

/** To be told of each session before its first request. */
export const rememberPeer = (
  session: ServerHttp2Session,
  socket: TLSSocket & { readonly [clientIdentity]?: ClientIdentity },
): void => void peers.set(session, { address: socket.remoteAddress, identity: socket[clientIdentity] });

/** What handlers may ask of the connection of a request: they get the stream's, as the connection is everybody's. */
export class StreamSocket {
  readonly encrypted = true;
  readonly remoteAddress: string | undefined;
  /** of the body, as the connection's own number is everybody's */
  bytesRead = 0;
  readonly [clientIdentity]: ClientIdentity | undefined;
  readonly #stream: ServerHttp2Stream;
  constructor(stream: ServerHttp2Stream) {
    this.#stream = stream;
    // A server's stream is of a server's session; it has none where that has closed.
    const peer = stream.session && peers.get(stream.session as ServerHttp2Session);
    this.remoteAddress = peer?.address;
    this[clientIdentity] = peer?.identity;
  }
  get destroyed(): boolean {
    return this.#stream.destroyed;
  }
  destroySoon(): void {
    this.#stream.close(constants.NGHTTP2_NO_ERROR);
  }
  destroy(): void {
    this.#stream.close(constants.NGHTTP2_CANCEL);
  }
}

/** Without pseudo-headers; `:authority` stands as `Host`. */
export const plainHeaders = (headers: IncomingHttpHeaders, isWhole: boolean | undefined): Http1Headers => {
  const plain: Http1Headers = Object.create(null);
  const { ":authority": authority, host } = headers;
  // Two that differ are written as a list, which is no host: the request is refused (RFC 9113 §8.3.1).
  if (authority !== undefined && host !== undefined && authority !== host)
    plain.host = `${authority}, ${host}`;
  else if ((authority ?? host) !== undefined) plain.host = authority ?? host;
  for (const name in headers) {
    if (name.charCodeAt(0) !== 0x3a /* : */ && name !== "host") plain[name] = headers[name];
  }
  // A body whose length nobody said is what HTTP/1.1 calls chunked: the rest of the program reads one language.
  if (!isWhole && plain["content-length"] === undefined) plain["transfer-encoding"] = "chunked";
  return plain;
};

/** As an HTTP/1.1 server reports them, so that what is forwarded is what was read. */
export const pairsOf = (headers: Http1Headers): string[] => {
  const pairs: string[] = [];
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === "string") pairs.push(name, value);
    else for (const one of value ?? []) pairs.push(name, one);
  }
  return pairs;
};

// What a connection of HTTP/1.1 is told; here it would make the answer malformed (RFC 9113 §8.2.2).
export const ofConnection: ReadonlySet<string> = new Set([
  "connection",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "transfer-encoding",
  "upgrade",
]);
