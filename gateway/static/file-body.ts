import type { FileHandle } from "node:fs/promises";
import type { PieceSource } from "../http/respond.ts";
import { bulk } from "../lib/bulk-share.ts";
import { type Piece, pieces as pool } from "../lib/piece-pool.ts";
import type { ByteRange } from "./range.ts";

const pieceBytes = 65_536;

/** The bytes of an open file, which is closed with it; they end early where the file does. */
export const fileBody = (handle: FileHandle, range: ByteRange): PieceSource =>
  closingFile(handle, readRange(handle, range));

/** Pieces that are read of an open file, which is closed with them. */
export const closingFile = (handle: FileHandle, pieces: AsyncIterable<Piece>): PieceSource => {
  let isClosed = false;
  return {
    pieces,
    destroy() {
      if (isClosed) return; // by now its number may be another file's
      isClosed = true;
      handle.close().catch(() => {}); // it was only read
    },
  };
};

export async function* readRange(handle: FileHandle, { start, end }: ByteRange): AsyncGenerator<Piece> {
  for (let at = start; at <= end; ) {
    const piece = await readPiece(handle, at, end);
    if (piece.bytes.length === 0) return;
    at += piece.bytes.length;
    yield piece;
  }
}

/** The next bytes from `at` on, at most up to `end`; none where the file ends before. */
const readPiece = async (handle: FileHandle, at: number, end: number): Promise<Piece> =>
  bulk.fetch(async () => {
    const { bytes, release } = pool.take(Math.min(pieceBytes, end + 1 - at));
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, at);
    return { bytes: bytes.subarray(0, bytesRead), release };
  });
