/** One stream of a connection of HTTP/2: what is still to be sent on it, and how much of what came was taken. */

import {
  blockFrames,
  ConnectionError,
  code,
  flag,
  frameBytes,
  frameHead,
  frameType,
  mostWindow,
  resetFrame,
  StreamError,
  windowFrame,
} from "./frames.ts";

/** Bytes of a body that a client may send before anybody takes them. */
export const windowBytes = 256 * 1024;
/**
 * What comes of a body behind a whole answer is thrown away for so long; then the client is told that nobody wants it
 * (RFC 9113 §8.1). Some take that for a failure although they have the answer, curl 7.88 among them.
 */
const leftoverMs = 5000;
/** Beyond so many that wait to be sent, whoever writes is told to wait. */
const manyBytes = 128 * 1024;

export type Written = (error?: Error | null) => void;

interface Piece {
  readonly bytes: Buffer | string;
  readonly out: Written | undefined;
}

/** Who reads the body of a request. */
export interface Body {
  /** all of it has come */
  readonly complete: boolean;
  /** bytes that nobody has read yet */
  readonly readableLength: number;
  /** False where there is enough to read for now. */
  push(bytes: Buffer): boolean;
  finish(trailers: readonly string[]): void;
}

/** The answer, as its stream sees it. */
export interface Answer {
  readonly headersSent: boolean;
  emit(event: "drain"): boolean;
  /** Its last bytes are out. */
  finish(): void;
  /** Nobody gets more of it. */
  leave(): void;
}

/** The connection, as its streams see it. */
export interface Line {
  readonly outgoing: Leaving;
  /** Nothing more comes or goes on it. */
  over(stream: H2Stream): void;
}

/** What leaves on a connection. */
interface Leaving {
  /** Sends what is no part of a body, behind all that was sent before. */
  send(frames: string): void;
  /** Sends a block of fields. */
  head(stream: H2Stream, block: string, isLast: boolean): void;
  /** The stream has something that the windows may let through. */
  wants(stream: H2Stream): void;
  /** Its answer is whole, and leaves with what is sent next. */
  answered(stream: H2Stream): void;
}

export class H2Stream {
  readonly id: number;
  readonly line: Line;
  /** null where the request has none */
  body: Body | null = null;
  res!: Answer;
  isRemoteEnded: boolean;
  /** the last frame was made */
  isLocalEnded = false;
  isClosed = false;
  /** bytes that the client takes of us */
  room: number;
  /** of the body, as it was sent */
  received = 0;
  /** bytes of bodies that became frames */
  sent = 0;
  urgency = 3;
  isShared = true;
  /** bytes that wait to be sent */
  queued = 0;
  readonly #length: number | null;
  #queue: Piece[] = [];
  #isEnding = false;
  #trailers: string | null = null;
  #needsDrain = false;
  /** bytes that were taken and the client was not told of */
  #taken = 0;
  #leftover: NodeJS.Timeout | undefined;
  #held = 0;

  constructor(
    id: number,
    line: Line,
    { room, isWhole, length }: { room: number; isWhole: boolean; length: number | null },
  ) {
    this.id = id;
    this.line = line;
    this.room = room;
    this.isRemoteEnded = isWhole;
    this.#length = length;
  }

  /** Something waits that may be sent now. */
  get isReady(): boolean {
    return this.queued > 0 ? this.room > 0 : this.#isEnding && !this.isLocalEnded;
  }

