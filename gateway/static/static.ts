/**
 * The room of the files: answers GET and HEAD from a folder, with validators and ranges. It lists nothing and gives
 * nothing away that begins with a dot or lies outside the folder. HTML is answered from memory, so that
 * whoever changes documents has the whole of one.
 */
import { resolve } from "node:path";
import { type Exchange, type Handler, type ResponseHead, requestHeader } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { sendBuffer, sendStream } from "../http/respond.ts";
import { allowsRange, judgeConditions } from "./conditions.ts";
import { createFiles, type File, type Files, type Found } from "./files.ts";
import { pathSegments } from "./locate.ts";
import { mediaType } from "./mime.ts";
import { type ByteRange, parseRange } from "./range.ts";
import type { StaticSettings } from "./settings.ts";

const documentBytes = 4 * 1024 * 1024; // a larger HTML file is streamed

/** Serves the files below `dir`; a relative `dir` is taken from the working directory. */
export const createStatic = ({ dir, index }: StaticSettings): Handler => {
  const files = createFiles(resolve(dir));

  const answer = (x: Exchange, segments: readonly string[], found: Found): Promise<void> => {
    if (found.kind === "file") return sendFile(x, files, found, mediaType(segments.at(-1) ?? ""));
    if (found.kind === "nothing") throw notFound();
    if (segments.at(-1) !== "") return sendToFolder(x);
    return find(x, [...segments.slice(0, -1), index]);
  };
  const find = (x: Exchange, segments: readonly string[]): Promise<void> => {
    const found = files.find(segments);
    return found instanceof Promise
      ? found.then((later) => answer(x, segments, later))
      : answer(x, segments, found);
  };
  return (x) => {
    if (x.req.method !== "GET" && x.req.method !== "HEAD") {
      throw new HttpError(405, "only GET and HEAD are answered here", { headers: { allow: "GET, HEAD" } });
    }
    const segments = pathSegments(x.path);
    if (!segments) throw notFound();
    return find(x, segments);
  };
};

const notFound = (): HttpError => new HttpError(404, "there is no such file");

// Relative to the request's own path: `//evil.example/` must not become a host, nor `a:b/` a scheme.
const sendToFolder = (x: Exchange): Promise<void> => {
  const name = x.path.slice(x.path.lastIndexOf("/") + 1);
  const location = `./${name}/${x.query === "" ? "" : `?${x.query}`}`;
  return sendBuffer(x, { status: 308, headers: new Map([["location", location]]) }, Buffer.alloc(0));
};

const sendFile = (x: Exchange, files: Files, file: File, type: string): Promise<void> => {
  const head = headOf(file, type);
  const verdict = judgeConditions(conditionsOf(x), file);
  if (verdict === "failed") throw new HttpError(412, "the file is not in the state that was asked for");
  if (verdict === "notModified") {
    head.status = 304;
    head.headers.delete("content-type");
    return sendBuffer(x, head, Buffer.alloc(0));
  }
  return sendContent(x, files, file, head, rangeOf(x, file));
};

const headOf = (file: File, type: string): ResponseHead => ({
  status: 200,
  headers: new Map([
    ["content-type", type],
    ["etag", file.etag],
    ["last-modified", file.modified],
    ["cache-control", isDocument(type) ? "no-cache" : "public, max-age=300"],
    ["accept-ranges", "bytes"],
    ["x-content-type-options", "nosniff"],
  ]),
});

const isDocument = (type: string): boolean => type.startsWith("text/html");

const conditionsOf = (x: Exchange) => ({
  ifMatch: requestHeader(x, "if-match"),
  ifNoneMatch: requestHeader(x, "if-none-match"),
  ifModifiedSince: requestHeader(x, "if-modified-since"),
  ifUnmodifiedSince: requestHeader(x, "if-unmodified-since"),
  ifRange: requestHeader(x, "if-range"),
});

/** The part that is asked for, null for the whole; a range that is not in the file is refused with 416. */
const rangeOf = (x: Exchange, file: File): ByteRange | null => {
  const field = requestHeader(x, "range");
  // Range means something for GET alone (RFC 9110 §14.2).
  if (!field || x.req.method !== "GET" || !allowsRange(requestHeader(x, "if-range"), file)) return null;
  const range = parseRange(field, file.size);
  if (range !== "unsatisfiable") return range;
  throw new HttpError(416, `the file has ${file.size} bytes`, {
    headers: { "content-range": `bytes */${file.size}` },
  });
};

const sendContent = async (
  x: Exchange,
  files: Files,
  file: File,
  head: ResponseHead,
  range: ByteRange | null,
): Promise<void> => {
  const start = range?.start ?? 0;
  const length = range ? range.end - start + 1 : file.size;
  if (range) {
    head.status = 206;
    head.headers.set("content-range", `bytes ${start}-${range.end}/${file.size}`);
  }
  if (file.content) return sendBuffer(x, head, file.content.subarray(start, start + length));
  const handle = await files.open(file);
  const type = head.headers.get("content-type");
  if (isDocument(String(type)) && !range && length <= documentBytes) {
    return sendBuffer(x, head, await handle.readFile().finally(() => handle.close()));
  }
  head.headers.set("content-length", String(length));
  return sendStream(x, head, handle.createReadStream({ start, end: start + length - 1 }));
};
