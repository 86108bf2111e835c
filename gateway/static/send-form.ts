/** Sends one form of a file, or the parts of it that are asked for, or the word that the client has it already. */
import type { FileHandle } from "node:fs/promises";
import type { Exchange, ResponseHead } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { sendBuffer, sendPieces } from "../http/respond.ts";
import { ownPiece, type Piece } from "../lib/piece-pool.ts";
import { allowsRange, judgeConditions } from "./conditions.ts";
import { closingFile, fileBody, readRange } from "./file-body.ts";
import type { Files } from "./files.ts";
import { frameParts, type Multipart } from "./multipart.ts";
import { type ByteRange, parseRanges } from "./range.ts";
import type { Representation } from "./representations.ts";

/** Reads a field of the request. */
export type Fields = (name: string) => string | undefined;

/** A request without fields: whoever asks gets the whole. */
export const noFields: Fields = () => undefined;

/** False: the file was replaced since it was found, and nothing has been sent. */
export const sendForm = (
  x: Exchange,
  files: Files,
  form: Representation,
  head: ResponseHead,
  fields: Fields,
): Promise<boolean> => {
  const verdict = judgeConditions(conditionsOf(fields), form);
  if (verdict === "failed") throw new HttpError(412, "the file is not in the state that was asked for");
  if (verdict === "notModified") return sendNotModified(x, head);
  const ranges = rangesOf(x, form, fields);
  if (!ranges) return sendPart(x, files, form, head, { start: 0, end: form.size - 1 });
  head.status = 206;
  const [only] = ranges;
  if (ranges.length > 1 || !only) return sendParts(x, files, form, head, ranges);
  head.headers.set("content-range", `bytes ${only.start}-${only.end}/${form.size}`);
  return sendPart(x, files, form, head, only);
};

const conditionsOf = (fields: Fields) => ({
  ifMatch: fields("if-match"),
  ifNoneMatch: fields("if-none-match"),
  ifModifiedSince: fields("if-modified-since"),
  ifUnmodifiedSince: fields("if-unmodified-since"),
});

const sendNotModified = async (x: Exchange, head: ResponseHead): Promise<boolean> => {
  head.status = 304;
  // Of the fields that speak of a body only those are left that a cache needs (RFC 9110 §15.4.5).
  for (const name of ["content-type", "content-encoding", "accept-ranges"]) head.headers.delete(name);
  await sendBuffer(x, head, Buffer.alloc(0));
  return true;
};

/** The parts that are asked for, null for the whole; refused with 416 where none of them is in the file. */
const rangesOf = (x: Exchange, form: Representation, fields: Fields): readonly ByteRange[] | null => {
  const field = fields("range");
  // Range means something for GET alone (RFC 9110 §14.2).
  if (field === undefined || x.req.method !== "GET") return null;
  if (!allowsRange(fields("if-range"), form, form.coding !== null)) return null;
  const ranges = parseRanges(field, form.size);
  if (ranges !== "unsatisfiable") return ranges;
  throw new HttpError(416, `the file has ${form.size} bytes`, {
    headers: { "content-range": `bytes */${form.size}` },
  });
};

const sendPart = async (
  x: Exchange,
  files: Files,
  { content, source }: Representation,
  head: ResponseHead,
  { start, end }: ByteRange,
): Promise<boolean> => {
  if (content) {
    await sendBuffer(x, head, content.subarray(start, end + 1));
    return true;
  }
  const handle = await files.open(source);
  if (!handle) return false;
  head.headers.set("content-length", String(end - start + 1));
  await sendPieces(x, head, fileBody(handle, { start, end }));
  return true;
};

const sendParts = async (
  x: Exchange,
  files: Files,
  { content, source, size }: Representation,
  head: ResponseHead,
  ranges: readonly ByteRange[],
): Promise<boolean> => {
  const frame = frameParts(ranges, size, String(head.headers.get("content-type")));
  head.headers.set("content-type", frame.type);
  if (content) {
    const pieces = ranges.flatMap(({ start, end }, i) => [frame.heads[i], content.subarray(start, end + 1)]);
    await sendBuffer(x, head, Buffer.concat([...pieces, frame.tail].filter((piece) => piece !== undefined)));
    return true;
  }
  const handle = await files.open(source);
  if (!handle) return false;
  head.headers.set("content-length", String(frame.length));
  await sendPieces(x, head, closingFile(handle, readParts(handle, frame, ranges)));
  return true;
};

async function* readParts(
  handle: FileHandle,
  frame: Multipart,
  ranges: readonly ByteRange[],
): AsyncGenerator<Piece> {
  for (const [i, range] of ranges.entries()) {
    yield ownPiece(frame.heads[i] ?? Buffer.alloc(0));
    yield* readRange(handle, range); // of a file that became shorter too little comes, which cuts the answer
  }
  yield ownPiece(frame.tail);
}
