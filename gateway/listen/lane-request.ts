/**
 * A request without a body on the lane, in the shape of Node's, which is what handlers are written against. It is whole
 * when it is made: there is nothing to read, and its end has come.
 */
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import type { PlainRequest } from "./plain-request.ts";

export class LaneRequest extends EventEmitter {
  readonly method: string;
  readonly url: string;
  readonly headers: PlainRequest["headers"];
  readonly rawHeaders: readonly string[];
  readonly socket: Socket;
  readonly httpVersion = "1.1";
  readonly httpVersionMajor = 1;
  readonly httpVersionMinor = 1;
  readonly rawTrailers: readonly string[] = [];
  readonly complete = true;
  readonly readableEnded = true;
  readonly readableLength = 0;
  destroyed = false;

  constructor({ method, target, headers, rawHeaders }: PlainRequest, socket: Socket) {
    super();
    this.method = method;
    this.url = target;
    this.headers = headers;
    this.rawHeaders = rawHeaders;
    this.socket = socket;
  }

  /** Who reads a body hears at once that it is over. */
  override on(name: string, listener: (...args: unknown[]) => void): this {
    if (name === "end") queueMicrotask(() => this.listeners(name).includes(listener) && listener());
    return super.on(name, listener);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {}

  push(): boolean {
    return false;
  }

  pause(): this {
    return this;
  }

  resume(): this {
    return this;
  }

  destroy(): this {
    this.socket.destroy();
    return this;
  }
}
