/** Several parts of a file in one answer: `multipart/byteranges` (RFC 9110 §14.6). */
import { randomBytes } from "node:crypto";
import type { ByteRange } from "./range.ts";

export interface Multipart {
  readonly type: string;
  /** of the whole body, bytes */
  readonly length: number;
  /** what stands before each part */
  readonly heads: readonly Buffer[];
  readonly tail: Buffer;
}

/** The frame around the parts. The boundary is random, so that no file can hold it by chance or on purpose. */
export const frameParts = (
  parts: readonly ByteRange[],
  size: number,
  type: string,
  boundary: string = randomBytes(15).toString("base64url"),
): Multipart => {
  const heads = parts.map(({ start, end }, i) =>
    Buffer.from(
      `${i === 0 ? "" : "\r\n"}--${boundary}\r\nContent-Type: ${type}\r\nContent-Range: bytes ${start}-${end}/${size}\r\n\r\n`,
    ),
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const bytes = parts.reduce((sum, { start, end }) => sum + end - start + 1, 0);
  const frame = heads.reduce((sum, head) => sum + head.length, tail.length);
  return { type: `multipart/byteranges; boundary=${boundary}`, length: bytes + frame, heads, tail };
};
