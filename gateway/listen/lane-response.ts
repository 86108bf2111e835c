/**
 * The answer to a request on the lane, in the shape of Node's: what handlers and their layers use of it, no more. The head
 * is kept until the first bytes of the body, so that a short answer leaves in one piece and says its length.
 */
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { hasNoBody } from "../http/respond.ts";
import { type HoldsBack, sendAtEndOfTurn } from "../lib/end-of-turn.ts";
import { STATUS_CODES } from "../lib/node-http.ts";
import { AnswerFields, type Fields, fieldLine, type Value } from "./answer-fields.ts";
import { httpDate } from "./http-date.ts";
import type { LaneRequest } from "./lane-request.ts";

/** The connection, as an answer on it sees it. */
export interface AnswerRoad {
  readonly socket: Socket;
  /** how long the connection stays open behind an answer, ms */
  readonly idleMs: number;
  /** Another request may follow on it. */
  mayStay(): boolean;
  /** The connection has not taken all that was written. */
  lags(): void;
  /** The answer is out whole. */
  over(): void;
}

export class LaneResponse extends EventEmitter implements HoldsBack {
  readonly req: LaneRequest;
  statusCode = 200;
  shouldKeepAlive = true;
  headersSent = false;
  writableEnded = false;
  writableFinished = false;
  destroyed = false;
  closed = false;
  readonly #road: AnswerRoad;
  /** set one by one, before the head: lower-case name → the name as it is written, and its value */
  #set: Map<string, readonly [name: string, value: Value]> | null = null;
  /** the fields of a head that is not written yet */
  #head: AnswerFields | null = null;
  #framing: "none" | "length" | "chunks" = "none";
  /** bytes of the body that were promised and not written yet */
  #owed = 0;
  #trailers = "";
  /** what was written in this turn and leaves at its end: a piece of its own, behind which others wait in the socket */
  #held: Held | null = null;
  #isCorked = false;

  constructor(req: LaneRequest, road: AnswerRoad) {
    super();
    this.req = req;
    this.#road = road;
  }

  get socket(): Socket {
    return this.#road.socket;
  }

  /** bytes that the connection has not taken yet */
  get writableLength(): number {
    return this.#road.socket.writableLength + (this.#held?.piece.length ?? 0);
  }

  setHeader(name: string, value: Value): this {
    this.#set ??= new Map();
    this.#set.set(name.toLowerCase(), [name, value]);
    return this;
  }

