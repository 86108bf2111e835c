/** The Huffman code of HPACK (RFC 7541 Appendix B), read four bits at a time. */

/** Bits of the code of each byte, and of the sign for the end, by which the code is given: it is canonical. */
const lengths = [
  [13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28],
  [28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28],
  [6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6],
  [5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10],
  [13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7],
  [7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6],
  [15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5],
  [6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28],
  [20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23],
  [24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24],
  [22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23],
  [21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23],
  [26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25],
  [19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27],
  [20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23],
  [26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26],
  [30],
].flat();

const endSign = 256;

interface Tree {
  /** the node behind a 0 and behind a 1; a byte's leaf as -1 - byte */
  readonly next: [number, number][];
}

const plant = (): Tree => {
  const next: [number, number][] = [[0, 0]];
  const symbols = lengths.map((_, symbol) => symbol);
  const inOrder = symbols.sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0) || a - b);
  let code = 0;
  let bits = 0;
  for (const symbol of inOrder) {
    const length = lengths[symbol] ?? 0;
    code *= 2 ** (length - bits);
    bits = length;
    let node = 0;
    for (let bit = length - 1; bit >= 0; bit--) {
      const branches = next[node] as [number, number];
      const way = Math.floor(code / 2 ** bit) % 2 === 1 ? 1 : 0;
      if (bit === 0) branches[way] = -1 - symbol;
      else if (branches[way] === 0) branches[way] = next.push([0, 0]) - 1;
      node = branches[way];
    }
    code++;
  }
  return { next };
};

const noByte = 256;
const broken = 512;

/** By node × 16 + four bits: the node that follows × 1024, plus the byte that ended on the way, or one of the two above. */
const steps = ((): Int32Array => {
  const { next } = plant();
  const table = new Int32Array(next.length * 16);
  for (let from = 0; from < next.length; from++) {
    for (let four = 0; four < 16; four++) {
      let node = from;
      let byte = noByte;
      for (let bit = 3; bit >= 0; bit--) {
        node = next[node]?.[(four >> bit) & 1 ? 1 : 0] ?? 0;
        if (node >= 0) continue;
        byte = -1 - node === endSign ? broken : -1 - node;
        node = 0;
        if (byte === broken) break;
      }
      table[from * 16 + four] = node * 1024 + byte;
    }
  }
  return table;
})();

/** The nodes in which a text may end: behind a whole byte, or up to seven of the end sign's bits, which are ones. */
const mayEnd = ((): ReadonlySet<number> => {
  const { next } = plant();
  const nodes = [0];
  for (let i = 0; i < 7; i++) nodes.push(next[nodes[i] ?? 0]?.[1] ?? 0);
  return new Set(nodes);
})();

let room = Buffer.alloc(4096);

/** The text of a code, each byte a character; null where it is none (RFC 7541 §5.2). */
export const decodeHuffman = (bytes: Buffer, from: number, to: number): string | null => {
  const most = Math.ceil(((to - from) * 8) / 5);
  if (room.length < most) room = Buffer.alloc(most);
  let length = 0;
  let node = 0;
  for (let i = from; i < to; i++) {
    const byte = bytes[i] ?? 0;
    const first = steps[node * 16 + (byte >> 4)] ?? 0;
    const second = steps[(first >> 10) * 16 + (byte & 15)] ?? 0;
    node = second >> 10;
    if (((first | second) & broken) !== 0) return null;
    if ((first & noByte) === 0) room[length++] = first & 255;
    if ((second & noByte) === 0) room[length++] = second & 255;
  }
  return mayEnd.has(node) ? room.toString("latin1", 0, length) : null;
};
