/** A connection of HTTP/2 on our side (RFC 9113): its frames, its streams, and how much each side may send. */
import type { TLSSocket } from "node:tls";
import type { MalformedReason } from "../malformed.ts";
import { Farewell } from "./farewell.ts";
import { type FieldBlock, FieldBlocks } from "./field-blocks.ts";
import { watchFloods } from "./flood.ts";
import { checkFrame } from "./frame-rules.ts";
import {
  ConnectionError,
  code,
  FrameReader,
  flag,
  frameHead,
  frameType,
  resetFrame,
  StreamError,
  windowFrame,
  withoutPadding,
} from "./frames.ts";
import { type Opened, openStream } from "./open-stream.ts";
import { OurWindow } from "./our-window.ts";
import { Outgoing } from "./outgoing.ts";
import { RecentStreams } from "./recent-streams.ts";
import type { Peer } from "./request.ts";
import { readRequestHead, readTrailers } from "./request-head.ts";
import { openingFrames, streamsAtOnce, windowIn } from "./settings-frame.ts";
import { type H2Stream, type Line, windowBytes } from "./stream.ts";

export interface ConnectionOptions {
  /** all fields of a request together */
  readonly headerBytes: number;
  readonly peer: Peer;
  readonly answer: (req: Opened["req"], res: Opened["res"]) => void;
  /** before the next request */
  readonly idleMs: number;
  /** told why the connection is ended for what came on it */
  readonly tell: (reason: MalformedReason) => void;
  /** told of what is a fault of ours */
  readonly onError: (error: unknown) => void;
}

/** How long a client that was told that its connection ends may go on. */
const lingerMs = 500;

export class H2Connection implements Line {
  readonly socket: TLSSocket;
  readonly outgoing: Outgoing;
  readonly streams = new Map<number, H2Stream>();
  isOver = false;
  /** when the fields began that are not whole yet, by `performance.now()`; null where none are under way */
  headSince: number | null = null;
  readonly #options: ConnectionOptions;
  readonly #reader = new FrameReader((...frame) => this.#onFrame(...frame));
  readonly #blocks: FieldBlocks;
  readonly #floods: ReturnType<typeof watchFloods>;
  readonly #farewell = new Farewell((frames) => this.outgoing.send(frames));
  readonly #reset = new RecentStreams(streamsAtOnce);
  readonly #window = new OurWindow();
  #hasSettings = false;
  #lastStream = 0;
  #streamRoom = 65_535;

