import { z } from "zod";
import { commonJurisdictions } from "./jurisdictions.ts";

/** Paths of the original tracker beside the collect path, which some clients still ask for. */
const olderPaths = [
  "/str/v1/",
  "/img/v1/",
  "/ppi/v1/",
  "/tlv/v1/",
  "/pub/v1/",
  "/ping",
  "/status",
  "/clear",
  "/track.js",
  "/old/track.js",
  "/pub/v1/track.js",
  "/pub/v1/old/track.js",
  "/tr/v1/pub/track.js",
  "/tr/v1/pub/old/track.js",
] as const;

const websocketSettings = z.strictObject({
  connections: z.int().min(0).max(1_000_000).default(10_000).describe("open at once; 0 takes none"),
  perAddress: z.int().min(1).default(100).describe("open at once from one address"),
  frameBytes: z.int().min(256).max(16_777_216).default(65_536).describe("largest frame, unpacked as well"),
  pendingFrames: z
    .int()
    .min(1)
    .max(100_000)
    .default(64)
    .describe("frames of one connection that wait for the disk before it is read no further"),
  pingSeconds: z
    .number()
    .min(0.05)
    .max(3600)
    .default(30)
    .describe("a connection that does not answer a ping until the next is closed"),
});

const jurisdictionSettings = z.strictObject({
  regulation: z.string().min(1).describe("name of the rules, e.g. GDPR"),
  compliance: z.string().default("").describe("what they ask for, e.g. opt-in"),
  seq: z.int().default(0).describe("order in which they are looked at"),
  rules: z.record(z.string(), z.int().min(0)).default({}).describe("days to keep, by purpose"),
  locs: z
    .array(z.string())
    .default([])
    .describe("where they hold: ISO 3166 countries or regions, `*` everywhere"),
});

const trackingFields = z.strictObject({
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
  legacyPaths: z
    .array(z.enum(olderPaths))
    .default(["/str/v1/", "/img/v1/", "/ppi/v1/", "/tlv/v1/"])
    .describe(
      "paths of the original tracker that are answered as well, its script by track.legacy.js; a route wins",
    ),
  publicDir: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe("folder of files served below `pub/` of the collect path; null serves none"),
  websocket: websocketSettings
    .prefault({})
    .describe("collection over websockets, at `ws` of the collect path"),
  jurisdictions: z
    .array(jurisdictionSettings)
    .default([...commonJurisdictions])
    .describe("rules of privacy by place, as `ppi/v1/jds` answers them"),
});

const lists = (paths: readonly string[], own: string): boolean => paths.includes(own);

export const trackingSettings = trackingFields
  .refine(({ scriptPath, legacyPaths }) => !lists(legacyPaths, scriptPath), {
    path: ["legacyPaths"],
    error: "names the path of the script itself: give scriptPath another, for the pages made since",
  })
  .refine(({ collectPath, legacyPaths }) => !lists(legacyPaths, collectPath), {
    path: ["legacyPaths"],
    error: "names the path where events are taken: take it off this list, or give collectPath another",
  });

export type WebsocketSettings = z.infer<typeof websocketSettings>;
export type Jurisdiction = z.infer<typeof jurisdictionSettings>;
