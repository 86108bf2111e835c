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
import { ofConnection, pairsOf, plainHeaders, StreamSocket } from "./http2-headers.ts";

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
  writeContinue(): unknown;
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
