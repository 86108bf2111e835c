import { z } from "zod";
import { fieldName, fieldValue } from "../http/header-fields.ts";

/** A file of the folder, named from there. */
const fileBelow = z
  .string()
  .regex(/^(?!\.{1,2}(\/|$))[^/\\\0]+(\/(?!\.{1,2}(\/|$))[^/\\\0]+)*$/, "expected a file below the folder");

/** What is said of a file by what it is: another value would be wrong for it. */
const ofTheFile = [
  "accept-ranges",
  "cache-control",
  "content-encoding",
  "content-range",
  "content-type",
  "etag",
  "last-modified",
  "vary",
];

const cacheRule = z.strictObject({
  files: z
    .string()
    .min(1)
    .max(200)
    .describe("which: `*.css` by name; `/fonts/**` by path; `*`, `**`, `?` and `{a,b}` stand for others"),
  value: z
    .string()
    .regex(/^[\t\x20-\x7e]+$/, "expected one line of text")
    .describe("the whole of `Cache-Control`"),
});

export const staticSettings = z.strictObject({
  dir: z.string().min(1).describe("folder of the files, from the settings file's folder"),
  strip: z.boolean().default(false).describe("take the route's path off the front"),
  index: fileBelow.default("index.html").describe("file that answers for a folder"),
  fallback: fileBelow
    .nullable()
    .default(null)
    .describe("file that answers for addresses without one, for sites that route in the browser"),
  notFound: fileBelow
    .nullable()
    .default("404.html")
    .describe("page that is sent with 404, where it is there"),
  cacheControl: z
    .array(cacheRule)
    .max(100)
    .default([])
    .describe("how long browsers and caches keep which files; the first rule that fits counts"),
  headers: z
    .record(
      fieldName.refine(
        (name) => !ofTheFile.includes(name),
        "is said by the file itself; caching is set under cacheControl",
      ),
      fieldValue,
    )
    .default({})
    .describe("headers of each answer with a file, e.g. `content-security-policy`"),
  immutable: z
    .boolean()
    .default(true)
    .describe("files whose names carry a hash of their content are kept for a year"),
  compress: z
    .boolean()
    .default(true)
    .describe("send .br, .zst and .gz files that lie beside, and compress other text"),
  compressBytes: z
    .int()
    .min(0)
    .default(4_194_304)
    .describe("largest file that is compressed when it is asked for"),
  cacheBytes: z
    .int()
    .min(0)
    .default(33_554_432)
    .describe("memory for small files and for what was compressed"),
  wellKnown: z
    .boolean()
    .default(true)
    .describe("serve /.well-known/ although its name begins with a dot; no other such name is"),
});

export type StaticSettings = z.infer<typeof staticSettings>;
/** Settings in which only the folder must be said. */
export type StaticInput = z.input<typeof staticSettings>;
