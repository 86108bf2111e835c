/**
 * A short way for small requests: one that lies whole in the bytes that came, written as plainly as HTTP/1.1 can be,
 * is answered without Node's HTTP server, which takes most of the time of a request that is done in microseconds. The
 * lane only knows the plainest form. Whatever else a connection brings, be it half a request, a doubled header, a body
 * for another path, goes to Node's server with every byte of it, and the connection stays there.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { STATUS_CODES } from "../lib/node-http.ts";
import { httpDate } from "./http-date.ts";
import { LaneRequest } from "./lane-request.ts";
import { type AnswerRoad, LaneResponse } from "./lane-response.ts";
import { answering, type Connection } from "./malformed.ts";
import { createFieldReader, type FieldReader } from "./plain-fields.ts";
import { type Origin, type PlainRequest, readPlainRequest } from "./plain-request.ts";

export interface LaneAnswer {
  readonly status: number;
  /** flat: name, value, name, value; without those of the framing */
  readonly headers: readonly string[];
  readonly body: Buffer | string;
}

export interface LaneOptions {
  /** Answers a POST, or null to leave it to Node's server. */
  readonly take: (request: PlainRequest) => Promise<LaneAnswer> | null;
  /** Answers any other request as Node's server would have it answered. */
  readonly serve: (req: IncomingMessage, res: ServerResponse) => void;
  /** Gives a connection to Node's server. */
  readonly decline: (socket: Connection) => void;
  /** longest head that is read here */
  readonly headBytes: number;
  /** how long a connection may be silent, ms: before its first request, and after one */
  readonly firstMs: number;
  readonly idleMs: number;
  /** how long a client may take nothing of an answer that waits for it, ms */
  readonly stalledMs: number;
  readonly onError: (error: unknown) => void;
}

export interface Lane {
  /** Takes a new connection, in the clear or encrypted. */
  accept(socket: Connection): void;
  /** The connection is on the lane now. */
  carries(socket: Connection): boolean;
  /** No more requests: idle connections are closed, running ones answered with `Connection: close`. */
  stop(): void;
  /** The next answer on each connection is its last: idle ones stay open for it. */
  drain(): void;
}

/** Bytes that a client may send ahead while its request is being answered. */
const aheadBytes = 65_536;

export const createLane = (options: LaneOptions): Lane => {
  const driving = new Map<Connection, Car>();
  let stopping = false;

  const road: Road = {
    options,
    readFields: createFieldReader(),
    isStopping: () => stopping,
    leave: (car) => void driving.delete(car.socket),
  };
  return {
    accept(socket) {
      if (stopping) options.decline(socket);
      else driving.set(socket, new Car(socket, road));
    },
    carries: (socket) => driving.has(socket),
    stop() {
      stopping = true;
      for (const car of driving.values()) car.stop();
    },
    drain() {
      stopping = true;
    },
  };
};

interface Road {
  readonly options: LaneOptions;
  readonly readFields: FieldReader;
  isStopping(): boolean;
  leave(car: Car): void;
}

/** One connection while it is on the lane. */
class Car implements AnswerRoad {
  readonly socket: Connection;
  readonly idleMs: number;
  readonly #road: Road;
  readonly #from: Origin;
  #running = false;
  #ended = false;
  /** the client wants no other answer than the one that runs */
  #closes = false;
  /** its last answer is out: what comes behind is no request (RFC 9112 §9.6) */
  #over = false;
  #gone = false;
  /** what came while a request was being answered */
  #ahead: Buffer | null = null;
  /** the answer that runs, to a request that is no POST */
  #answering: LaneResponse | null = null;

