import { once } from "node:events";
import type { Writable } from "node:stream";

const chunkCharacters = 65_536;

/** A long text on its way to a stream: gathered into large chunks, and no faster than the reader takes it. */
export interface Output {
  /** False once the reader has left: there is no use in writing more. */
  write(text: string): Promise<boolean>;
  /** Hands on what was gathered. */
  flush(): Promise<boolean>;
  end(): Promise<boolean>;
}

export const createOutput = (stream: Writable): Output => {
  let pending = "";
  let closed = false;
  const leave = () => {
    closed = true;
  };
  // Whoever made the stream listens for its errors; to go on is of no use after any.
  stream.once("error", leave).once("close", leave);

  const flush = async (): Promise<boolean> => {
    const text = pending;
    pending = "";
    if (!closed && text !== "" && !stream.write(text)) await drained(stream, () => closed);
    return !closed;
  };
  return {
    write(text) {
      pending += text;
      return pending.length < chunkCharacters ? Promise.resolve(!closed) : flush();
    },
    flush,
    async end() {
      const wasRead = await flush();
      stream.off("error", leave).off("close", leave);
      return wasRead;
    },
  };
};

/** Waits until the stream takes more, or never will. */
export const drained = async (stream: Writable, isClosed: () => boolean): Promise<void> => {
  const controller = new AbortController();
  const { signal } = controller;
  try {
    if (!isClosed())
      await Promise.race([once(stream, "drain", { signal }), once(stream, "close", { signal })]);
  } catch {
    // an error of the stream, which whoever made it hears of
  } finally {
    controller.abort();
  }
};

/** The error of writing to a reader that has left. */
export const isClosedPipe = (error: unknown): boolean =>
  error instanceof Error &&
  "code" in error &&
  (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED" || error.code === "ECONNRESET");
