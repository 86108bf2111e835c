import { z } from "zod";

const key = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, "expected letters, digits, - or _, at most 64");

const variant = z.strictObject({
  key: key.describe("name of the variant, seen in reports and in `data-x-…`"),
  weight: z.number().min(0).default(1).describe("its share relative to the others"),
  params: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .default({})
    .describe("values the page may read while the variant is in force"),
});

const goal = z.strictObject({
  key: key.describe("name of the goal"),
  event: z.string().min(1).describe("name of the event that counts"),
  value: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      "column or property that holds the amount, added up as it is; `value_in_usd` where several currencies come",
    ),
  windowHours: z
    .number()
    .positive()
    .max(2160)
    .default(72)
    .describe("how long after first exposure it counts, hours"),
});

export const experimentSettings = z.strictObject({
  key: key.describe("name of the experiment"),
  hypothesis: z.string().default("").describe("what is expected, and why"),
  status: z
    .enum(["draft", "running", "stopped"])
    .default("running")
    .describe("only a running one is assigned"),
  site: z.string().default("main").describe("the site it runs on"),
  variants: z.array(variant).min(2).max(20).describe("the arms; the first is the control"),
  coverage: z.number().min(0).max(1).default(1).describe("share of visitors who take part"),
  paths: z
    .array(z.string().startsWith("/", "expected a path that starts with /"))
    .default([])
    .describe("path prefixes on which it runs; none: everywhere"),
  goals: z.array(goal).min(1).max(50).describe("what counts as success"),
});