  /** A piece of the body; `size` counts its padding, too. */
  take(bytes: Buffer, size: number, isLast: boolean): void {
    if (this.isRemoteEnded) throw new StreamError("data behind the end", code.streamClosed);
    this.#held += size;
    if (this.#held > windowBytes)
      throw new StreamError("more than the window lets through", code.flowControl);
    this.received += bytes.length;
    if (this.#length !== null && this.received > this.#length) throw new StreamError("the body is too long");
    const reader = this.isLocalEnded ? null : this.body;
    const more = !reader || bytes.length === 0 || reader.push(bytes);
    if (isLast) this.takeEnd([]);
    else if (more) this.credit();
  }

  takeEnd(trailers: readonly string[]): void {
    if (this.#length !== null && this.received !== this.#length)
      throw new StreamError("the body is too short");
    this.isRemoteEnded = true;
    if (this.isLocalEnded) this.close();
    else this.body?.finish(trailers);
  }

  /** Whoever reads the body has room for more. */
  credit(): void {
    this.#taken += this.#held;
    this.#held = 0;
    if (this.isRemoteEnded || this.isClosed || this.#taken < windowBytes / 4) return;
    this.line.outgoing.send(windowFrame(this.id, this.#taken));
    this.#taken = 0;
  }

  /** The client has set another window for all streams, by so many bytes. */
  resize(bytes: number): void {
    if (this.room + bytes > mostWindow) throw new ConnectionError("a window is too large", code.flowControl);
    this.grow(bytes);
  }

  grow(bytes: number): void {
    this.room += bytes;
    if (this.room > mostWindow) throw new StreamError("a window is too large", code.flowControl);
    if (bytes > 0 && this.isReady) this.line.outgoing.wants(this);
  }

  head(block: string, isLast: boolean): void {
    if (this.isClosed || this.isLocalEnded) return;
    this.line.outgoing.head(this, block, isLast);
    if (isLast) this.#endLocal();
  }

  /** False where enough waits for now. */
  write(bytes: Buffer | string, out: Written | undefined): boolean {
    this.#queue.push({ bytes, out });
    this.queued += bytes.length;
    this.line.outgoing.wants(this);
    this.#needsDrain = this.queued > manyBytes;
    return !this.#needsDrain;
  }

  /** Ends the body; `trailers` is a block of fields. */
  end(trailers: string | null): void {
    this.#isEnding = true;
    this.#trailers = trailers;
    this.line.outgoing.wants(this);
  }

  /** Nobody reads the body any more. */
  abandon(): void {
    if (!this.isLocalEnded) this.reset(code.cancel);
  }

  reset(kind: number): void {
    if (this.isClosed) return;
    this.line.outgoing.send(resetFrame(this.id, kind));
    this.close();
  }

  /** Puts the next frame behind `out`, and whoever waits for it behind `outs`; answers the bytes of the body in it. */
  next(out: (Buffer | string)[], outs: Written[], connectionRoom: number): number {
    const piece = this.#queue[0];
    if (piece === undefined) {
      this.#writeEnd(out);
      return 0;
    }
    const most = Math.min(this.room, connectionRoom, frameBytes);
    const isWhole = piece.bytes.length <= most;
    const length = isWhole ? piece.bytes.length : most;
    const isLast = isWhole && this.#queue.length === 1 && this.#isEnding && this.#trailers === null;
    out.push(
      frameHead(length, frameType.data, isLast ? flag.endStream : 0, this.id),
      isWhole ? piece.bytes : cut(piece.bytes, 0, length),
    );
    if (isWhole) {
      this.#queue.shift();
      if (piece.out) outs.push(piece.out);
    } else this.#queue[0] = { bytes: cut(piece.bytes, length, piece.bytes.length), out: piece.out };
    this.queued -= length;
    this.room -= length;
    this.sent += length;
    if (isLast) this.#endLocal();
    if (this.#needsDrain && this.queued <= manyBytes / 4) {
      this.#needsDrain = false;
      outs.push(() => void (this.isClosed || this.res.emit("drain")));
    }
    return length;
  }

  #writeEnd(out: (Buffer | string)[]): void {
    if (this.#trailers !== null) out.push(blockFrames(this.#trailers, this.id, true));
    else out.push(frameHead(0, frameType.data, flag.endStream, this.id));
    this.#endLocal();
  }

  #endLocal(): void {
    this.isLocalEnded = true;
    this.line.outgoing.answered(this);
    if (this.isRemoteEnded) this.close();
    else this.#leftover = setTimeout(() => this.reset(code.none), leftoverMs).unref();
  }

  /** Nothing more comes or goes. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    clearTimeout(this.#leftover);
    this.#queue = [];
    this.queued = 0;
    this.line.over(this);
  }
}

const cut = (bytes: Buffer | string, from: number, to: number): Buffer | string =>
  typeof bytes === "string" ? bytes.slice(from, to) : bytes.subarray(from, to);
