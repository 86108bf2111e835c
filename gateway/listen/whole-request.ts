/**
 * A request without a body in the shape of Node's, which is what handlers are written against. It is whole when it is made:
 * there is nothing to read, and its end has come.
 */
import { EventEmitter } from "node:events";

export class WholeRequest extends EventEmitter {
  readonly rawTrailers: readonly string[] = [];
  readonly complete = true;
  readonly readableEnded = true;
  readonly readableLength = 0;
  destroyed = false;

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
}
