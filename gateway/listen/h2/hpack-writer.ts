/**
 * Writes blocks of header fields (RFC 7541) that depend on nothing that was sent before: each field by its number in the
 * table that everybody knows, or by its letters. What is written is text of which every character is one byte.
 */
import { staticTable } from "./static-table.ts";

const indexOfName = new Map<string, number>();
const indexOfStatus = new Map<string, number>();
staticTable.forEach(([name, value], i) => {
  if (!indexOfName.has(name)) indexOfName.set(name, i + 1);
  if (name === ":status") indexOfStatus.set(value, i + 1);
});

/** What must stand before the first block of a connection: we remember nothing, whatever the client allows (§4.2). */
export const remembersNothing = "\x20";

export const writeStatus = (status: number): string => {
  const index = indexOfStatus.get(String(status));
  return index === undefined ? writeField(":status", String(status)) : String.fromCharCode(0x80 | index);
};

/** The name in lower case; neither is looked into. */
export const writeField = (name: string, value: string): string => {
  const index = indexOfName.get(name);
  const written = index === undefined ? `\0${text(name)}` : integer(index, 4);
  return written + text(value);
};

const text = (value: string): string => integer(value.length, 7) + value;

/** §5.1, with a first byte of which `bits` belong to it; its other bits are 0. */
const integer = (value: number, bits: number): string => {
  const most = 2 ** bits - 1;
  if (value < most) return String.fromCharCode(value);
  let written = String.fromCharCode(most);
  let left = value - most;
  while (left > 127) {
    written += String.fromCharCode((left & 127) | 128);
    left >>= 7;
  }
  return written + String.fromCharCode(left);
};
