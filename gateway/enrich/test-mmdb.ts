/** Writes a database of places that knows one range, in the format of MaxMind (MMDB 2.0), for tests. */

type Value = string | number | readonly Value[] | { readonly [name: string]: Value };

/** `range` is of IPv4, such as `8.0.0.0/8`. */
export const makeMmdb = (range: string, record: Value): Buffer => {
  const [address = "", length = ""] = range.split("/");
  const bits = address.split(".").flatMap((part) => [...Number(part).toString(2).padStart(8, "0")]);
  const path = bits.slice(0, Number(length));
  return Buffer.concat([
    treeOf(path),
    Buffer.alloc(16), // stands between the tree and what it points to
    encode(record),
    Buffer.from("\xab\xcd\xefMaxMind.com", "latin1"),
    encode({
      binary_format_major_version: 2,
      binary_format_minor_version: 0,
      build_epoch: 1,
      database_type: "Test-City",
      description: { en: "a test" },
      ip_version: 4,
      languages: ["en"],
      node_count: path.length,
      record_size: 24,
    }),
  ]);
};

/** One node a bit: its side goes on, the other leads nowhere, the last points to the record. */
const treeOf = (path: readonly string[]): Buffer => {
  const tree = Buffer.alloc(path.length * 6);
  for (const [i, bit] of path.entries()) {
    const next = i + 1 < path.length ? i + 1 : path.length + 16;
    tree.writeUIntBE(bit === "0" ? next : path.length, i * 6, 3);
    tree.writeUIntBE(bit === "1" ? next : path.length, i * 6 + 3, 3);
  }
  return tree;
};

const types = { text: 2, uint32: 6, map: 7 } as const;

const encode = (value: Value): Buffer => {
  if (typeof value === "string") {
    const text = Buffer.from(value);
    return Buffer.concat([control(types.text, text.length), text]);
  }
  if (typeof value === "number") {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(value);
    return Buffer.concat([control(types.uint32, 4), number]);
  }
  // A list is of a type beyond the seven that the first byte can name: that is 0, and 4 follows.
  if (isList(value)) return Buffer.concat([Buffer.from([value.length, 4]), ...value.map(encode)]);
  const pairs = Object.entries(value).flatMap(([name, one]) => [encode(name), encode(one)]);
  return Buffer.concat([control(types.map, pairs.length / 2), ...pairs]);
};

const isList = (value: Value): value is readonly Value[] => Array.isArray(value);

/** Sizes from 29 on are written otherwise: no test needs them. */
const control = (type: number, size: number): Buffer => Buffer.from([(type << 5) | size]);
