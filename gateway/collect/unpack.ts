/** The text of a body, unpacked within a limit: a few bytes of gzip can hold gigabytes. */
import { promisify } from "node:util";
import { brotliDecompress, brotliDecompressSync, gunzip, gunzipSync, inflate, inflateSync } from "node:zlib";
import { codeOf } from "../lib/error-code.ts";

export type Unpacked =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "tooLarge" }
  | { readonly kind: "unknown"; readonly encoding: string }
  | { readonly kind: "broken"; readonly reason: string };

const unpackers = {
  gzip: promisify(gunzip),
  "x-gzip": promisify(gunzip),
  br: promisify(brotliDecompress),
  deflate: promisify(inflate),
};

const unpackersNow = {
  gzip: gunzipSync,
  "x-gzip": gunzipSync,
  br: brotliDecompressSync,
  deflate: inflateSync,
};

/** What `Accept-Encoding` says of requests (RFC 9110 §12.5.3). */
export const knownEncodings = "gzip, br, deflate";

/** A body that is not packed is answered at once, for that is the common one; `maxBytes` bounds what comes out. */
export const textOf = (
  body: Buffer | string,
  contentEncoding: string | undefined,
  maxBytes: number,
): string | Promise<Unpacked> => {
  if (typeof body === "string") return body;
  if (body.length === 0) return "";
  const encoding = encodingOf(body, contentEncoding);
  return encoding === null ? body.toString("utf8") : unpack(body, encoding, maxBytes);
};

/** The same, and the process waits for it. */
export const textNow = (
  body: Buffer | string,
  contentEncoding: string | undefined,
  maxBytes: number,
): Unpacked => {
  if (typeof body === "string") return { kind: "text", text: body };
  const encoding = body.length === 0 ? null : encodingOf(body, contentEncoding);
  if (encoding === null) return { kind: "text", text: body.toString("utf8") };
  if (!isKnown(encoding)) return { kind: "unknown", encoding: encoding.slice(0, 40) };
  try {
    const plain = unpackersNow[encoding](body, { maxOutputLength: maxBytes });
    return { kind: "text", text: plain.toString("utf8") };
  } catch (error) {
    return failureOf(error, encoding);
  }
};

const failureOf = (error: unknown, encoding: string): Unpacked =>
  codeOf(error) === "ERR_BUFFER_TOO_LARGE"
    ? { kind: "tooLarge" }
    : { kind: "broken", reason: `the body is not what its encoding, ${encoding}, says` };

/** Beacons cannot set a header: no JSON begins as a gzip file does. */
const encodingOf = (body: Buffer, contentEncoding: string | undefined): string | null => {
  const isGzip = body[0] === 0x1f && body[1] === 0x8b;
  if (contentEncoding === undefined) return isGzip ? "gzip" : null;
  const named = contentEncoding.trim().toLowerCase();
  if (named === "" || named === "identity") return isGzip ? "gzip" : null;
  return named;
};

const unpack = async (body: Buffer, encoding: string, maxBytes: number): Promise<Unpacked> => {
  if (!isKnown(encoding)) return { kind: "unknown", encoding: encoding.slice(0, 40) };
  try {
    const plain = await unpackers[encoding](body, { maxOutputLength: maxBytes });
    return { kind: "text", text: plain.toString("utf8") };
  } catch (error) {
    return failureOf(error, encoding);
  }
};

const isKnown = (encoding: string): encoding is keyof typeof unpackers => Object.hasOwn(unpackers, encoding);
