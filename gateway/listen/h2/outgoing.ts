/** What leaves a connection of HTTP/2: all that a turn of the event loop has to send in one piece, bodies as the windows let them. */
import type { TLSSocket } from "node:tls";
import { type HoldsBack, sendAtEndOfTurn } from "../../lib/end-of-turn.ts";
import { blockFrames, ConnectionError, code, mostWindow } from "./frames.ts";
import { remembersNothing } from "./hpack-writer.ts";
import type { H2Stream, Written } from "./stream.ts";

/** Bytes that lie with the system before more of bodies is made into frames. */
const aheadBytes = 256 * 1024;
/** A client that takes nothing while so many wait for it is not listened to: its requests would be answered into memory. */
const mostUnreadBytes = 1024 * 1024;
/** So often in a row somebody else is served first. */
const turnsInARow = 16;

export class Outgoing implements HoldsBack {
  /** changes whenever the client has taken something of a body, or made room for more */
  moves = 0;
  readonly #socket: TLSSocket;
  readonly #onSent: () => void;
  /** bytes of bodies that the client takes on all streams together */
  #room = 65_535;
  #waiting = new Set<H2Stream>();
  #turns = 0;
  #out: (Buffer | string)[] = [];
  #isHeld = false;
  #isOver = false;
  /** stands before the first block of fields */
  #before: string = remembersNothing;
  /** those whose last frame is in `#out` */
  #ending: H2Stream[] = [];
  /** those whose last bytes are being written */
  readonly #leaving = new Set<H2Stream>();

  /** `onSent` is called at the end of each turn that had something to send. */
  constructor(socket: TLSSocket, onSent: () => void) {
    this.#socket = socket;
    this.#onSent = onSent;
    socket.on("drain", () => {
      if (socket.isPaused()) socket.resume();
      if (this.#waiting.size > 0) this.hold();
    });
  }

  /** Streams whose last bytes the connection has not taken. */
  get leaving(): Iterable<H2Stream> {
    return this.#leaving;
  }

  send(frames: string): void {
    if (this.#isOver) return;
    this.#out.push(frames);
    this.hold();
  }

  head(stream: H2Stream, block: string, isLast: boolean): void {
    this.send(blockFrames(this.#before + block, stream.id, isLast));
    this.#before = "";
  }

  /** The stream has something that the windows may let through. */
  wants(stream: H2Stream): void {
    if (stream.isClosed) return;
    this.#waiting.add(stream);
    this.hold();
  }

  /** The stream's last frame was made. */
  answered(stream: H2Stream): void {
    this.#ending.push(stream);
    this.hold();
  }

  drop(stream: H2Stream): void {
    this.#waiting.delete(stream);
  }

  /** The client takes so many bytes more; throws where they are more than can be (RFC 9113 §6.9.1). */
  grow(bytes: number): void {
    this.#room += bytes;
    if (this.#room > mostWindow) throw new ConnectionError("a window is too large", code.flowControl);
    this.moves++;
    if (this.#waiting.size > 0) this.hold();
  }

  /** Sends at the end of this turn. */
  hold(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    sendAtEndOfTurn(this);
  }

  sendHeld(): void {
    this.#isHeld = false;
    this.#flush();
    this.#onSent();
  }

  /** Sends what there is, and nothing more. */
  end(): void {
    this.#flush();
    this.#isOver = true;
    this.#socket.end();
  }

  /** The connection is gone. */
  leave(): void {
    this.#isOver = true;
    for (const { res } of this.#ending.splice(0)) res.leave();
  }

  #flush(): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return;
    const outs: Written[] = [];
    const before = this.#room;
    let ahead = this.#socket.writableLength;
    while (ahead < aheadBytes) {
      const stream = this.#nextReady();
      if (!stream) break;
      const bytes = stream.next(this.#out, outs, this.#room);
      this.#room -= bytes;
      ahead += bytes;
      this.#waiting.delete(stream);
      if (stream.isReady) this.#wait(stream);
    }
    if (this.#out.length > 0) this.#write(outs, before - this.#room);
  }

  /** In turns with the others, or before them all where it is to be whole before others begin. */
  #wait(stream: H2Stream): void {
    if (stream.isShared || this.#turns % turnsInARow === 0) this.#waiting.add(stream);
    else this.#waiting = new Set([stream, ...this.#waiting]);
  }

  /** The most urgent of those that the windows let through (RFC 9218 §10); now and then whoever has waited longest. */
  #nextReady(): H2Stream | null {
    const isAnybodysTurn = ++this.#turns % turnsInARow === 0;
    let found: H2Stream | null = null;
    for (const stream of this.#waiting) {
      if (!stream.isReady) {
        this.#waiting.delete(stream);
        continue;
      }
      if (stream.queued > 0 && this.#room <= 0) continue;
      if (found === null || stream.urgency < found.urgency) found = stream;
      if (isAnybodysTurn) return found;
    }
    return found;
  }

  #write(outs: readonly Written[], bodyBytes: number): void {
    const pieces = this.#out;
    const ending = this.#ending;
    this.#out = [];
    this.#ending = [];
    for (const stream of ending) this.#leaving.add(stream);
    this.#socket.write(joined(pieces), (error) => {
      this.moves += bodyBytes;
      for (const out of outs) out(error);
      for (const stream of ending) {
        this.#leaving.delete(stream);
        if (error) stream.res.leave();
        else stream.res.finish();
      }
    });
    if (this.#socket.writableLength > mostUnreadBytes) this.#socket.pause();
  }
}

/** One piece of all: to copy is cheaper than to hand several to the system. */
const joined = (pieces: readonly (Buffer | string)[]): Buffer => {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const all = Buffer.allocUnsafe(length);
  let at = 0;
  for (const piece of pieces) {
    if (typeof piece === "string") all.write(piece, at, "latin1");
    else piece.copy(all, at);
    at += piece.length;
  }
  return all;
};
