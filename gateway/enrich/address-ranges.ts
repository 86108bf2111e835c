/** Thousands of address ranges with names, and the one that an address lies in, found at once. */
import { isIPv4 } from "node:net";
import { parseCidrs, plainAddress } from "../lib/ip.ts";

export interface NamedRange {
  /** an address or a range */
  readonly cidr: string;
  readonly name: string;
}

export type RangeFinder = (address: string) => NamedRange | null;

/** Of ranges that lie in each other the narrowest counts. A bad range throws one sentence. */
export const createRangeFinder = (ranges: readonly NamedRange[]): RangeFinder => {
  const byBits = new Map<number, Map<string, NamedRange>>();
  for (const range of ranges) {
    parseCidrs([range.cidr]);
    const [address = "", suffix] = range.cidr.split("/");
    const bits = bitsOf(address);
    if (bits === null) throw new Error(`${range.cidr} is not an address or a CIDR range`);
    const length = suffix === undefined ? bits.length : mappedLength(address, Number(suffix), bits.length);
    // Ranges of the two families lie apart: a key begins with its family's length.
    const key = (bits.length === 32 ? 0 : 1000) + length;
    const place = byBits.get(key) ?? new Map<string, NamedRange>();
    byBits.set(key, place.set(bits.slice(0, length), range));
  }
  const lengths = [...byBits.keys()].sort((a, b) => b - a);
  return (address) => {
    const bits = bitsOf(address);
    if (bits === null) return null;
    const family = bits.length === 32 ? 0 : 1000;
    for (const key of lengths) {
      const length = key - family;
      if (length < 0 || length > bits.length) continue;
      const found = byBits.get(key)?.get(bits.slice(0, length));
      if (found !== undefined) return found;
    }
    return null;
  };
};

/** `::ffff:10.0.0.0/104` speaks of the IPv6 form, whose first 96 bits are the mapping. */
const mappedLength = (address: string, length: number, most: number): number =>
  most === 32 && address.includes(":") ? length - 96 : length;

/** An address as text of its bits; null for what is none. */
const bitsOf = (text: string): string | null => {
  const address = plainAddress(text);
  if (isIPv4(address))
    return address
      .split(".")
      .map((part) => binary(Number(part), 8))
      .join("");
  const groups = groupsOf(address);
  return groups === null ? null : groups.map((group) => binary(group, 16)).join("");
};

const binary = (value: number, digits: number): string => value.toString(2).padStart(digits, "0");

const groupsOf = (address: string): readonly number[] | null => {
  const url = URL.parse(`http://[${address}]/`);
  if (url === null) return null;
  const [head = "", tail] = url.hostname.slice(1, -1).split("::");
  const read = (side: string) =>
    side === "" ? [] : side.split(":").map((group) => Number.parseInt(group, 16));
  const [before, after] = [read(head), read(tail ?? "")];
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
};
