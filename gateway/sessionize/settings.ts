import { z } from "zod";

export const sessionSettings = z.strictObject({
  idleMinutes: z
    .number()
    .positive()
    .max(1440)
    .default(30)
    .describe("gap that ends a session, minutes; may be a fraction"),
  maxHours: z.number().positive().max(168).default(12).describe("longest session, hours"),
  maxEvents: z.int().positive().max(100_000).default(1000).describe("most events in a session"),
  splitOnCampaign: z.boolean().default(true).describe("another campaign starts a new session"),
  splitOnUser: z.boolean().default(true).describe("another user starts a new session"),
  joinByUser: z.boolean().default(true).describe("visitors who log in as one user are one person"),
  joinByStamp: z
    .boolean()
    .default(false)
    .describe("visitors of one address and browser on one day are one person, where consent allows"),
});
