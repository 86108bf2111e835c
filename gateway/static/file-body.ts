import type { FileHandle } from "node:fs/promises";
import { Readable } from "node:stream";
import { createBulkShare } from "../lib/bulk-share.ts";
import type { ByteRange } from "./range.ts";

const pieceBytes = 65_536;

// One for all routes: they have the same threads for their files, and the same event loop.
const share = createBulkShare({ atOnce: 16, budgetMs: 1, now: () => performance.now() });

/** The bytes of an open file as a stream, which closes the file; it ends early where the file does. */
export const fileBody = (handle: FileHandle, range: ByteRange): Readable => new FileBody(handle, range);

/** The next bytes from `at` on, at most up to `end`; none where the file ends before. */
export const readPiece = async (handle: FileHandle, at: number, end: number): Promise<Buffer> => {
  const piece = Buffer.allocUnsafeSlow(Math.max(0, Math.min(pieceBytes, end + 1 - at)));
  if (piece.length === 0) return piece;
  const { bytesRead } = await share.fetch(() => handle.read(piece, 0, piece.length, at));
  return piece.subarray(0, bytesRead);
};

class FileBody extends Readable {
  readonly #handle: FileHandle;
  readonly #end: number;
  #at: number;
  /** while bytes are being read: a file that is closed meanwhile may be another one's number by then */
  #reading: Promise<void> | null = null;

  constructor(handle: FileHandle, { start, end }: ByteRange) {
    super({ highWaterMark: pieceBytes });
    this.#handle = handle;
    this.#at = start;
    this.#end = end;
  }

  override _read(): void {
    this.#reading = this.#readNext();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    void Promise.resolve(this.#reading)
      .then(() => this.#handle.close())
      .then(
        () => done(error),
        (closing: Error) => done(error ?? closing),
      );
  }

  async #readNext(): Promise<void> {
    try {
      const piece = await readPiece(this.#handle, this.#at, this.#end);
      this.#at += piece.length;
      if (!this.destroyed) this.push(piece.length === 0 ? null : piece);
    } catch (error) {
      queueMicrotask(() => this.destroy(error as Error)); // not while `_destroy` would wait for this
    } finally {
      this.#reading = null;
    }
  }
}
