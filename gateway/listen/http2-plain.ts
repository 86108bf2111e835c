/**
 * The short form of a request of HTTP/2 that has no body, and of its answer: in the shape of Node's, with what handlers use
 * of it, straight over the stream. Node's compatibility classes take longer than the rest of a small answer.
 */
import { EventEmitter } from "node:events";
import type { IncomingHttpHeaders as Http1Headers } from "node:http";
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { ofConnection, pairsOf, plainHeaders, StreamSocket } from "./http2-headers.ts";
import { WholeRequest } from "./whole-request.ts";

type Head = Record<string, string | number | string[] | undefined>;
type Value = string | number | readonly string[];
type Fields = readonly string[] | Readonly<Record<string, Value | undefined>>;

export class PlainHttp2Request extends WholeRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Http1Headers;
  readonly socket: StreamSocket;
  readonly httpVersion = "2.0";
  readonly httpVersionMajor = 2;
  readonly httpVersionMinor = 0;
  #raw: string[] | null = null;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders) {
    super();
    this.method = headers[":method"] ?? "";
    this.url = headers[":path"] ?? "";
    this.headers = plainHeaders(headers, true);
    this.socket = new StreamSocket(stream);
  }

  get rawHeaders(): string[] {
    this.#raw ??= pairsOf(this.headers);
    return this.#raw;
  }

  destroy(): this {
    this.socket.destroy();
    return this;
  }
}

export class PlainHttp2Response extends EventEmitter {
  readonly req: PlainHttp2Request;
  readonly stream: ServerHttp2Stream;
  statusCode = 200;
  shouldKeepAlive = true;
  headersSent = false;
  writableEnded = false;
  /** what was written of the body */
  bodyBytes = 0;
  /** set one by one, before the head */
  #set: Head | null = null;
  readonly #trailers: Head = {};

  constructor(req: PlainHttp2Request, stream: ServerHttp2Stream) {
    super();
    this.req = req;
    this.stream = stream;
    // A client may end its stream with an error at any time: that is the end of the request, and of nothing more.
    stream.on("error", () => {});
    stream.on("close", () => this.#leave());
  }

  get destroyed(): boolean {
    return this.stream.destroyed || this.stream.closed;
  }

  get writableLength(): number {
    return this.stream.writableLength;
  }

  setHeader(name: string, value: Value): this {
    this.#set ??= {};
    put(this.#set, name, value);
    return this;
  }

  /** Throws where a field could not be sent. */
  writeHead(status: number, fields: Fields = []): this {
    if (this.headersSent) throw new Error("http2: the answer has its head already");
    const head: Head = {};
    addFields(head, fields);
    for (const name in this.#set) head[name] ??= this.#set[name];
    this.statusCode = status;
    if (!this.destroyed) this.#respond({ ":status": status, ...head });
    this.headersSent = true;
    return this;
  }

  flushHeaders(): void {
    if (!this.headersSent) this.writeHead(this.statusCode);
  }

  /** False where the stream has enough to write for now: `drain` says when it takes more. */
  write(chunk: Buffer | string, ...rest: readonly unknown[]): boolean {
    if (this.writableEnded || this.destroyed) return false;
    this.flushHeaders();
    if (this.stream.writableEnded) return true; // an answer without a body
    this.#count(chunk, rest[0]);
    const more = this.stream.write(chunk, ...(rest as []));
    if (!more) this.stream.once("drain", () => this.emit("drain"));
    return more;
  }

  end(chunk?: Buffer | string, encoding: BufferEncoding = "utf8"): this {
    if (this.writableEnded || this.destroyed) return this;
    this.flushHeaders();
    this.writableEnded = true;
    if (this.stream.writableEnded) return this;
    if (chunk === undefined) this.stream.end();
    else {
      this.#count(chunk, encoding);
      this.stream.end(chunk, encoding);
    }
    return this;
  }

  /** Sent behind a body whose length was not said. */
  addTrailers(fields: Readonly<Record<string, string>>): void {
    addFields(this.#trailers, fields);
  }

  writeEarlyHints({ link }: { readonly link: string | readonly string[] }): void {
    if (this.headersSent || this.destroyed) return;
    this.stream.additionalHeaders({ ":status": 103, link: [link].flat().join(", ") });
  }

  // An answer that stops half-way must not look like one that has ended.
  destroy(): this {
    this.stream.close(this.headersSent ? constants.NGHTTP2_INTERNAL_ERROR : constants.NGHTTP2_CANCEL);
    return this;
  }

  #respond(head: Head): void {
    const waitForTrailers = head["content-length"] === undefined;
    if (waitForTrailers) this.stream.on("wantTrailers", () => this.stream.sendTrailers(this.#trailers));
    this.stream.respond(head, { waitForTrailers });
  }

  #count(chunk: Buffer | string, encoding: unknown): void {
    if (typeof chunk !== "string") this.bodyBytes += chunk.length;
    else this.bodyBytes += encoding === "latin1" ? chunk.length : Buffer.byteLength(chunk);
  }

  #leave(): void {
    this.req.destroyed = true;
    this.emit("finish"); // as Node's own answers do, also where the client has left
    this.emit("close");
    this.req.emit("close");
  }
}

const addFields = (head: Head, fields: Fields): void => {
  if (Array.isArray(fields)) {
    for (let i = 0; i < fields.length; i += 2) add(head, String(fields[i]), String(fields[i + 1]));
    return;
  }
  for (const [name, value] of Object.entries(fields as Readonly<Record<string, Value | undefined>>)) {
    if (value !== undefined) put(head, name, value);
  }
};

/** One more field of the name. */
const add = (head: Head, written: string, value: string): void => {
  const name = written.toLowerCase();
  const before = head[name];
  put(head, name, before === undefined ? value : [before, value].flat().map(String));
};

/** The field of the name; what a connection of HTTP/1.1 is told is left out. */
const put = (head: Head, written: string, value: Value): void => {
  const name = written.toLowerCase();
  if (ofConnection.has(name)) return;
  if (!isToken.test(name) || (typeof value === "object" ? value.some(isOdd) : isOdd(value)))
    throw new Error(`http2: the field ${name.slice(0, 60)} of the answer cannot be written`);
  head[name] = typeof value === "object" ? [...value] : value;
};

const isToken = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const isOdd = (value: unknown): boolean => oddCharacters.test(String(value));
const oddCharacters = /[^\t\x20-\x7e\x80-\xff]/;
