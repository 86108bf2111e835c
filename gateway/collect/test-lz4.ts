/** Packs LZ4 blocks for tests, plainly: a match wherever the last four bytes have been before. */
export const packLz4 = (plain: Buffer): Buffer => {
  const parts: Buffer[] = [];
  const seen = new Map<string, number>();
  let from = 0;
  let at = 0;
  // The last bytes must be literals.
  while (at + 12 < plain.length) {
    const word = plain.toString("latin1", at, at + 4);
    const before = seen.get(word);
    seen.set(word, at);
    if (before === undefined || at - before > 65_535) {
      at++;
      continue;
    }
    let length = 4;
    while (at + length + 5 < plain.length && plain[before + length] === plain[at + length]) length++;
    parts.push(sequence(plain.subarray(from, at), at - before, length));
    at += length;
    from = at;
  }
  parts.push(sequence(plain.subarray(from), 0, 4));
  return Buffer.concat(parts);
};

const sequence = (literals: Buffer, offset: number, match: number): Buffer => {
  const token = Math.min(literals.length, 15) * 16 + (offset === 0 ? 0 : Math.min(match - 4, 15));
  const head = Buffer.from([token, ...rest(literals.length)]);
  if (offset === 0) return Buffer.concat([head, literals]);
  return Buffer.concat([head, literals, Buffer.from([offset & 255, offset >> 8, ...rest(match - 4)])]);
};

const rest = (length: number): number[] => {
  if (length < 15) return [];
  const bytes: number[] = [];
  for (let left = length - 15; ; left -= 255) {
    bytes.push(Math.min(left, 255));
    if (left < 255) return bytes;
  }
};
