/**
 * A short way for small requests: one that lies whole in the bytes that came, written as plainly as HTTP/1.1 can be,
 * is answered without Node's HTTP server, which takes most of the time of a request that is done in microseconds. The
 * lane only knows the plainest form. Whatever else a connection brings, be it half a request, a doubled header, another
 * path, goes to Node's server with every byte of it, and the connection stays there.
 */
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { type PlainRequest, readPlainRequest } from "./plain-request.ts";

export interface LaneAnswer {
  readonly status: number;
  /** flat: name, value, name, value; without those of the framing */
  readonly headers: readonly string[];
  readonly body: Buffer | string;
}

export interface LaneOptions {
  /** Answers a request, or null to leave it to Node's server. */
  readonly take: (request: PlainRequest) => Promise<LaneAnswer> | null;
  /** Gives a connection to Node's server. */
  readonly decline: (socket: Socket) => void;
  /** longest head that is read here */
  readonly headBytes: number;
  /** how long a connection may be silent, ms: before its first request, and after one */
  readonly firstMs: number;
  readonly idleMs: number;
  readonly onError: (error: unknown) => void;
}

export interface Lane {
  /** Takes a new connection. */
  accept(socket: Socket): void;
  /** No more requests: idle connections are closed, running ones answered with `Connection: close`. */
  stop(): void;
}

/** Bytes that a client may send ahead while its request is being answered. */
const aheadBytes = 65_536;

export const createLane = (options: LaneOptions): Lane => {
  const driving = new Set<Car>();
  let stopping = false;

  const road: Road = {
    options,
    isStopping: () => stopping,
    leave: (car) => void driving.delete(car),
  };
  return {
    accept(socket) {
      if (stopping) options.decline(socket);
      else driving.add(new Car(socket, road));
    },
    stop() {
      stopping = true;
      for (const car of driving) car.stop();
    },
  };
};

interface Road {
  readonly options: LaneOptions;
  isStopping(): boolean;
  leave(car: Car): void;
}

/** One connection while it is on the lane. */
class Car {
  readonly #socket: Socket;
  readonly #road: Road;
  readonly #peer: string | undefined;
  #running = false;
  #ended = false;
  #gone = false;
  /** what came while a request was being answered */
  #ahead: Buffer | null = null;

  constructor(socket: Socket, road: Road) {
    this.#socket = socket;
    this.#road = road;
    this.#peer = socket.remoteAddress;
    socket.setTimeout(road.options.firstMs);
    socket.on("data", this.#onData).on("end", this.#onEnd).on("close", this.#onClose);
    socket.on("error", this.#onClose).on("timeout", this.#onTimeout);
  }

  stop(): void {
    if (!this.#running) this.#socket.destroy();
  }

  readonly #onData = (bytes: Buffer): void => {
    if (!this.#running) {
      this.#read(bytes);
      return;
    }
    this.#ahead = this.#ahead ? Buffer.concat([this.#ahead, bytes]) : bytes;
    if (this.#ahead.length > aheadBytes) this.#socket.pause();
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    if (!this.#running) this.#socket.end();
  };

  readonly #onClose = (): void => {
    this.#gone = true;
    this.#road.leave(this);
    this.#socket.destroy();
  };

  readonly #onTimeout = (): void => {
    if (!this.#running) this.#socket.destroy();
  };

  #read(bytes: Buffer): void {
    const request = readPlainRequest(bytes, this.#road.options.headBytes, this.#peer);
    const answer = request && this.#take(request);
    if (!answer) {
      this.#decline(bytes);
      return;
    }
    this.#running = true;
    answer
      .catch((error: unknown) => this.#fault(error))
      .then((given) => this.#answer(given))
      .catch((error: unknown) => {
        this.#fault(error); // the answer itself could not be written
        this.#socket.destroy();
      });
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

  #answer(answer: LaneAnswer): void {
    this.#running = false;
    if (this.#gone) return;
    const { options } = this.#road;
    const closes = this.#ended || this.#road.isStopping();
    const head = headOf(answer, closes, options.idleMs);
    const { body } = answer;
    if (body.length === 0) this.#socket.write(head, "latin1");
    else this.#socket.write(Buffer.concat([Buffer.from(head, "latin1"), Buffer.from(body)]));
    if (closes) {
      this.#socket.end();
      return;
    }
    this.#socket.setTimeout(options.idleMs);
    if (this.#ahead) this.#readAhead(this.#ahead);
  }

  #readAhead(bytes: Buffer): void {
    this.#ahead = null;
    if (this.#socket.isPaused()) this.#socket.resume();
    this.#read(bytes);
  }

  /** From here on the connection is not ours. */
  #decline(bytes: Buffer): void {
    const socket = this.#socket;
    socket.off("data", this.#onData).off("end", this.#onEnd).off("close", this.#onClose);
    socket.off("error", this.#onClose).off("timeout", this.#onTimeout);
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
  return `${head}Date: ${now()}\r\n${keep}\r\n\r\n`;
};

let second = 0;
let date = "";

/** The date as HTTP writes it, made once a second. */
const now = (): string => {
  const at = Math.floor(Date.now() / 1000);
  if (at !== second) {
    second = at;
    date = new Date(at * 1000).toUTCString();
  }
  return date;
};
