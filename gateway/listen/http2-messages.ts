/**
 * Requests and answers of HTTP/2 in the shape of HTTP/1.1's, which is what handlers are written against: Node's own
 * compatibility classes, with the differences that would show taken out.
 */
import type { IncomingHttpHeaders as Http1Headers } from "node:http";
import {
  constants,
  Http2ServerRequest,
  Http2ServerResponse,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import type { Readable, ReadableOptions } from "node:stream";
import { type ClientIdentity, clientIdentity } from "../http/client-certificate.ts";

// The classes' own types declare fields where there are accessors, and accessors cannot be put over fields.
type RequestClass = new (
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  options: ReadableOptions | undefined,
  raw: readonly string[],
) => Readable;

interface Answer {
  readonly stream: ServerHttp2Stream;
  readonly headersSent: boolean;
  setHeader(name: string, value: string | readonly string[]): unknown;
  writeHead(status: number, headers?: Fields): unknown;
  write(...args: unknown[]): boolean;
  end(...args: unknown[]): unknown;
}
type Fields = readonly string[] | Readonly<Record<string, string | number | readonly string[] | undefined>>;
type ResponseClass = new (stream: ServerHttp2Stream) => Answer;

/** A request without pseudo-headers; `:authority` stands as `Host`. */
export class Http2Request extends (Http2ServerRequest as unknown as RequestClass) {
  readonly #headers: Http1Headers;
  readonly #socket: StreamSocket;
  #raw: string[] | null = null;

  constructor(...[stream, headers, options, raw]: ConstructorParameters<RequestClass>) {
    super(stream, headers, options, raw);
    this.#headers = plainHeaders(headers, stream.endAfterHeaders);
    this.#socket = new StreamSocket(stream);
    // A client may end its stream with an error at any time: that is the end of the request, and of nothing more.
    this.on("error", () => {});
  }

  get headers(): Http1Headers {
    return this.#headers;
  }

  /** As an HTTP/1.1 server reports them, so that what is forwarded is what was read. */
  get rawHeaders(): string[] {
    this.#raw ??= pairsOf(this.#headers);
    return this.#raw;
  }

  get socket(): StreamSocket {
    return this.#socket;
  }

  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    if (chunk instanceof Uint8Array) this.#socket.bytesRead += chunk.length;
    return super.push(chunk, encoding);
  }
}

/** What handlers may ask of the connection of a request: they get the stream's, as the connection is everybody's. */
class StreamSocket {
  readonly encrypted = true;
  readonly remoteAddress: string | undefined;
  /** of the body, as the connection's own number is everybody's */
  bytesRead = 0;
  readonly #stream: ServerHttp2Stream;
  constructor(stream: ServerHttp2Stream) {
    this.#stream = stream;
    this.remoteAddress = stream.session?.socket.remoteAddress;
  }
  get [clientIdentity](): ClientIdentity | undefined {
    const { session } = this.#stream;
    return session && (session.socket as { [clientIdentity]?: ClientIdentity })[clientIdentity];
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

const plainHeaders = (headers: IncomingHttpHeaders, isWhole: boolean | undefined): Http1Headers => {
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

const pairsOf = (headers: Http1Headers): string[] => {
  const pairs: string[] = [];
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === "string") pairs.push(name, value);
    else for (const one of value ?? []) pairs.push(name, one);
  }
  return pairs;
};

/** An answer that behaves as one of HTTP/1.1 where its client has left, or is to be cut off. */
export class Http2Response extends (Http2ServerResponse as unknown as ResponseClass) {
  /** what was written of the body; `end` comes through `write` */
  bodyBytes = 0;

  get destroyed(): boolean {
    return this.stream.destroyed || this.stream.closed;
  }

  override setHeader(name: string, value: string | readonly string[]): this {
    if (!ofConnection.has(name.toLowerCase())) super.setHeader(name, value);
    return this;
  }

  override writeHead(status: number, headers: Fields = []): this {
    super.writeHead(status, withoutConnection(headers));
    return this;
  }

  // After the client has gone, Node would make an error of this, which nobody could do anything about.
  override write(...args: unknown[]): boolean {
    if (this.destroyed) return false;
    const [chunk] = args;
    if (chunk instanceof Uint8Array) this.bodyBytes += chunk.length;
    else if (typeof chunk === "string") this.bodyBytes += Buffer.byteLength(chunk);
    return super.write(...args);
  }

  override end(...args: unknown[]): this {
    if (!this.destroyed) super.end(...args);
    return this;
  }

  // An answer that stops half-way must not look like one that has ended.
  destroy(): this {
    this.stream.close(this.headersSent ? constants.NGHTTP2_INTERNAL_ERROR : constants.NGHTTP2_CANCEL);
    return this;
  }
}

// What a connection of HTTP/1.1 is told; here it would make the answer malformed (RFC 9113 §8.2.2).
const ofConnection: ReadonlySet<string> = new Set([
  "connection",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "transfer-encoding",
  "upgrade",
]);

const withoutConnection = (headers: Fields): Fields => {
  if (!Array.isArray(headers)) {
    return Object.fromEntries(
      Object.entries(headers).filter(([name]) => !ofConnection.has(name.toLowerCase())),
    );
  }
  const list: readonly string[] = headers;
  const isKept = (i: number): boolean => !ofConnection.has((list[i - (i % 2)] ?? "").toLowerCase());
  return list.every((_, i) => isKept(i)) ? list : list.filter((_, i) => isKept(i));
};
