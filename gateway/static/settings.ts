import { z } from "zod";

export const staticSettings = z.strictObject({
  dir: z.string().min(1).describe("folder of the files, from the settings file's folder"),
  index: z.string().default("index.html").describe("file that answers for a folder"),
});

export type StaticSettings = z.infer<typeof staticSettings>;
