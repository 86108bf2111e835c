/**
 * Sends a file through the passes of the rooms before: they may put something into a page, which nobody else then may be
 * given, and judge its conditions themselves. What they leave alone is answered as if they had not been there.
 */
import type { BodyPass, Exchange, ResponseHead } from "../http/exchange.ts";
import { runPasses, sendBuffer, sendPieces } from "../http/respond.ts";
import { acceptedCodings } from "./accept-encoding.ts";
import { type Compressor, type MadeCoding, madeCodingOf, worthBytes } from "./compress.ts";
import { fileBody } from "./file-body.ts";
import type { File, Files } from "./files.ts";
import { isDocument } from "./mime.ts";
import { headOf, type Page } from "./page.ts";
import { plainForm } from "./representations.ts";

export interface PassedOptions {
  readonly files: Files;
  readonly compressor: Compressor;
  /** the largest page that is compressed once it is changed */
  readonly maxBytes: number;
  /** Sends what no pass has changed; false where the file was replaced meanwhile. */
  readonly sendUnchanged: (x: Exchange, file: File, page: Page, head: ResponseHead) => Promise<boolean>;
}

const documentBytes = 4 * 1024 * 1024; // a larger HTML file is streamed

/** False: the file was replaced since it was found, and nothing has been sent. */
export const sendPassed = async (
  x: Exchange,
  file: File,
  page: Page,
  options: PassedOptions,
): Promise<boolean> => {
  const isHeld = file.content !== null || (isDocument(page.type) && file.size <= documentBytes);
  if (!isHeld) return sendLarge(x, file, page, options);
  // Read before the passes run, as they cannot run twice.
  const content = file.content ?? (await options.files.read(file));
  if (!content) return false;
  const head = headOf(plainForm(file), page);
  const pass = await runOnce(x, head);
  if (!pass && isUnchanged(head, file, page)) return options.sendUnchanged(x, file, page, head);
  const body = pass ? Buffer.concat([pass.push(content), pass.end()]) : content;
  await sendChanged(x, head, body, page, options);
  return true;
};

/** From here on `sendBuffer` and `sendPieces` have no passes to run. */
const runOnce = async (x: Exchange, head: ResponseHead): Promise<BodyPass | undefined> => {
  const pass = await runPasses(x, head);
  x.responsePasses.length = 0;
  return pass;
};

const isUnchanged = (head: ResponseHead, file: File, page: Page): boolean =>
  head.status === page.status && (page.status !== 200 || head.headers.get("etag") === file.etag);

const sendChanged = async (
  x: Exchange,
  head: ResponseHead,
  body: Buffer,
  page: Page,
  { compressor, maxBytes }: PassedOptions,
): Promise<void> => {
  if (!page.varies || isFixed(head)) return sendBuffer(x, head, body);
  addVary(head);
  const coding = madeCodingOf(acceptedCodings(x.req.headers["accept-encoding"]));
  if (!coding || body.length < worthBytes || body.length > maxBytes) return sendBuffer(x, head, body);
  if (head.status === 304) {
    weaken(head);
    return sendBuffer(x, head, body);
  }
  const packed = await compressor.run(coding, body);
  if (packed) encode(head, coding);
  return sendBuffer(x, head, packed ?? body);
};

const encode = (head: ResponseHead, coding: MadeCoding): void => {
  head.headers.set("content-encoding", coding);
  weaken(head);
};

// The tag was made for the plain page. Weak, it says the same page in whatever coding (RFC 9110 §8.8.1), and a page that
// is made for one visitor is not sent in parts, which alone would need a strong one.
const weaken = (head: ResponseHead): void => {
  const etag = head.headers.get("etag");
  if (typeof etag === "string" && !etag.startsWith("W/")) head.headers.set("etag", `W/${etag}`);
};

const isFixed = (head: ResponseHead): boolean =>
  head.headers.has("content-encoding") || /\bno-transform\b/i.test(String(head.headers.get("cache-control")));

const addVary = (head: ResponseHead): void => {
  const vary = [head.headers.get("vary") ?? []].flat().join(", ");
  if (/(^|,\s*)(accept-encoding|\*)(\s*,|$)/i.test(vary)) return;
  head.headers.set("vary", vary === "" ? "Accept-Encoding" : `${vary}, Accept-Encoding`);
};

const sendLarge = async (x: Exchange, file: File, page: Page, options: PassedOptions): Promise<boolean> => {
  const handle = await options.files.open(file);
  if (!handle) return false;
  const body = fileBody(handle, { start: 0, end: file.size - 1 });
  try {
    const head = headOf(plainForm(file), page);
    const pass = await runOnce(x, head);
    if (!pass && isUnchanged(head, file, page)) return await options.sendUnchanged(x, file, page, head);
    if (pass) x.responsePasses.push(() => pass);
    else head.headers.set("content-length", String(file.size));
    await sendPieces(x, head, body);
    return true;
  } finally {
    body.destroy();
  }
};
