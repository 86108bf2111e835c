/** The frames of HTTP/2 (RFC 9113 §4 and §6). */

export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
} as const;

export const flag = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

/** Why a stream or a connection ends (§7). */
export const code = {
  none: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  streamClosed: 5,
  frameSize: 6,
  refused: 7,
  cancel: 8,
  compression: 9,
  calm: 11,
} as const;

/** The longest frame that we take, and send: the protocol's default. */
export const frameBytes = 16_384;
export const headBytes = 9;
export const mostWindow = 2 ** 31 - 1;

/** What a client sends first (§3.4). */
export const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** What came breaks the rules for all of its connection (§5.4.1). */
export class ConnectionError extends Error {
  readonly code: number;
  constructor(why: string, kind: number = code.protocol) {
    super(why);
    this.code = kind;
  }
}

/** What came breaks the rules for its stream alone (§5.4.2). */
export class StreamError extends Error {
  readonly code: number;
  constructor(why: string, kind: number = code.protocol) {
    super(why);
    this.code = kind;
  }
}

export const sizeError = (): ConnectionError =>
  new ConnectionError("a frame has the wrong length", code.frameSize);

/** The payload of a frame that may be padded (§6.1). */
export const withoutPadding = (flags: number, payload: Buffer): Buffer => {
  if (!(flags & flag.padded)) return payload;
  const padding = payload[0];
  if (padding === undefined) throw sizeError();
  if (padding >= payload.length) throw new ConnectionError("the padding is longer than its frame");
  return payload.subarray(1, payload.length - padding);
};

/** A frame's head, each byte a character. */
export const frameHead = (length: number, type: number, flags: number, stream: number): string =>
  String.fromCharCode(
    (length >> 16) & 255,
    (length >> 8) & 255,
    length & 255,
    type,
    flags,
    (stream >> 24) & 127,
    (stream >> 16) & 255,
    (stream >> 8) & 255,
    stream & 255,
  );

/** The window of a stream, or with 0 the connection's, grows by so many bytes. */
export const windowFrame = (stream: number, bytes: number): string =>
  frameHead(4, frameType.window, 0, stream) + uint32(bytes);

export const resetFrame = (stream: number, kind: number): string =>
  frameHead(4, frameType.reset, 0, stream) + uint32(kind);

export const uint32 = (value: number): string =>
  String.fromCharCode((value >>> 24) & 255, (value >> 16) & 255, (value >> 8) & 255, value & 255);

/** A block of fields as frames, of which none is too long. */
export const blockFrames = (block: string, stream: number, endsStream: boolean): string => {
  const end = endsStream ? flag.endStream : 0;
  if (block.length <= frameBytes)
    return frameHead(block.length, frameType.headers, end | flag.endHeaders, stream) + block;
  let written = frameHead(frameBytes, frameType.headers, end, stream) + block.slice(0, frameBytes);
  for (let at = frameBytes; at < block.length; at += frameBytes) {
    const piece = block.slice(at, at + frameBytes);
    const isLast = at + frameBytes >= block.length;
    written += frameHead(piece.length, frameType.continuation, isLast ? flag.endHeaders : 0, stream) + piece;
  }
  return written;
};

export type OnFrame = (type: number, flags: number, stream: number, payload: Buffer) => void;

/** Parts what comes into frames; throws where one is longer than we take. */
export class FrameReader {
  #rest: Buffer | null = null;
  #isBegun = false;
  readonly #onFrame: OnFrame;

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame;
  }

  /** A part of a frame has come that is no part of a body. */
  get isInHead(): boolean {
    return this.#rest !== null && this.#rest[3] !== frameType.data;
  }

  read(chunk: Buffer): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    this.#rest = null;
    let at = this.#isBegun ? 0 : this.#begin(bytes);
    while (this.#isBegun && bytes.length - at >= headBytes) {
      const length = bytes.readUIntBE(at, 3);
      if (length > frameBytes) throw new ConnectionError("a frame is longer than was agreed", code.frameSize);
      const end = at + headBytes + length;
      if (end > bytes.length) break;
      const stream = bytes.readUInt32BE(at + 5) & 0x7fffffff;
      this.#onFrame(bytes[at + 3] ?? 0, bytes[at + 4] ?? 0, stream, bytes.subarray(at + headBytes, end));
      at = end;
    }
    if (at < bytes.length) this.#rest = bytes.subarray(at);
  }

  #begin(bytes: Buffer): number {
    const length = Math.min(bytes.length, preface.length);
    if (bytes.compare(preface, 0, length, 0, length) !== 0)
      throw new ConnectionError("the connection does not begin as HTTP/2 does");
    if (length < preface.length) return 0;
    this.#isBegun = true;
    return preface.length;
  }
}
