import { z } from "zod";

/** What a line of JSON may say, in the order in which it does. */
export const fieldNames = [
  "time",
  "id",
  "site",
  "address",
  "method",
  "host",
  "path",
  "query",
  "protocol",
  "status",
  "bytes",
  "ms",
  "route",
  "cut",
  "requestBytes",
  "secure",
  "referrer",
  "userAgent",
] as const;

/** What is left out describes a visitor, and is written only where the settings name it. */
const usual = fieldNames.filter((name) => name !== "referrer" && name !== "userAgent");

export const accessLogSettings = z.strictObject({
  file: z
    .string()
    .min(1)
    .default("./logs/access.log")
    .describe("where lines go, from the settings file's folder; `stdout` beside the program's own"),
  format: z
    .enum(["json", "clf", "combined"])
    .default("json")
    .describe("`clf` and `combined` as other servers write them; `combined` has referrer and user agent"),
  megabytes: z.number().positive().max(100_000).default(100).describe("size at which a new file begins"),
  files: z.int().min(1).max(1000).default(10).describe("files kept, the current one among them"),
  fields: z
    .array(z.enum(fieldNames))
    .min(1)
    .default([...usual])
    .describe("what a line of JSON says"),
});

export type AccessLogSettings = z.infer<typeof accessLogSettings>;
