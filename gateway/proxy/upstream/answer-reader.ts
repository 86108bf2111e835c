import type { HeaderPairs } from "../header-pairs.ts";
import { ChunkedBody } from "./chunked.ts";
import { type AnswerHead, readHead } from "./response-head.ts";
import { UpstreamError } from "./upstream-error.ts";

/** Told of an answer as it comes. */
export interface AnswerEvents {
  /** an answer before the answer (1xx) */
  onInterim(head: AnswerHead): void;
  onHead(head: AnswerHead): void;
  /** The bytes are the reader's own: whoever keeps them copies them. */
  onData(data: Buffer): void;
  onEnd(trailers: HeaderPairs): void;
}

const noTrailers: HeaderPairs = [];
const headEnd = Buffer.from("\r\n\r\n");

/** Reads one answer out of the bytes of a connection. What cannot be trusted throws. */
export class AnswerReader {
  readonly #method: string;
  readonly #events: AnswerEvents;
  readonly #maxHeadBytes: number;
  /** the beginning of a head that has not come whole */
  #early: Buffer | null = null;
  #head: AnswerHead | null = null;
  #left = 0;
  #chunked: ChunkedBody | null = null;
  #over = false;

  constructor(method: string, maxHeadBytes: number, events: AnswerEvents) {
    this.#method = method;
    this.#maxHeadBytes = maxHeadBytes;
    this.#events = events;
  }

  /** The head of the answer has come. */
  get hasBegun(): boolean {
    return this.#head !== null;
  }

  get isOver(): boolean {
    return this.#over;
  }

  /** Some of the answer has come, be it part of its head. */
  get hasBytes(): boolean {
    return this.#head !== null || this.#early !== null;
  }

  /** Bytes after the end of the answer throw: nobody asked for them. */
  read(bytes: Buffer): void {
    let at = 0;
    while (!this.#head && at < bytes.length) at = this.#readHead(bytes, at);
    if (this.#head) at = this.#readBody(this.#head, bytes, at);
    if (this.#over && at < bytes.length)
      throw new UpstreamError("malformed", "proxy: the upstream said more than was asked");
  }

  /** The upstream closed its side. */
  end(): void {
    if (this.#over) return;
    if (this.#head?.framing.kind !== "close")
      throw new UpstreamError("closed", "proxy: the upstream hung up before its answer was whole");
    this.#finish(noTrailers);
  }

  #readHead(bytes: Buffer, at: number): number {
    const before = this.#early?.length ?? 0;
    const all = this.#early ? Buffer.concat([this.#early, bytes]) : bytes;
    const end = all.indexOf(headEnd, at);
    if (end < 0 ? all.length - at > this.#maxHeadBytes : end - at > this.#maxHeadBytes)
      throw new UpstreamError("malformed", `proxy: the upstream's head is over ${this.#maxHeadBytes} bytes`);
    if (end < 0) {
      this.#early = Buffer.from(all.subarray(at)); // a copy: the bytes are the socket's
      return bytes.length;
    }
    this.#early = null;
    this.#take(readHead(all.toString("latin1", at, end), this.#method));
    return end + headEnd.length - before;
  }

  #take(head: AnswerHead): void {
    if (head.status === 101)
      throw new UpstreamError("malformed", "proxy: the upstream switched protocols unasked");
    if (head.status < 200) {
      this.#events.onInterim(head);
      return;
    }
    this.#head = head;
    if (head.framing.kind === "length") this.#left = head.framing.bytes;
    if (head.framing.kind === "chunked") this.#chunked = new ChunkedBody();
    this.#events.onHead(head);
    if (head.framing.kind === "none" || (head.framing.kind === "length" && head.framing.bytes === 0))
      this.#finish(noTrailers);
  }

  #readBody({ framing }: AnswerHead, bytes: Buffer, at: number): number {
    if (this.#over || at >= bytes.length) return at;
    if (this.#chunked) {
      const end = this.#chunked.read(bytes, at, (data) => this.#events.onData(data));
      if (this.#chunked.isDone) this.#finish(this.#chunked.trailers);
      return end;
    }
    const end = framing.kind === "close" ? bytes.length : Math.min(bytes.length, at + this.#left);
    this.#left -= end - at;
    this.#events.onData(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end));
    if (framing.kind === "length" && this.#left === 0) this.#finish(noTrailers);
    return end;
  }

  #finish(trailers: HeaderPairs): void {
    this.#over = true;
    this.#events.onEnd(trailers);
  }
}
