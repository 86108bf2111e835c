import type { Readable } from "node:stream";
import { ownPiece, type Piece } from "../lib/piece-pool.ts";
import type { BodyPass, Exchange, ResponseHead } from "./exchange.ts";

/** Runs the passes over a head; the body passes they ask for come back as one, or undefined. */
export const runPasses = async (x: Exchange, head: ResponseHead): Promise<BodyPass | undefined> => {
  const passes: BodyPass[] = [];
  for (const pass of x.responsePasses) {
    const body = await pass(head, x);
    if (body) passes.push(body);
  }
  if (passes.length < 2) return passes[0];
  return chain(passes);
};

/** Writes a head as the passes left it. */
export const writeHead = (x: Exchange, head: ResponseHead): void => {
  const headers: string[] = [];
  for (const [name, value] of head.headers) {
    if (typeof value === "string") headers.push(name, value);
    else for (const one of value) headers.push(name, one);
  }
  x.res.writeHead(head.status, headers);
};

/** Sends an answer whose body is in memory through the passes. HEAD, 204 and 304 send no body. */
export const sendBuffer = (x: Exchange, head: ResponseHead, body: Buffer): Promise<void> => {
  if (x.responsePasses.length > 0) return sendPassed(x, head, body);
  sendWhole(x, head, body);
  return sent;
};

const sent = Promise.resolve();

const sendPassed = async (x: Exchange, head: ResponseHead, body: Buffer): Promise<void> => {
  const pass = await runPasses(x, head);
  sendWhole(x, head, pass ? Buffer.concat([pass.push(body), pass.end()]) : body);
};

const sendWhole = (x: Exchange, head: ResponseHead, body: Buffer): void => {
  if (hasNoBody(head.status)) head.headers.delete("content-length");
  else head.headers.set("content-length", String(body.length));
  writeHead(x, head);
  x.res.end(x.req.method === "HEAD" || hasNoBody(head.status) ? undefined : body);
};

/**
 * Sends a streamed answer through the passes; resolves when it was sent or the client went away. A source that
 * fails, or ends before the `content-length` of its head, cuts the connection.
 */
export const sendStream = (x: Exchange, head: ResponseHead, body: Readable): Promise<void> =>
  sendPieces(x, head, { pieces: piecesOf(body), destroy: () => void body.destroy() });

/** Where the bytes of an answer come from. */
export interface PieceSource {
  readonly pieces: AsyncIterable<Piece>;
  /** No more are wanted; called once or more. */
  destroy(): void;
}

/** The same for pieces that can be used again, which they are when the connection has taken them. */
export const sendPieces = async (x: Exchange, head: ResponseHead, source: PieceSource): Promise<void> => {
  try {
    const pass = await runPasses(x, head);
    if (pass || hasNoBody(head.status)) head.headers.delete("content-length");
    writeHead(x, head);
    if (hasNoBody(head.status) || x.req.method === "HEAD") x.res.end();
    else await pump(x, source.pieces, pass, Number(head.headers.get("content-length") ?? Number.NaN));
  } finally {
    source.destroy();
  }
};

async function* piecesOf(body: Readable): AsyncGenerator<Piece> {
  for await (const chunk of body) yield ownPiece(chunk as Buffer); // a byte stream: no encoding is set on it
}

const pump = async (
  x: Exchange,
  pieces: AsyncIterable<Piece>,
  pass: BodyPass | undefined,
  promised: number,
): Promise<void> => {
  let count = 0;
  try {
    for await (const piece of pieces) {
      count += piece.bytes.length;
      if (!(pass ? writePassed(x, pass.push(piece.bytes)) : writePiece(x, piece))) await drained(x);
      if (x.res.destroyed) return;
    }
    const rest = pass?.end();
    if (count < promised) throw new Error("the source is shorter than it said");
    x.res.end(rest);
  } catch {
    // The source failed half-way: the status is out, so cutting the connection is the only honest sign left.
    x.res.destroy();
  }
};

/** A pass may keep what it was given: its pieces are not used again. */
const writePassed = (x: Exchange, bytes: Buffer): boolean => bytes.length === 0 || x.res.write(bytes);

const writePiece = (x: Exchange, { bytes, release }: Piece): boolean => x.res.write(bytes, "latin1", release); // bytes have no encoding, but its place has to be filled

export const hasNoBody = (status: number): boolean => status === 204 || status === 304;

const drained = (x: Exchange): Promise<void> =>
  new Promise((resolve) => {
    if (x.res.destroyed) {
      resolve(); // `close` has been, and will not come again
      return;
    }
    const done = () => {
      x.res.off("drain", done).off("close", done);
      resolve();
    };
    x.res.on("drain", done).on("close", done);
  });

const chain = (passes: readonly BodyPass[]): BodyPass => ({
  push: (chunk) => passes.reduce((bytes, pass) => pass.push(bytes), chunk),
  end: () =>
    passes.reduce<Buffer>((bytes, pass) => Buffer.concat([pass.push(bytes), pass.end()]), Buffer.alloc(0)),
});
