/**
 * The room of the files: answers GET and HEAD from a folder, with validators, ranges and codings. It lists nothing and
 * gives nothing away that begins with a dot or lies outside the folder.
 */
import { resolve } from "node:path";
import { type Exchange, type Handler, type ResponseHead, requestHeader } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { sendBuffer } from "../http/respond.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { acceptedCodings } from "./accept-encoding.ts";
import { createCompressor } from "./compress.ts";
import { createFiles, type File } from "./files.ts";
import { createFinder } from "./find-target.ts";
import { createHotAnswers } from "./hot-answers.ts";
import { createLocator } from "./locate.ts";
import { headOf, type Page, turnInto } from "./page.ts";
import { createRepresentations, type Representation } from "./representations.ts";
import { type Fields, noFields, sendForm } from "./send-form.ts";
import { type PassedOptions, sendPassed } from "./send-passed.ts";
import { type StaticInput, staticSettings } from "./settings.ts";

export interface StaticOptions {
  /** the path of the route, which `strip` speaks of */
  readonly base?: string;
  readonly clock?: Clock;
}

/** Serves the files below `dir`; a relative `dir` is taken from the working directory. */
export const createStatic = (
  given: StaticInput,
  { base = "/", clock = systemClock }: StaticOptions = {},
): Handler => {
  const settings = staticSettings.parse(given);
  const { cacheBytes, compressBytes: maxBytes } = settings;
  const files = createFiles({ dir: resolve(settings.dir), bytes: cacheBytes / 2, clock });
  const compressor = createCompressor();
  const forms = createRepresentations({ files, compressor, bytes: cacheBytes / 4, maxBytes, clock });
  const hot = createHotAnswers(files, cacheBytes / 4, clock);
  const findTarget = createFinder(files, settings);
  const segmentsOf = createLocator(settings, base);

  const formFor = (file: File, page: Page, fields: Fields) =>
    forms.choose(file, page.segments, page.varies ? acceptedCodings(fields("accept-encoding")) : []);
  const sendAs = async (x: Exchange, { file, page, form, head, fields }: Sending): Promise<boolean> => {
    const sent = await sendForm(x, files, form, head, page.status === 200 ? fields : noFields);
    if (!sent) forms.forget(file);
    return sent;
  };
  const send = async (x: Exchange, file: File, page: Page): Promise<boolean> => {
    if (x.responsePasses.length > 0) {
      return sendPassed(x, file, page, { files, compressor, maxBytes, sendUnchanged });
    }
    const fields: Fields = (name) => requestHeader(x, name);
    const form = await formFor(file, page, fields);
    if (page.isOwn) hot.keep(x, file, form, page);
    return sendAs(x, { file, page, form, head: headOf(form, page), fields });
  };
  // The edits of the request were made for a page that would be changed: here the client's own words count.
  const sendUnchanged: PassedOptions["sendUnchanged"] = async (x, file, page, head) => {
    const fields: Fields = (name) => [x.req.headers[name] ?? []].flat().join(", ") || undefined;
    const form = await formFor(file, page, fields);
    turnInto(head, form);
    return sendAs(x, { file, page, form, head, fields });
  };
  const answer = async (x: Exchange): Promise<void> => {
    const segments = segmentsOf(x.path);
    for (let tries = 0; tries < 3; tries++) {
      const target = await findTarget(x, segments);
      if (target.kind === "nothing") throw new HttpError(404, "there is no such file");
      if (target.kind === "folder") return sendToFolder(x);
      if (await send(x, target.file, target.page)) return;
    }
    throw new HttpError(503, "the file is being replaced: try again in a moment", {
      headers: { "retry-after": "1" },
    });
  };
  return (x) => {
    if (hot.send(x)) return;
    if (x.req.method !== "GET" && x.req.method !== "HEAD") {
      throw new HttpError(405, "only GET and HEAD are answered here", { headers: { allow: "GET, HEAD" } });
    }
    return answer(x);
  };
};

interface Sending {
  readonly file: File;
  readonly page: Page;
  readonly form: Representation;
  readonly head: ResponseHead;
  readonly fields: Fields;
}

// Relative to the request's own path: `//evil.example/` must not become a host, nor `a:b/` a scheme.
const sendToFolder = (x: Exchange): Promise<void> => {
  const name = x.path.slice(x.path.lastIndexOf("/") + 1);
  const location = `./${name}/${x.query === "" ? "" : `?${x.query}`}`;
  return sendBuffer(x, { status: 308, headers: new Map([["location", location]]) }, Buffer.alloc(0));
};
