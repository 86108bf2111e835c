import { z } from "zod";

export const dataSettings = z.strictObject({
  dir: z.string().min(1).default("./data").describe("folder of the data, from the settings file's folder"),
  sealMinutes: z
    .number()
    .positive()
    .default(60)
    .describe("events are sealed into files at the latest after this time"),
  journalDays: z
    .number()
    .min(0)
    .default(8)
    .describe(
      "how long sealed events stay in the journal, too, so that what comes late finds its session, days",
    ),
  keepDays: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe("events older than this are removed, days; null keeps them for ever"),
  rejectsKept: z.int().min(0).default(10_000).describe("unreadable hits kept at most"),
  rejectDays: z.number().positive().default(30).describe("how long they are kept, days"),
});
