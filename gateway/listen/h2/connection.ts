/** A connection of HTTP/2 on our side (RFC 9113): its frames, its streams, and how much each side may send. */
import type { TLSSocket } from "node:tls";
import type { MalformedReason } from "../malformed.ts";
import { type FieldBlock, FieldBlocks } from "./field-blocks.ts";
import { countUpTo } from "./flood.ts";
import {
  ConnectionError,
  code,
  FrameReader,
  flag,
  frameHead,
  frameType,
  mostWindow,
  StreamError,
  sizeError,
  uint32,
  withoutPadding,
} from "./frames.ts";
import { Outgoing } from "./outgoing.ts";
import { readPriority } from "./priority.ts";
import { BareRequest, type Peer, WaitingBody } from "./request.ts";
import { type RequestHead, readRequestHead, readTrailers } from "./request-head.ts";
import { H2Response } from "./response.ts";
import { goawayFrame, setting, settingsFrame, windowIn } from "./settings-frame.ts";
import { H2Stream, type Line, windowBytes } from "./stream.ts";

export interface ConnectionOptions {
  /** all fields of a request together */
  readonly headerBytes: number;
  readonly peer: Peer;
  readonly answer: (req: BareRequest | WaitingBody, res: H2Response) => void;
  /** before the next request */
  readonly idleMs: number;
  /** told why the connection is ended for what came on it */
  readonly tell: (reason: MalformedReason) => void;
  /** told of what is a fault of ours */
  readonly onError: (error: unknown) => void;
}

const streamsAtOnce = 128;
const connectionWindow = 1024 * 1024;
// A browser that leaves a page resets its requests. Beyond this it is a flood: the work is ours and costs the
// sender nothing (CVE-2023-44487); so are streams that we must reset (CVE-2025-8671).
const resetBurst = 200;
const resetsPerSecond = 20;
// Each must be answered or read for nothing, and costs its sender little (CVE-2019-9512, -9515, -9518). Clients that measure
// the line by pings send some a second.
const controlBurst = 1000;
const controlPerSecond = 50;
/** How long a client that was told that its connection ends may go on. */
const lingerMs = 500;
export class H2Connection implements Line {
  readonly socket: TLSSocket;
  readonly streams = new Map<number, H2Stream>();
  isOver = false;
  /** when the fields began that are not whole yet, by `performance.now()`; null where none are under way */
  headSince: number | null = null;
  readonly #options: ConnectionOptions;
  readonly #reader = new FrameReader((...frame) => this.#onFrame(...frame));
  readonly #blocks: FieldBlocks;
  readonly #outgoing: Outgoing;
  readonly #countReset: () => void;
  readonly #countControl: () => void;
  #hasSettings = false;
  #lastStream = 0;
  /** streams above it are for another connection */
  #taken = mostWindow;
  #streamRoom = 65_535;
  #credit = connectionWindow;
  #pingsLeft = 0;
  readonly #reset = new Set<number>();

