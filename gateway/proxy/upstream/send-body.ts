import type { Socket } from "node:net";
import type { Readable } from "node:stream";

export interface BodyEvents {
  /** The upstream does not read on, or does again. */
  readonly onStalled: (stalled: boolean) => void;
  /** called once; null: all of it was written */
  readonly onSent: (error: Error | null) => void;
}

/** Writes a request's body at the upstream's pace. The answered function stops it, and then nothing more is told. */
export const sendBody = (
  body: Readable,
  socket: Socket,
  chunked: boolean,
  told: BodyEvents,
): (() => void) => {
  const write = (chunk: Buffer): void => {
    if (chunk.length === 0) return; // an empty chunk would be the end
    if (chunked) {
      socket.cork();
      socket.write(`${chunk.length.toString(16)}\r\n`, "latin1");
    }
    let hasRoom = socket.write(chunk);
    if (chunked) {
      hasRoom = socket.write("\r\n", "latin1");
      socket.uncork();
    }
    if (hasRoom) return;
    body.pause();
    told.onStalled(true);
  };
  const resume = (): void => {
    told.onStalled(false);
    body.resume();
  };
  const stop = (): void => {
    body.off("data", write).off("end", finish).off("error", fail).off("close", cut);
    socket.off("drain", resume);
  };
  const finish = (): void => {
    stop();
    if (chunked) socket.write("0\r\n\r\n", "latin1");
    told.onSent(null);
  };
  const fail = (error: Error): void => {
    stop();
    told.onSent(error);
  };
  const cut = (): void => fail(new Error("proxy: the request's body ended in the middle"));
  socket.on("drain", resume);
  body.on("data", write).on("end", finish).on("error", fail).on("close", cut);
  return stop;
};
