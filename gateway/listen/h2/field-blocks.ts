/** Blocks of fields, put together out of the frames in which they come (RFC 9113 §4.3, §6.2, §6.10). */
import { ConnectionError, code, flag, frameBytes, sizeError, withoutPadding } from "./frames.ts";
import { type HeaderList, HpackError, HpackReader } from "./hpack-reader.ts";

/** Frames that one block may come in (CVE-2024-27316). */
const mostPieces = 32;

export interface FieldBlock extends HeaderList {
  readonly stream: number;
  /** nothing follows on the stream */
  readonly isLast: boolean;
}

interface Begun {
  readonly stream: number;
  readonly isLast: boolean;
  readonly pieces: Buffer[];
  bytes: number;
}

export class FieldBlocks {
  readonly #hpack = new HpackReader();
  readonly #headerBytes: number;
  #begun: Begun | null = null;

  /** Of a block twice `headerBytes` are kept, and four times as many are read. */
  constructor(headerBytes: number) {
    this.#headerBytes = headerBytes;
  }

  get isOpen(): boolean {
    return this.#begun !== null;
  }

  /** Whether a continuation on the stream is what must come now. */
  waitsFor(stream: number): boolean {
    return this.#begun?.stream === stream;
  }

  /** Of a frame HEADERS: the block, or null where more of it follows. */
  begin(flags: number, stream: number, payload: Buffer): FieldBlock | null {
    let bytes = withoutPadding(flags, payload);
    if (flags & flag.priority) {
      if (bytes.length < 5) throw sizeError();
      bytes = bytes.subarray(5);
    }
    const isLast = (flags & flag.endStream) !== 0;
    this.#begun = { stream, isLast, pieces: [bytes], bytes: bytes.length };
    return flags & flag.endHeaders ? this.#read(this.#begun) : null;
  }

  /** Of a frame CONTINUATION. */
  goOn(flags: number, payload: Buffer): FieldBlock | null {
    const begun = this.#begun;
    if (!begun) throw new ConnectionError("a continuation of nothing");
    begun.pieces.push(payload);
    begun.bytes += payload.length;
    if (begun.pieces.length > mostPieces || begun.bytes > this.#headerBytes * 4 + frameBytes)
      throw new ConnectionError("a block of fields is too long", code.calm);
    return flags & flag.endHeaders ? this.#read(begun) : null;
  }

  #read({ stream, isLast, pieces }: Begun): FieldBlock {
    this.#begun = null;
    const [first] = pieces;
    const bytes = pieces.length === 1 && first ? first : Buffer.concat(pieces);
    try {
      const { fields, isCut } = this.#hpack.read(bytes, this.#headerBytes * 2);
      return { stream, isLast, fields, isCut };
    } catch (error) {
      if (error instanceof HpackError) throw new ConnectionError(error.message, code.compression);
      throw error;
    }
  }
}