  constructor(socket: TLSSocket, options: ConnectionOptions) {
    this.socket = socket;
    this.#options = options;
    this.#blocks = new FieldBlocks(options.headerBytes);
    this.outgoing = new Outgoing(socket, this.#onSent);
    this.#floods = watchFloods(() => options.tell("flood"));
    socket
      .on("data", this.#onData)
      .on("end", () => this.cut())
      .on("close", this.#onClose)
      .on("error", this.#onClose)
      .on("timeout", this.#onIdle);
    socket.setTimeout(options.idleMs);
    this.outgoing.send(openingFrames(windowBytes, options.headerBytes));
  }

  /** No request is taken that the client sends from now on; the connection ends with the last that runs. */
  close(): void {
    if (!this.isOver) this.#farewell.say(this.#lastStream, code.none);
  }

  /** Asks the client to go, and takes all that it sends before it knows. */
  closeKindly(): void {
    if (!this.isOver) this.#farewell.announce();
  }

  /** Streams that are open, and those whose last bytes the connection has not taken. */
  unfinished(): readonly H2Stream[] {
    return [...new Set([...this.streams.values(), ...this.outgoing.leaving])];
  }

  /** Ends it at once. */
  cut(): void {
    this.socket.destroy();
  }

  /** A stream has nothing more to come or to go. */
  over(stream: H2Stream): void {
    this.streams.delete(stream.id);
    this.outgoing.drop(stream);
    if (!stream.isLocalEnded) stream.res.leave();
    if (!stream.isLocalEnded || !stream.isRemoteEnded) this.#reset.add(stream.id);
    this.outgoing.hold(); // it may have been the last
  }

  // What comes.

  readonly #onData = (chunk: Buffer): void => {
    if (this.isOver) return;
    try {
      this.#reader.read(chunk);
    } catch (error) {
      if (error instanceof ConnectionError) this.#fail(error.code);
      else {
        this.#options.onError(error);
        this.#fail(code.internal);
      }
    }
    if (!this.#blocks.isOpen && !this.#reader.isInHead) this.headSince = null;
    else this.headSince ??= performance.now();
  };

  readonly #onFrame = (type: number, flags: number, stream: number, payload: Buffer): void => {
    if (this.isOver) return;
    if (!this.#hasSettings && type !== frameType.settings)
      throw new ConnectionError("the connection does not begin with settings");
    if (this.#blocks.isOpen && (type !== frameType.continuation || !this.#blocks.waitsFor(stream)))
      throw new ConnectionError("another frame stands within a block of fields");
    try {
      checkFrame(type, flags, stream, payload);
      this.#take(type, flags, stream, payload);
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      this.#resetStream(stream, error.code);
    }
  };

  #take(type: number, flags: number, stream: number, payload: Buffer): void {
    switch (type) {
      case frameType.data:
        this.#onBody(flags, stream, payload);
        break;
      case frameType.headers:
        this.#onBlock(this.#blocks.begin(flags, stream, payload));
        break;
      case frameType.continuation:
        this.#onBlock(this.#blocks.goOn(flags, payload));
        break;
      case frameType.reset:
        this.#onReset(stream);
        break;
      case frameType.settings:
        if (!(flags & flag.ack)) this.#onSettings(payload);
        break;
      case frameType.ping:
        this.#onPing(flags, payload);
        break;
      case frameType.window:
        this.#onWindow(stream, payload);
        break;
      default:
        this.#floods.countControl(); // of no consequence: priorities are told by a field now (RFC 9218)
    }
  }

  #onBody(flags: number, id: number, payload: Buffer): void {
    const bytes = withoutPadding(flags, payload);
    const more = this.#window.take(payload.length);
    if (more > 0) this.outgoing.send(windowFrame(0, more));
    const isLast = (flags & flag.endStream) !== 0;
    if (payload.length === 0 && !isLast) this.#floods.countControl();
    const stream = this.#find(id);
    if (stream) stream.take(bytes, payload.length, isLast);
    else if (!this.#reset.has(id)) throw new StreamError("data behind the end", code.streamClosed);
  }

  #onBlock(block: FieldBlock | null): void {
    if (!block) return;
    const { stream: id, isLast, fields, isCut } = block;
    this.headSince = null;
    const running = this.streams.get(id);
    if (running) {
      if (running.isRemoteEnded) throw new ConnectionError("fields behind the end", code.streamClosed);
      if (!isLast) throw new StreamError("fields in the middle of a body");
      running.takeEnd(readTrailers(fields));
      return;
    }
    if (id <= this.#lastStream) {
      // Trailers may have been on their way when their stream was reset; other streams ended, or were left out (§5.1.1).
      if (!this.#reset.has(id) && id <= this.#farewell.taken) throw new ConnectionError("an old stream");
      this.#floods.countReset();
      return;
    }
    this.#lastStream = id;
    if (id > this.#farewell.taken) return;
    if (this.streams.size >= streamsAtOnce) throw new StreamError("too many streams", code.refused);
    if (isCut) throw new StreamError("too many fields", code.calm);
    const { peer, answer } = this.#options;
    const head = readRequestHead(fields, isLast);
    const { stream, req, res } = openStream(id, this, peer, head, {
      room: this.#streamRoom,
      isWhole: isLast,
    });
    this.streams.set(id, stream);
    answer(req, res);
  }

  #onReset(id: number): void {
    const stream = this.#find(id);
    if (!stream) return;
    this.#floods.countReset();
    stream.close();
  }

  #onSettings(payload: Buffer): void {
    this.#floods.countControl();
    this.#hasSettings = true;
    const room = windowIn(payload) ?? this.#streamRoom;
    for (const stream of this.streams.values()) stream.resize(room - this.#streamRoom);
    this.#streamRoom = room;
    this.outgoing.send(frameHead(0, frameType.settings, flag.ack, 0));
  }

  #onPing(flags: number, payload: Buffer): void {
    if (flags & flag.ack) {
      if (this.#farewell.isTime()) this.close();
      return;
    }
    this.#floods.countControl();
    this.outgoing.send(frameHead(8, frameType.ping, flag.ack, 0) + payload.toString("latin1"));
  }

  #onWindow(id: number, payload: Buffer): void {
    const more = payload.readUInt32BE() & 0x7fffffff;
    if (id === 0) {
      if (more === 0) throw new ConnectionError("a window grows by nothing");
      this.outgoing.grow(more);
      return;
    }
    const stream = this.#find(id);
    if (more === 0) throw new StreamError("a window grows by nothing");
    stream?.grow(more);
  }

  /** A stream that is open; undefined where it is over. Throws where it never was. */
  #find(id: number): H2Stream | undefined {
    if (id === 0 || id % 2 === 0 || id > this.#lastStream)
      throw new ConnectionError("a stream that nobody opened");
    return this.streams.get(id);
  }

  #resetStream(id: number, kind: number): void {
    this.#floods.countReset();
    const stream = this.streams.get(id);
    if (stream) stream.reset(kind);
    else {
      this.#reset.add(id);
      this.outgoing.send(resetFrame(id, kind));
    }
  }

  // What leaves.

  readonly #onSent = (): void => {
    if (this.#farewell.isSaid && this.streams.size === 0) this.#end();
  };

  #fail(kind: number): void {
    if (kind !== code.calm && kind !== code.internal) this.#options.tell("frames");
    this.#farewell.say(this.#lastStream, kind);
    this.#end();
  }

  /** Nothing more is sent. A client that is still sending would lose our last word if the socket were closed at once. */
  #end(): void {
    if (this.isOver) return;
    this.#leaveAll();
    this.isOver = true;
    this.outgoing.end();
    const timer = setTimeout(() => this.socket.destroy(), lingerMs);
    this.socket.once("close", () => clearTimeout(timer));
  }

  readonly #onIdle = (): void => {
    if (this.streams.size === 0) this.close();
  };

  readonly #onClose = (): void => {
    this.isOver = true;
    this.socket.destroy();
    this.#leaveAll();
    this.outgoing.leave();
  };

  #leaveAll(): void {
    for (const stream of [...this.streams.values()]) stream.close();
  }
}