  constructor(socket: TLSSocket, options: ConnectionOptions) {
    this.socket = socket;
    this.#options = options;
    this.#blocks = new FieldBlocks(options.headerBytes);
    this.#outgoing = new Outgoing(socket, this.#onSent);
    const flooded = (): void => {
      options.tell("flood");
      throw new ConnectionError("too much of what costs its sender nothing", code.calm);
    };
    this.#countReset = countUpTo(resetBurst, resetsPerSecond, flooded);
    this.#countControl = countUpTo(controlBurst, controlPerSecond, flooded);
    socket
      .on("data", this.#onData)
      .on("end", this.#onEnd)
      .on("close", this.#onClose)
      .on("error", this.#onClose);
    socket.on("timeout", this.#onIdle);
    socket.setTimeout(options.idleMs);
    this.send(
      settingsFrame([
        [setting.streams, streamsAtOnce],
        [setting.window, windowBytes],
        [setting.listSize, options.headerBytes * 2],
      ]),
    );
    this.send(frameHead(4, frameType.window, 0, 0) + uint32(connectionWindow - 65_535));
  }

  /** No request is taken that the client sends from now on; the connection ends with the last that runs. */
  close(): void {
    if (this.isOver) return;
    this.#goaway(code.none);
  }

  /**
   * Asks the client to go and takes all that it sends before it knows (§6.8): a first word after which every stream is
   * still taken, and a last one when there can be none under way any more.
   */
  closeKindly(): void {
    if (this.isOver || this.#pingsLeft > 0 || this.#taken < mostWindow) return;
    this.send(goawayFrame(mostWindow, code.none));
    this.#pingsLeft = 2; // a client may answer the first one before it has sent what it had begun
    this.#ping();
  }

  /** Streams that are open, and those whose last bytes the connection has not taken. */
  unfinished(): readonly H2Stream[] {
    return [...new Set([...this.streams.values(), ...this.#outgoing.leaving])];
  }

  /** Changes whenever the client has taken something of a body, or made room for more. */
  get moves(): number {
    return this.#outgoing.moves;
  }

  /** Ends it at once. */
  cut(): void {
    this.socket.destroy();
  }

  // What streams do.

  send(frames: string): void {
    this.#outgoing.send(frames);
  }

  head(stream: H2Stream, block: string, isLast: boolean): void {
    this.#outgoing.head(stream, block, isLast);
  }

  wants(stream: H2Stream): void {
    this.#outgoing.wants(stream);
  }

  answered(stream: H2Stream): void {
    this.#outgoing.answered(stream);
  }

  over(stream: H2Stream): void {
    this.streams.delete(stream.id);
    this.#outgoing.drop(stream);
    if (!stream.isLocalEnded) stream.res.leave();
    if (!stream.isLocalEnded || !stream.isRemoteEnded) this.#remember(stream.id);
    this.#outgoing.hold(); // it may have been the last
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
        if (stream % 2 === 0) throw new ConnectionError("a stream of a number that is no client's");
        this.#onBlock(this.#blocks.begin(flags, stream, payload));
        break;
      case frameType.continuation:
        this.#onBlock(this.#blocks.goOn(flags, payload));
        break;
      case frameType.reset:
        this.#onReset(stream, payload);
        break;
      case frameType.settings:
        this.#onSettings(flags, stream, payload);
        break;
      case frameType.ping:
        this.#onPing(flags, stream, payload);
        break;
      case frameType.window:
        this.#onWindow(stream, payload);
        break;
      case frameType.push:
        throw new ConnectionError("a client pushes");
      default:
        this.#onOther(type, stream, payload);
    }
  }

  /** What is checked and has no consequence. Priorities are told by a field now (RFC 9218). */
  #onOther(type: number, stream: number, payload: Buffer): void {
    this.#countControl();
    if (type === frameType.priority) {
      if (stream === 0) throw new ConnectionError("a priority of the connection");
      if (payload.length !== 5) throw sizeError();
    }
    if (type === frameType.goaway) {
      if (stream !== 0) throw new ConnectionError("a stream says goodbye");
      if (payload.length < 8) throw sizeError();
    }
  }

  #onBody(flags: number, id: number, payload: Buffer): void {
    const bytes = withoutPadding(flags, payload);
    this.#credit -= payload.length;
    if (this.#credit < 0) throw new ConnectionError("more than the window lets through", code.flowControl);
    if (this.#credit < connectionWindow / 2) {
      this.send(frameHead(4, frameType.window, 0, 0) + uint32(connectionWindow - this.#credit));
      this.#credit = connectionWindow;
    }
    const isLast = (flags & flag.endStream) !== 0;
    if (payload.length === 0 && !isLast) this.#countControl();
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
      this.#countReset();
      return;
    }
    this.#lastStream = id;
    if (id > this.#taken) return;
    if (this.streams.size >= streamsAtOnce) throw new StreamError("too many streams", code.refused);
    if (isCut) throw new StreamError("too many fields", code.calm);
    this.#open(id, readRequestHead(fields, isLast), isLast);
  }

  #open(id: number, head: RequestHead, isWhole: boolean): void {
    const { peer, answer } = this.#options;
    const stream = new H2Stream(id, this, { room: this.#streamRoom, isWhole, length: head.length });
    const req = isWhole ? new BareRequest(stream, head, peer) : new WaitingBody(stream, head, peer);
    if (req instanceof WaitingBody) stream.body = req;
    const res = new H2Response(req, stream);
    stream.res = res;
    const priority = head.headers["priority"];
    if (priority !== undefined) Object.assign(stream, readPriority(String(priority)));
    this.streams.set(id, stream);
    answer(req, res);
  }

  #onReset(id: number, payload: Buffer): void {
    if (payload.length !== 4) throw sizeError();
    const stream = this.#find(id);
    if (!stream) return;
    this.#countReset();
    stream.close();
  }

  #onSettings(flags: number, id: number, payload: Buffer): void {
    if (id !== 0) throw new ConnectionError("settings of a stream");
    if (flags & flag.ack) {
      if (payload.length > 0) throw sizeError();
      return;
    }
    this.#countControl();
    this.#hasSettings = true;
    const window = windowIn(payload);
    if (window !== null) this.#setWindow(window);
    this.send(frameHead(0, frameType.settings, flag.ack, 0));
  }

  #setWindow(bytes: number): void {
    const more = bytes - this.#streamRoom;
    this.#streamRoom = bytes;
    for (const stream of this.streams.values()) {
      if (stream.room + more > mostWindow)
        throw new ConnectionError("a window is too large", code.flowControl);
      stream.grow(more);
    }
  }

  #onPing(flags: number, id: number, payload: Buffer): void {
    if (id !== 0) throw new ConnectionError("a ping of a stream");
    if (payload.length !== 8) throw sizeError();
    if (!(flags & flag.ack)) {
      this.#countControl();
      this.send(frameHead(8, frameType.ping, flag.ack, 0) + payload.toString("latin1"));
    } else if (this.#pingsLeft > 0) {
      if (--this.#pingsLeft > 0) this.#ping();
      else this.close();
    }
  }

  #onWindow(id: number, payload: Buffer): void {
    if (payload.length !== 4) throw sizeError();
    const more = payload.readUInt32BE() & 0x7fffffff;
    if (id === 0) {
      if (more === 0) throw new ConnectionError("a window grows by nothing");
      this.#outgoing.grow(more);
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
    this.#countReset();
    const stream = this.streams.get(id);
    if (stream) stream.reset(kind);
    else {
      this.#remember(id);
      this.send(frameHead(4, frameType.reset, 0, id) + uint32(kind));
    }
  }

  /** What is on its way to a stream that was reset is no fault. */
  #remember(id: number): void {
    this.#reset.add(id);
    if (this.#reset.size <= streamsAtOnce) return;
    for (const oldest of this.#reset) {
      this.#reset.delete(oldest);
      return;
    }
  }

  // What leaves.

  readonly #onSent = (): void => {
    if (this.#taken < mostWindow && this.streams.size === 0) this.#end();
  };

  #ping(): void {
    this.send(frameHead(8, frameType.ping, 0, 0) + "turnpike");
  }

  /** Once said, the last stream that is taken may only become an earlier one (§6.8). */
  #goaway(kind: number): void {
    this.#taken = Math.min(this.#taken, this.#lastStream);
    this.send(goawayFrame(this.#taken, kind));
  }

  #fail(kind: number): void {
    if (kind !== code.calm && kind !== code.internal) this.#options.tell("frames");
    this.#goaway(kind);
    this.#end();
  }

  /** Nothing more is sent. A client that is still sending would lose our last word if the socket were closed at once. */
  #end(): void {
    if (this.isOver) return;
    this.#leaveAll();
    this.isOver = true;
    this.#outgoing.end();
    const timer = setTimeout(() => this.socket.destroy(), lingerMs);
    this.socket.once("close", () => clearTimeout(timer));
  }

  readonly #onIdle = (): void => {
    if (this.streams.size === 0) this.close();
  };

  readonly #onEnd = (): void => void this.socket.destroy();

  readonly #onClose = (): void => {
    this.isOver = true;
    this.socket.destroy();
    this.#leaveAll();
    this.#outgoing.leave();
  };

  #leaveAll(): void {
    for (const stream of [...this.streams.values()]) stream.close();
  }
}
