/** Reads blocks of header fields (RFC 7541): what each side remembers of earlier ones lives as long as their connection. */
import { decodeHuffman } from "./huffman.ts";
import { staticTable } from "./static-table.ts";

/** A block that cannot be read: what follows on its connection could not be either (RFC 9113 §4.3). */
export class HpackError extends Error {}

/** Bytes that a client's encoder may have us remember; what we say in our settings, which is the protocol's default. */
export const tableBytes = 4096;

/** A field's share of a table or of a list (RFC 7541 §4.1, RFC 9113 §6.5.2). */
const entryBytes = (name: string, value: string): number => name.length + value.length + 32;

export interface HeaderList {
  /** flat: name, value, name, value; each byte a character */
  readonly fields: readonly string[];
  /** There were more than the limit allows; they are left out. */
  readonly isCut: boolean;
}

export class HpackReader {
  /** the newest is the last */
  readonly #remembered: (readonly [name: string, value: string])[] = [];
  #bytes = 0;
  #most = tableBytes;
  #block: Buffer = Buffer.alloc(0);
  #at = 0;

  /** All fields of a block, of which at most `listBytes` are kept. */
  read(block: Buffer, listBytes: number): HeaderList {
    this.#block = block;
    this.#at = 0;
    const fields: string[] = [];
    let left = listBytes;
    let isFirst = true;
    while (this.#at < block.length) {
      const byte = block[this.#at] ?? 0;
      if ((byte & 0xe0) === 0x20) {
        if (!isFirst) throw new HpackError("the table's size changes behind a field"); // §4.2
        this.#resize(this.#integer(5));
        continue;
      }
      isFirst = false;
      const [name, value] = byte & 0x80 ? this.#entry(this.#integer(7)) : this.#literal(byte);
      left -= entryBytes(name, value);
      if (left >= 0) fields.push(name, value);
    }
    return { fields, isCut: left < 0 };
  }

  #literal(byte: number): readonly [string, string] {
    const isRemembered = (byte & 0x40) !== 0;
    const index = this.#integer(isRemembered ? 6 : 4);
    const name = index === 0 ? this.#text() : this.#entry(index)[0];
    const field = [name, this.#text()] as const;
    if (isRemembered) this.#remember(field);
    return field;
  }

  #entry(index: number): readonly [string, string] {
    const field =
      index <= staticTable.length
        ? staticTable[index - 1]
        : this.#remembered[this.#remembered.length - (index - staticTable.length)];
    if (!field) throw new HpackError("a field is named that nobody sent");
    return field;
  }

  #remember(field: readonly [string, string]): void {
    const bytes = entryBytes(...field);
    this.#remembered.push(field);
    this.#bytes += bytes;
    this.#forget();
  }

  #resize(bytes: number): void {
    if (bytes > tableBytes) throw new HpackError("the table is made larger than we allow");
    this.#most = bytes;
    this.#forget();
  }

  /** The oldest go first; a field that is larger than the table empties it (§4.4). */
  #forget(): void {
    let n = 0;
    while (this.#bytes > this.#most) this.#bytes -= entryBytes(...(this.#remembered[n++] ?? ["", ""]));
    if (n > 0) this.#remembered.splice(0, n);
  }

  /** §5.1, with a first byte of which `bits` belong to it. */
  #integer(bits: number): number {
    const most = 2 ** bits - 1;
    let value = this.#byte() & most;
    if (value < most) return value;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#byte();
      value += (byte & 127) * 2 ** shift;
      if (value > 2 ** 24 || shift > 28) throw new HpackError("a number is too large");
      if (byte < 128) return value;
    }
  }

  /** §5.2 */
  #text(): string {
    const isHuffman = ((this.#block[this.#at] ?? 0) & 0x80) !== 0;
    const length = this.#integer(7);
    const from = this.#at;
    this.#at += length;
    if (this.#at > this.#block.length) throw new HpackError("a block ends in the middle of a text");
    const text = isHuffman
      ? decodeHuffman(this.#block, from, this.#at)
      : this.#block.toString("latin1", from, this.#at);
    if (text === null) throw new HpackError("a text is no Huffman code");
    return text;
  }

  #byte(): number {
    const byte = this.#block[this.#at++];
    if (byte === undefined) throw new HpackError("a block ends in the middle of a number");
    return byte;
  }
}
