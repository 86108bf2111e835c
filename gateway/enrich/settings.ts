import { resolve } from "node:path";
import { z } from "zod";
import { repeatsRepeats } from "../lib/slow-pattern.ts";
import { wholePattern } from "./channel.ts";
import { isRange, readRanges } from "./datacenter.ts";
import { filterColumns } from "./filter/columns.ts";
import { parseExpression } from "./filter/expression.ts";
import { ExpressionError } from "./filter/tokens.ts";
import { readDays } from "./rates.ts";

const filterSettings = z.strictObject({
  name: z.string().min(1).max(64).describe("what the filter is called in `traffic_filter_name`"),
  type: z
    .enum(["allow", "exclude", "test"])
    .describe("`exclude` drops what matches, `allow` drops the rest, `test` only names what matches"),
  test_mode: z.boolean().default(false).describe("only name what matches, whatever the type"),
  expression: z
    .string()
    .min(1)
    .superRefine((text, context) => {
      const wrong = reasonOf(text);
      if (wrong !== null) context.addIssue({ code: "custom", message: wrong });
    })
    .describe('which events it means, such as `inCidr(ip_address, "10.0.0.0/8")`'),
});

const reasonOf = (text: string): string | null => {
  try {
    parseExpression(text, filterColumns);
    return null;
  } catch (error) {
    if (error instanceof ExpressionError) return error.message;
    throw error;
  }
};

const columnName = z.string().refine((name) => filterColumns.includes(name), {
  error: "expected a column of the event",
});

const isPattern = (text: string): boolean => {
  try {
    wholePattern(text);
    return true;
  } catch {
    return false; // the schema says what was expected
  }
};

const channelPattern = z
  .string()
  .max(500)
  .refine(isPattern, "expected a regular expression")
  .refine(
    (text) => !isPattern(text) || !repeatsRepeats(text),
    "repeats a repetition or a choice, which can take for ever",
  );

const ignoredHost = z
  .string()
  .regex(
    /^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i,
    "expected a host name without scheme, port and path, in letters of ASCII (`xn--…`), or *.example.com",
  )
  .toLowerCase();

/** What of a site's settings enrichment reads. */
export const enrichSiteFields = {
  ignoredReferrers: z
    .array(ignoredHost)
    .default([])
    .describe(
      "hosts that are no source of visits, beside the usual payment providers and sign-in pages; `*.example.com`",
    ),
  datacenterRanges: z
    .array(z.string().min(1))
    .max(1000)
    .default([])
    .describe(
      "addresses where no people are, labelled as bots: CIDR ranges, and files of them as clouds publish them",
    ),
  currencyRates: z
    .union([
      z.record(z.string().regex(/^[A-Z]{3}$/, "expected a code such as EUR"), z.number().positive()),
      z.string(),
    ])
    .default({})
    .describe("worth of one unit in USD by currency, or a file of them by date"),
  filters: z
    .strictObject({
      fields: z.array(columnName).default([]).describe("columns that the expressions use"),
      conditions: z.array(filterSettings).default([]).describe("the filters, the first that matches wins"),
    })
    .prefault({})
    .describe("which events are kept"),
  channels: z
    .array(
      z.strictObject({
        channel: z.string().min(1).max(64).describe("name of the channel"),
        source: channelPattern.optional().describe("pattern that the source must match whole"),
        medium: channelPattern.optional().describe("pattern that the medium must match whole"),
        campaign: channelPattern.optional().describe("pattern that the campaign must match whole"),
        referrer: z
          .enum(["search", "social", "video", "email", "ai", "shopping", "referral"])
          .optional()
          .describe("what kind of place the source is"),
        paid: z.boolean().optional().describe("the medium or a click id says that it was paid for"),
      }),
    )
    .default([])
    .describe("rules for the channel, before the usual ones; the first that matches wins"),
};

/** An entry of `datacenterRanges`; a file's path counts from the settings' folder. */
export const rangeOrFile = (entry: string, folder: string): string =>
  isRange(entry) ? entry : resolve(folder, entry);

/** What is wrong with ranges and files of them, in one sentence; null for nothing. */
export const rangesMistake = (entries: readonly string[]): string | null =>
  mistakeIn(() => readRanges(entries));

/** What is wrong with a file of rates by date, in one sentence; null for nothing. */
export const ratesMistake = (file: string): string | null => mistakeIn(() => readDays(file));

const mistakeIn = (read: () => unknown): string | null => {
  try {
    read();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

export const geoSettings = z.strictObject({
  cityFile: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe("a city database (MMDB) for regions and cities; countries are known without one"),
});
