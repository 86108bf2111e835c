/**
 * Reads LZ4 blocks (the block format, without the frame around it), as old clients pack their websocket frames: token,
 * literals, two bytes of offset, a match; the last sequence has literals alone. Nothing is allocated before the whole
 * block has been walked over, so that a few bytes cannot ask for much memory.
 */

const minMatch = 4;
const longLength = 15;

/** The block unpacked; null for what is no LZ4 block, or would be over `maxBytes`. */
export const unpackLz4 = (block: Buffer, maxBytes: number): Buffer | null => {
  const prefixed = sizePrefix(block);
  if (prefixed !== null && prefixed <= maxBytes) {
    const unpacked = unpackBlock(block.subarray(4), maxBytes);
    if (unpacked?.length === prefixed) return unpacked;
  }
  return unpackBlock(block, maxBytes);
};

/**
 * Some writers put the unpacked size before the block, four bytes little-endian. A zero in its highest byte tells it
 * from a block of JSON below 16 MiB, whose fourth byte is a letter or the rest of a long length.
 */
const sizePrefix = (block: Buffer): number | null =>
  block.length > 4 && block[3] === 0 ? block.readUInt32LE(0) : null;

const unpackBlock = (block: Buffer, maxBytes: number): Buffer | null => {
  const size = measure(block, maxBytes);
  return size === null ? null : copyAll(block, Buffer.allocUnsafe(size));
};

/** Where a reader is in the block. */
interface Place {
  at: number;
}

/** A length that starts with four bits and goes on in bytes while these are 255; null where the block ends first. */
const readLength = (block: Buffer, place: Place, first: number): number | null => {
  let length = first;
  if (first !== longLength) return length;
  for (;;) {
    const byte = block[place.at++];
    if (byte === undefined) return null;
    length += byte;
    if (byte !== 255) return length;
  }
};

/** How many bytes the block holds unpacked. */
const measure = (block: Buffer, maxBytes: number): number | null => {
  const place: Place = { at: 0 };
  let size = 0;
  while (place.at < block.length) {
    const token = block[place.at++] ?? 0;
    const literals = readLength(block, place, token >> 4);
    if (literals === null || literals > block.length - place.at) return null;
    place.at += literals;
    size += literals;
    if (size > maxBytes) return null;
    if (place.at === block.length) return size;
    place.at += 2;
    if (place.at > block.length) return null;
    const match = readLength(block, place, token & 15);
    if (match === null) return null;
    size += match + minMatch;
    if (size > maxBytes) return null;
  }
  return null; // it ended after a match, or was empty: the last sequence has literals alone
};

/** Null where a match points before the beginning; the lengths have been measured. */
const copyAll = (block: Buffer, out: Buffer): Buffer | null => {
  const place: Place = { at: 0 };
  let end = 0;
  for (;;) {
    const token = block[place.at++] ?? 0;
    const literals = readLength(block, place, token >> 4) ?? 0;
    block.copy(out, end, place.at, place.at + literals);
    place.at += literals;
    end += literals;
    if (place.at >= block.length) return out;
    const offset = block.readUInt16LE(place.at);
    place.at += 2;
    if (offset === 0 || offset > end) return null;
    const match = (readLength(block, place, token & 15) ?? 0) + minMatch;
    // Byte by byte: a match may reach into what it writes itself.
    for (let i = 0; i < match; i++, end++) out[end] = out[end - offset] ?? 0;
  }
};
