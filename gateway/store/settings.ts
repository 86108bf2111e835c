import { z } from "zod";

export const dataSettings = z.strictObject({
  dir: z.string().min(1).default("./data").describe("folder of the data, from the settings file's folder"),
  rejectsKept: z.int().min(0).default(10_000).describe("unreadable hits kept at most"),
  rejectDays: z.number().positive().default(30).describe("how long they are kept, days"),
});
