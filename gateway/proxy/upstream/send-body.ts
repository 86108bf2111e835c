import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import type { HeaderPairs } from "../header-pairs.ts";

export interface BodyEvents {
  /** The upstream does not read on, or does again. */
  readonly onStalled: (stalled: boolean) => void;
  /** called once; null: all of it was written */
  readonly onSent: (error: Error | null) => void;
}

/** How a body goes over the wire. */
export interface BodyForm {
  /** in chunks, because its length is not known */
  readonly chunked: boolean;
  /** asked when the body has ended: what follows its last chunk */
  readonly trailers: () => HeaderPairs;
}

/** Writes a request's body at the upstream's pace. The answered function stops it, and then nothing more is told. */
export const sendBody = (
  body: Readable,
  socket: Socket,
  { chunked, trailers }: BodyForm,
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
    if (chunked) socket.write(lastChunk(trailers()), "latin1");
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

const lastChunk = (trailers: HeaderPairs): string => {
  let text = "0\r\n";
  for (let i = 0; i < trailers.length; i += 2) text += trailerLine(trailers[i] ?? "", trailers[i + 1] ?? "");
  return `${text}\r\n`;
};

// The parsers in front let nothing else in; a line that is not one line is left out, as the head is already sent.
const trailerLine = (name: string, value: string): string => {
  const line = `${name}: ${value}`;
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+: [\t\x20-\x7e\x80-\xff]*$/.test(line) ? `${line}\r\n` : "";
};