  /** Throws where a field would not be one line of HTTP. */
  writeHead(status: number, ...rest: readonly (string | Fields | undefined)[]): this {
    if (this.headersSent) throw new Error("lane: the answer has its head already");
    const fields = rest.find((one): one is Fields => typeof one === "object");
    const head = new AnswerFields();
    if (this.#set) head.addSet(this.#set, fields);
    if (fields) head.add(fields);
    this.statusCode = status;
    this.headersSent = true;
    this.#head = head;
    return this;
  }

  flushHeaders(): void {
    if (!this.headersSent) this.writeHead(this.statusCode);
    const head = this.#takeHead(-1);
    if (head !== "") this.#road.socket.write(head, "latin1");
  }

  /**
   * False where the connection has enough to write for now: `drain` says when it takes more. `out` is called when it has
   * taken these bytes.
   */
  write(chunk: Buffer | string, encoding?: BufferEncoding, out?: Written): boolean {
    if (this.writableEnded || this.destroyed) return false;
    if (!this.headersSent) this.writeHead(this.statusCode);
    const head = this.#takeHead(-1);
    const bytes = bytesOf(chunk, encoding);
    if (this.#framing === "none" || bytes.length === 0) return this.#send(head, nothing, "", out);
    if (this.#framing === "length") {
      this.#owed -= bytes.length;
      return this.#send(head, bytes, "", out);
    }
    return this.#send(`${head}${bytes.length.toString(16)}\r\n`, bytes, "\r\n", out);
  }

  end(chunk?: Buffer | string, encoding?: BufferEncoding): this {
    if (this.writableEnded || this.destroyed) return this;
    if (!this.headersSent) this.writeHead(this.statusCode);
    const bytes = chunk === undefined ? nothing : bytesOf(chunk, encoding);
    const head = this.#takeHead(bytes.length);
    this.writableEnded = true;
    if (this.#framing === "length") this.#owed -= bytes.length;
    // Behind a body of another length than was said, nobody knows where the next answer begins.
    const isWhole = this.#framing !== "length" || this.#owed === 0;
    const out = isWhole ? this.#written : undefined;
    if (this.#framing === "chunks") {
      const size = bytes.length === 0 ? "" : `${bytes.length.toString(16)}\r\n`;
      this.#send(`${head}${size}`, bytes, `${size === "" ? "" : "\r\n"}0\r\n${this.#trailers}\r\n`, out);
    } else this.#send(head, this.#framing === "length" ? bytes : nothing, "", out);
    if (!isWhole) this.destroy();
    return this;
  }

  /** Sent behind a body whose length was not said. */
  addTrailers(fields: Readonly<Record<string, string>>): void {
    for (const name in fields) this.#trailers += fieldLine(name, fields[name] ?? "");
  }

  writeEarlyHints({ link }: { readonly link: string | readonly string[] }): void {
    if (this.headersSent) return;
    let head = "HTTP/1.1 103 Early Hints\r\n";
    for (const one of [link].flat()) head += fieldLine("Link", one);
    this.#road.socket.write(`${head}\r\n`, "latin1");
  }

  /** Cuts the connection, behind what was written. */
  destroy(): this {
    this.sendHeld();
    this.#road.socket.destroy();
    return this;
  }

  /** The connection has closed. */
  leave(): void {
    if (this.closed) return;
    this.destroyed = true;
    this.closed = true;
    this.req.destroyed = true;
    this.emit("close");
    this.req.emit("close");
  }

  /** The head as text, where it is not written yet; `whole` is the length of the whole body, -1 where more may come. */
  #takeHead(whole: number): string {
    const head = this.#head;
    if (head === null) return "";
    this.#head = null;
    const { statusCode: status } = this;
    const { length } = head;
    let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${head.lines}`;
    if (hasNoBody(status) || this.req.method === "HEAD") this.#framing = "none";
    else if (length !== null || (whole >= 0 && this.#trailers === "" && !head.isChunked)) {
      this.#framing = "length";
      this.#owed = length ?? whole;
      if (length === null) text += `Content-Length: ${whole}\r\n`;
    } else {
      this.#framing = "chunks";
      if (!head.isChunked) text += "Transfer-Encoding: chunked\r\n";
    }
    if (head.closes || !this.#road.mayStay()) this.shouldKeepAlive = false;
    if (!head.hasDate) text += `Date: ${httpDate()}\r\n`;
    if (head.hasConnection) return `${text}\r\n`;
    return this.shouldKeepAlive
      ? `${text}Connection: keep-alive\r\nKeep-Alive: timeout=${this.#road.idleMs / 1000}\r\n\r\n`
      : `${text}Connection: close\r\n\r\n`;
  }

  sendHeld(): void {
    const { socket } = this.#road;
    if (this.#isCorked) {
      this.#isCorked = false;
      socket.uncork();
    } else if (this.#held !== null) {
      const { piece, out } = this.#held;
      this.#held = null;
      socket.write(piece, "latin1", out);
    } else return;
    if (this.writableLength > 0) this.#road.lags();
  }

  /** `out` is called when the connection has taken all of it. */
  #send(before: string, bytes: Buffer | Latin1, after = "", out?: Written): boolean {
    if (bytes.length <= onePieceBytes) return this.#sendPiece(onePiece(before, bytes, after), out);
    this.sendHeld();
    const { socket } = this.#road;
    const body = bytes instanceof Latin1 ? bytes.text : bytes;
    socket.cork();
    if (before !== "") socket.write(before, "latin1");
    const more = socket.write(body, "latin1", after === "" ? out : undefined);
    if (after !== "") socket.write(after, "latin1", out);
    socket.uncork();
    if (this.writableLength > 0) this.#road.lags();
    return more;
  }

  #sendPiece(piece: string | Buffer, out: Written | undefined): boolean {
    const { socket } = this.#road;
    const isFirst = this.#held === null && !this.#isCorked;
    if (piece.length === 0) {
      if (out === undefined) return true;
      if (isFirst && socket.writableLength === 0) {
        process.nextTick(out); // all was written before, and taken
        return true;
      }
    }
    if (isFirst && socket.writableLength === 0) {
      this.#held = { piece, out };
      sendAtEndOfTurn(this);
      return true;
    }
    this.#cork();
    const more = socket.write(piece, "latin1", out);
    if (isFirst) this.#road.lags(); // nothing is won by holding back from a connection that is behind
    return more;
  }

  /** Others come behind the piece that is held: they leave together. */
  #cork(): void {
    if (this.#held === null) return;
    const { socket } = this.#road;
    const { piece, out } = this.#held;
    this.#held = null;
    this.#isCorked = true;
    socket.cork();
    socket.write(piece, "latin1", out);
  }

  readonly #written: Written = (error) => {
    if (!error) finish(this, this.#road); // else the connection's close says that nobody got it
  };
}

type Written = (error?: Error | null) => void;

interface Held {
  readonly piece: string | Buffer;
  readonly out: Written | undefined;
}

const finish = (answer: LaneResponse, road: AnswerRoad): void => {
  if (answer.closed) return;
  answer.writableFinished = true;
  answer.emit("finish");
  answer.leave();
  road.over();
};

/** A text of which every character is one byte. */
class Latin1 {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  get length(): number {
    return this.text.length;
  }
}

const nothing = Buffer.alloc(0);

const bytesOf = (chunk: Buffer | string, encoding: BufferEncoding | undefined): Buffer | Latin1 => {
  if (typeof chunk !== "string") return chunk;
  return encoding === "latin1" ? new Latin1(chunk) : Buffer.from(chunk, encoding);
};

/** Up to this many bytes copying is cheaper than handing several pieces to the system. */
const onePieceBytes = 16_384;

const onePiece = (before: string, bytes: Buffer | Latin1, after: string): string | Buffer => {
  if (bytes instanceof Latin1) return before + bytes.text + after;
  if (bytes.length === 0) return before + after;
  if (before === "" && after === "") return bytes;
  const all = Buffer.allocUnsafe(before.length + bytes.length + after.length);
  all.write(before, 0, "latin1");
  bytes.copy(all, before.length);
  all.write(after, before.length + bytes.length, "latin1");
  return all;
};
