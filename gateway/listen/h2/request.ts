/** Requests of HTTP/2 in the shape of HTTP/1.1's, which is what handlers are written against. */
import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import { type ClientIdentity, clientIdentity, openedFor } from "../../http/client-certificate.ts";
import { WholeRequest } from "../whole-request.ts";
import { code } from "./frames.ts";
import type { RequestHead } from "./request-head.ts";
import type { H2Stream } from "./stream.ts";

/** Whose connection it is. */
export interface Peer {
  readonly address: string | undefined;
  readonly identity: ClientIdentity | undefined;
  /** the host that it was opened for; undefined where its client named none */
  readonly host: string | undefined;
}

/** What handlers may ask of the connection of a request: they get the stream's, as the connection is everybody's. */
export class StreamSocket {
  readonly encrypted = true;
  readonly remoteAddress: string | undefined;
  readonly [clientIdentity]: ClientIdentity | undefined;
  readonly [openedFor]: string | undefined;
  readonly #stream: H2Stream;
  constructor(stream: H2Stream, { address, identity, host }: Peer) {
    this.#stream = stream;
    this.remoteAddress = address;
    this[clientIdentity] = identity;
    this[openedFor] = host;
  }
  /** of the body, as the connection's own number is everybody's */
  get bytesRead(): number {
    return this.#stream.received;
  }
  get destroyed(): boolean {
    return this.#stream.isClosed;
  }
  destroySoon(): void {
    this.#stream.reset(code.none);
  }
  destroy(): void {
    this.#stream.reset(code.cancel);
  }
}

/** One without a body. */
export class BareRequest extends WholeRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly socket: StreamSocket;
  readonly httpVersion = "2.0";
  readonly httpVersionMajor = 2;
  readonly httpVersionMinor = 0;
  #raw: string[] | null = null;

  constructor(stream: H2Stream, { method, path, headers }: RequestHead, peer: Peer) {
    super();
    this.method = method;
    this.url = path;
    this.headers = headers;
    this.socket = new StreamSocket(stream, peer);
  }

  get rawHeaders(): string[] {
    this.#raw ??= pairsOf(this.headers);
    return this.#raw;
  }

  destroy(): this {
    this.socket.destroy();
    return this;
  }

  /** Its stream has ended. */
  leave(): void {
    this.destroyed = true;
    this.emit("close");
  }
}

/** One whose body comes behind its head. */
export class WaitingBody extends Readable {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly socket: StreamSocket;
  readonly httpVersion = "2.0";
  readonly httpVersionMajor = 2;
  readonly httpVersionMinor = 0;
  complete = false;
  rawTrailers: readonly string[] = [];
  readonly #stream: H2Stream;
  #raw: string[] | null = null;

  constructor(stream: H2Stream, { method, path, headers }: RequestHead, peer: Peer) {
    super();
    this.method = method;
    this.url = path;
    this.headers = headers;
    this.socket = new StreamSocket(stream, peer);
    this.#stream = stream;
    // A client may end its stream at any time: that is the end of the request, and of nothing more.
    this.on("error", () => {});
  }

  get rawHeaders(): string[] {
    this.#raw ??= pairsOf(this.headers);
    return this.#raw;
  }

  override _read(): void {
    this.#stream.credit();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.complete) this.#stream.abandon();
    done(error);
  }

  finish(trailers: readonly string[]): void {
    this.complete = true;
    this.rawTrailers = trailers;
    this.push(null);
  }

  /** Its stream has ended. */
  leave(): void {
    this.destroy();
  }
}

export type H2Request = BareRequest | WaitingBody;

/** As an HTTP/1.1 server reports them, so that what is forwarded is what was read. */
const pairsOf = (headers: IncomingHttpHeaders): string[] => {
  const pairs: string[] = [];
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === "string") pairs.push(name, value);
    else for (const one of value ?? []) pairs.push(name, one);
  }
  return pairs;
};
