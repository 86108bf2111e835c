/**
 * Buffers that are used again. What lies outside of V8's heap is counted by V8 all the same, and every 64 MB of it that were
 * allocated make it collect the whole heap, which takes a core for a tenth of a second: a thousand large files that go out
 * at once did that forty times, and others waited for it.
 */

/** Bytes that are somebody's for a while. */
export interface Piece {
  readonly bytes: Buffer;
  /** Nobody reads or writes them any more. Called again it does nothing; never called, they are collected as others are. */
  release(): void;
}

export interface PiecePool {
  /** A buffer of which the first bytes, up to this many, are the piece's. */
  take(length: number): Piece;
}

export interface PiecePoolOptions {
  /** of each buffer; a longer piece has a buffer of its own */
  readonly bytes: number;
  /** that lie ready at most */
  readonly most: number;
}

/** Up to this many bytes Node has a pool of its own; a client that does not read would hold a whole buffer for them. */
const smallBytes = 4096;

export const createPiecePool = ({ bytes, most }: PiecePoolOptions): PiecePool => {
  const ready: Buffer[] = [];
  return {
    take(length) {
      if (length < smallBytes || length > bytes) return ownPiece(Buffer.allocUnsafe(length));
      let whole = ready.pop() ?? Buffer.allocUnsafeSlow(bytes);
      return {
        bytes: whole.subarray(0, length),
        release() {
          if (whole.length > 0 && ready.length < most) ready.push(whole);
          whole = nothing;
        },
      };
    },
  };
};

/** One for all rooms. */
export const pieces = createPiecePool({ bytes: 65_536, most: 64 });

/** Bytes that are not used again. */
export const ownPiece = (bytes: Buffer): Piece => ({ bytes, release() {} });

const nothing = Buffer.alloc(0);
