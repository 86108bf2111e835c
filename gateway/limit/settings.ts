import { z } from "zod";

export const limitSettings = z.strictObject({
  bodyBytes: z
    .int()
    .min(1024)
    .max(1_073_741_824)
    .default(1_048_576)
    .describe("largest body of a collect request, bytes"),
  batchEvents: z.int().min(1).max(100_000).default(5000).describe("most events in one request"),
  headerBytes: z
    .int()
    .min(4096)
    .max(1_048_576)
    .default(32_768)
    .describe("all request headers together, bytes"),
  requests: z.int().positive().default(1200).describe("requests that one address may make in a window"),
  windowSeconds: z.number().positive().max(86_400).default(60).describe("length of that window, seconds"),
  addresses: z
    .int()
    .positive()
    .default(100_000)
    .describe("addresses counted at once; the quietest is forgotten"),
  exempt: z
    .array(z.string())
    .default(["127.0.0.0/8", "::1/128"])
    .describe("addresses or CIDR ranges that are not limited, unless they come with a forwarding header"),
  pendingEvents: z
    .int()
    .min(100)
    .default(50_000)
    .describe("events waiting for the disk before collect answers 503"),
});

export type LimitSettings = z.infer<typeof limitSettings>;
