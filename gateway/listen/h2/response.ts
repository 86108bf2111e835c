/** Answers of HTTP/2 in the shape of HTTP/1.1's: what handlers and their layers use of them, no more. */
import { EventEmitter } from "node:events";
import { hasNoBody } from "../../http/respond.ts";
import type { Fields, Value } from "../answer-fields.ts";
import { httpDate } from "../http-date.ts";
import { code } from "./frames.ts";
import { writeField, writeStatus } from "./hpack-writer.ts";
import type { H2Request, StreamSocket } from "./request.ts";
import type { H2Stream, Written } from "./stream.ts";

export class H2Response extends EventEmitter {
  readonly req: H2Request;
  statusCode = 200;
  shouldKeepAlive = true;
  headersSent = false;
  writableEnded = false;
  writableFinished = false;
  destroyed = false;
  closed = false;
  /** what was written of the body */
  bodyBytes = 0;
  readonly #stream: H2Stream;
  /** set one by one, before the head: by lower-case name */
  #set: Map<string, Value> | null = null;
  /** the block of a head that is not sent yet */
  #head: string | null = null;
  #hasBody = true;
  /** bytes of the body that were promised and not written yet; null where nobody said */
  #owed: number | null = null;
  #trailers = "";

  constructor(req: H2Request, stream: H2Stream) {
    super();
    this.req = req;
    this.#stream = stream;
  }

  get socket(): StreamSocket {
    return this.req.socket;
  }

  /** bytes that the connection has not taken yet */
  get writableLength(): number {
    return this.#stream.queued;
  }

  setHeader(name: string, value: Value): this {
    this.#set ??= new Map();
    this.#set.set(name.toLowerCase(), value);
    return this;
  }

  /** Throws where a field could not be sent. */
  writeHead(status: number, ...rest: readonly (string | Fields | undefined)[]): this {
    if (this.headersSent) throw new Error("http2: the answer has its head already");
    const fields = rest.find((one): one is Fields => typeof one === "object");
    const block = new BlockOf(status);
    if (fields) block.add(fields);
    if (this.#set) for (const [name, value] of this.#set) if (!block.has(name)) block.put(name, value);
    if (!block.has("date")) block.put("date", httpDate());
    this.statusCode = status;
    this.headersSent = true;
    this.#hasBody = !hasNoBody(status) && this.req.method !== "HEAD";
    this.#owed = block.length;
    this.#head = block.text;
    return this;
  }

  flushHeaders(): void {
    if (!this.headersSent) this.writeHead(this.statusCode);
    this.#sendHead(false);
  }

  /** False where enough waits for now: `drain` says when it takes more. `out` is called when the connection has it. */
  write(chunk: Buffer | string, ...rest: readonly (BufferEncoding | Written | undefined)[]): boolean {
    if (this.writableEnded || this.destroyed) return false;
    this.flushHeaders();
    const out = rest.find((one) => typeof one === "function");
    const bytes = bytesOf(
      chunk,
      rest.find((one) => typeof one === "string"),
    );
    if (!this.#hasBody || bytes.length === 0) {
      if (out) process.nextTick(out);
      return true;
    }
    this.#count(bytes.length);
    return this.#stream.write(bytes, out);
  }

  end(chunk?: Buffer | string, encoding?: BufferEncoding): this {
    if (this.writableEnded || this.destroyed) return this;
    if (!this.headersSent) this.writeHead(this.statusCode);
    const bytes = chunk === undefined ? "" : bytesOf(chunk, encoding);
    this.writableEnded = true;
    const isEmpty = !this.#hasBody || (bytes.length === 0 && this.#trailers === "");
    if (isEmpty && this.#head !== null) {
      this.#sendHead(true);
      return this;
    }
    this.#sendHead(false);
    if (this.#hasBody) this.#count(bytes.length);
    // An answer that is shorter or longer than it said must not look like one that is whole.
    if (this.#hasBody && this.#owed !== null && this.#owed !== 0) {
      this.destroy();
      return this;
    }
    if (this.#hasBody && bytes.length > 0) this.#stream.write(bytes, undefined);
    this.#stream.end(this.#trailers === "" ? null : this.#trailers);
    return this;
  }

  /** Sent behind a body whose length was not said. */
  addTrailers(fields: Readonly<Record<string, string>>): void {
    for (const name in fields) this.#trailers += fieldOf(name.toLowerCase(), fields[name] ?? "");
  }

  writeContinue(): void {
    if (!this.headersSent && !this.destroyed) this.#stream.head(writeStatus(100), false);
  }

  writeEarlyHints({ link }: { readonly link: string | readonly string[] }): void {
    if (this.headersSent || this.destroyed) return;
    let block = writeStatus(103);
    for (const one of [link].flat()) block += fieldOf("link", one);
    this.#stream.head(block, false);
  }

  /** An answer that stops half-way must not look like one that has ended. */
  destroy(): this {
    this.#stream.reset(this.headersSent ? code.internal : code.cancel);
    return this;
  }

  /** Its last bytes are out. */
  finish(): void {
    if (this.closed) return;
    this.writableFinished = true;
    this.emit("finish");
    this.leave();
  }

  /** Its stream has ended, with its last bytes or without. */
  leave(): void {
    if (this.closed) return;
    this.destroyed = true;
    this.closed = true;
    this.emit("close");
    this.req.leave();
  }

  #sendHead(isLast: boolean): void {
    const head = this.#head;
    if (head === null) return;
    this.#head = null;
    this.#stream.head(head, isLast);
  }

  #count(bytes: number): void {
    this.bodyBytes += bytes;
    if (this.#owed !== null) this.#owed -= bytes;
  }
}

/** The fields of a head as they are sent, and what they say of the body. */
class BlockOf {
  text: string;
  length: number | null = null;
  readonly #names = new Set<string>();

  constructor(status: number) {
    this.text = writeStatus(status);
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  add(fields: Fields): void {
    if (Array.isArray(fields)) {
      for (let i = 0; i < fields.length; i += 2)
        this.#putOne(String(fields[i]).toLowerCase(), String(fields[i + 1]));
      return;
    }
    for (const [name, value] of Object.entries(fields as Readonly<Record<string, Value | undefined>>))
      if (value !== undefined) this.put(name.toLowerCase(), value);
  }

  put(name: string, value: Value): void {
    if (typeof value === "object") for (const one of value) this.#putOne(name, one);
    else this.#putOne(name, String(value));
  }

  #putOne(name: string, value: string): void {
    if (ofConnection.has(name)) return;
    this.text += fieldOf(name, value);
    this.#names.add(name);
    if (name === "content-length") this.length = Number(value);
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

const isToken = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const oddCharacters = /[^\t\x20-\x7e\x80-\xff]/;

const fieldOf = (name: string, value: string): string => {
  if (!isToken.test(name) || oddCharacters.test(value))
    throw new Error(`http2: the field ${name.slice(0, 60)} of the answer cannot be written`);
  return writeField(name, value.trim());
};

/** Text of which every character is one byte stays text. */
const bytesOf = (chunk: Buffer | string, encoding: BufferEncoding | undefined): Buffer | string =>
  typeof chunk !== "string" || encoding === "latin1" ? chunk : Buffer.from(chunk, encoding);
