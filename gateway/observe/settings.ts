import { z } from "zod";

const pattern = z
  .string()
  .max(200)
  .regex(/^(\/|[^/]+$)/, "expected a path that starts with /, or a pattern of file names");

/** Which requests of a route become events, and how they are called. */
export const trackSettings = z.strictObject({
  methods: z
    .array(z.string().regex(/^[A-Z]{1,20}$/, "expected a method in capitals, e.g. POST"))
    .min(1)
    .max(20)
    .default(["GET", "POST", "PUT", "PATCH", "DELETE"])
    .describe("methods that count; websockets are asked for by GET"),
  include: z
    .array(pattern)
    .min(1)
    .max(100)
    .default(["/**"])
    .describe("paths that count: `/api/orders/*`; `*`, `**`, `?` and `{a,b}` stand for others"),
  exclude: z.array(pattern).max(100).default([]).describe("paths of these that do not"),
  name: z
    .string()
    .regex(/^[\w.:~-]{1,64}$/, "expected 1 to 64 letters, digits or _ . : ~ -")
    .refine((name) => !ownNames.has(name), "expected another name: the gateway's own events are called so")
    .default("request")
    .describe("name of the events"),
  paths: z
    .int()
    .min(1)
    .max(10_000)
    .default(300)
    .describe("paths told apart, ids taken out of them; what comes beyond is `(other)`"),
});

const ownNames: ReadonlySet<string> = new Set(["document", "exposure"]);

export type TrackSettings = z.infer<typeof trackSettings>;
