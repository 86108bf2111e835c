import { z } from "zod";

export const trackingSettings = z.strictObject({
  scriptPath: z
    .string()
    .regex(/^\/\S+$/, "expected a path")
    .default("/track.js")
    .describe("where the script is served"),
  collectPath: z
    .string()
    .regex(/^\/\S*\/$/, "expected a path that starts and ends with /")
    .default("/tr/v1/")
    .describe("where events are taken"),
});