  constructor(socket: Connection, road: Road) {
    this.socket = socket;
    this.idleMs = road.options.idleMs;
    this.#road = road;
    this.#from = { peer: socket.remoteAddress, encrypted: "encrypted" in socket };
    socket.setTimeout(road.options.firstMs);
    socket.on("data", this.#onData).on("end", this.#onEnd).on("close", this.#onClose);
    socket.on("error", this.#onClose).on("timeout", this.#onTimeout).on("drain", this.#onDrain);
  }

  mayStay(): boolean {
    return !this.#ended && !this.#closes && !this.#road.isStopping();
  }

  over(): void {
    const answer = this.#answering;
    this.#answering = null;
    this.#running = false;
    if (this.#gone) return;
    if (answer?.shouldKeepAlive === true) this.#wait();
    else this.#end();
  }

  lags(): void {
    this.#allow(this.#road.options.stalledMs);
  }

  stop(): void {
    if (!this.#running) this.socket.destroy();
  }

  readonly #onData = (bytes: Buffer): void => {
    if (this.#over) return;
    if (!this.#running) {
      this.#read(bytes);
      return;
    }
    this.#ahead = this.#ahead ? Buffer.concat([this.#ahead, bytes]) : bytes;
    if (this.#ahead.length > aheadBytes) this.socket.pause();
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    if (!this.#running) this.socket.end();
    // It has left, as far as anybody can tell, and nobody knows when the next byte would show that. A hit is kept.
    else if (this.#answering && !this.#answering.writableEnded) this.socket.destroy();
  };

  readonly #onClose = (): void => {
    if (this.#gone) return;
    this.#gone = true;
    this.#road.leave(this);
    this.socket.destroy();
    this.#answering?.leave();
  };

  readonly #onDrain = (): void => void this.#answering?.emit("drain");

  /** An answer that waits for us or for an upstream is no fault of the client's. */
  readonly #onTimeout = (): void => {
    if (!this.#running || (this.#answering && this.socket.writableLength > 0)) this.socket.destroy();
  };

  #read(bytes: Buffer): void {
    const { options, readFields } = this.#road;
    const request = readPlainRequest(bytes, options.headBytes, this.#from, readFields);
    if (request) this.#closes = request.closes;
    if (request && request.method !== "POST") {
      this.#serve(request);
      return;
    }
    const answer = request && this.#take(request);
    if (!answer) {
      this.#decline(bytes);
      return;
    }
    this.#running = true;
    answer.then(this.#answer, this.#fail);
  }

  #serve(request: PlainRequest): void {
    const req = new LaneRequest(request, this.socket);
    const res = new LaneResponse(req, this);
    this.#running = true;
    this.#answering = res;
    const [asNodes, answer] = [req, res] as unknown as [IncomingMessage, ServerResponse]; // what handlers use of them
    this.socket[answering] = answer;
    this.#road.options.serve(asNodes, answer);
  }

  #take(request: PlainRequest): Promise<LaneAnswer> | null {
    try {
      return this.#road.options.take(request);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Reports what is a fault of ours, and says so to the client. */
  #fault(error: unknown): LaneAnswer {
    this.#road.options.onError(error);
    return { status: 500, headers: ["content-type", "text/plain; charset=utf-8"], body: "internal error\n" };
  }

  readonly #fail = (error: unknown): void => this.#answer(this.#fault(error));

  readonly #answer = (answer: LaneAnswer): void => {
    this.#running = false;
    if (this.#gone) return;
    const closes = !this.mayStay();
    try {
      this.#write(answer, closes);
    } catch (error) {
      this.#fault(error);
      this.socket.destroy();
      return;
    }
    if (closes) this.#end();
    else this.#wait();
  };

  #write(answer: LaneAnswer, closes: boolean): void {
    const head = headOf(answer, closes, this.idleMs);
    const { body } = answer;
    if (body.length === 0) this.socket.write(head, "latin1");
    else this.socket.write(Buffer.concat([Buffer.from(head, "latin1"), Buffer.from(body)]));
  }

  /** Behind the last answer. A client that asked for the end need not close its side first. */
  #end(): void {
    this.#over = true;
    if (this.#closes) this.socket.destroySoon();
    else this.socket.end();
  }

  /** For the next request, which may have come already. */
  #wait(): void {
    this.#allow(this.idleMs);
    if (this.#ahead) this.#readAhead(this.#ahead);
  }

  /** How long the connection may be silent. What is written and read begins it anew; to set it again makes another timer. */
  #allow(silentMs: number): void {
    if (this.socket.timeout !== silentMs) this.socket.setTimeout(silentMs);
  }

  #readAhead(bytes: Buffer): void {
    this.#ahead = null;
    if (this.socket.isPaused()) this.socket.resume();
    this.#read(bytes);
  }

  /** From here on the connection is not ours. */
  #decline(bytes: Buffer): void {
    const socket = this.socket;
    socket.off("data", this.#onData).off("end", this.#onEnd).off("close", this.#onClose);
    socket.off("error", this.#onClose).off("timeout", this.#onTimeout).off("drain", this.#onDrain);
    socket.setTimeout(0);
    this.#road.leave(this);
    socket.pause();
    socket.unshift(bytes);
    this.#road.options.decline(socket);
    // Node's server reads the socket itself; what was put back comes when the stream flows.
    process.nextTick(() => socket.resume());
  }
}

const headOf = ({ status, headers, body }: LaneAnswer, closes: boolean, idleMs: number): string => {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n`;
  for (let i = 0; i < headers.length; i += 2) {
    const value = headers[i + 1] ?? "";
    if (value.includes("\n") || value.includes("\r"))
      throw new Error(`lane: the header ${headers[i]} has two lines`);
    head += `${headers[i]}: ${value}\r\n`;
  }
  if (status !== 204)
    head += `content-length: ${typeof body === "string" ? Buffer.byteLength(body) : body.length}\r\n`;
  const keep = closes
    ? "Connection: close"
    : `Connection: keep-alive\r\nKeep-Alive: timeout=${idleMs / 1000}`;
  return `${head}Date: ${httpDate()}\r\n${keep}\r\n\r\n`;
};
