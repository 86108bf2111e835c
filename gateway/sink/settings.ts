import { z } from "zod";
import { nearest } from "../lib/nearest.ts";
import { isShipped, shippedTypes } from "./sink-types.ts";

const fields = z.strictObject({
  id: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, "expected letters, digits, . _ -")
    .describe("name of the sink; its place among the events is kept under it"),
  type: z.string().min(1).max(214).describe("`console`, `file`, `webhook`, or a type that a plugin gives"),
  only: z
    .array(z.string().min(1).max(200))
    .max(200)
    .default([])
    .describe("names or types of the events it gets; all where it is empty"),
  sites: z
    .array(z.string())
    .max(200)
    .default([])
    .describe("sites whose events it gets; all where it is empty"),
  bots: z.enum(["exclude", "only", "all"]).default("exclude").describe("what it gets of automated clients"),
  from: z
    .enum(["now", "start"])
    .default("now")
    .describe("where a new sink begins: with what is stored from now on, or with the oldest stored event"),
  batchEvents: z.int().min(1).max(10_000).default(500).describe("events of one write at most"),
  flushSeconds: z
    .number()
    .min(0.01)
    .max(3600)
    .default(1)
    .describe("how long events may gather before they are written"),
  timeoutSeconds: z
    .number()
    .min(0.1)
    .max(600)
    .default(30)
    .describe("a write that takes longer has failed, seconds"),
  path: z.string().min(1).optional().describe("file: where, from the settings file's folder"),
  megabytes: z
    .number()
    .positive()
    .max(1_000_000)
    .optional()
    .describe("file: size at which a new one begins, 100 where it is left out"),
  files: z
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe("file: how many are kept, the current one among them, 5 where it is left out"),
  url: z.string().optional().describe("webhook: where batches are posted to"),
  secret: z
    .string()
    .min(16)
    .optional()
    .describe("webhook: signs what is posted; `whsec_` and a key in base64, or any text"),
  privateHosts: z
    .array(z.string().min(1))
    .max(100)
    .optional()
    .describe("webhook: hosts, addresses and ranges of the inner network that it may post to"),
  settings: z
    .record(z.string(), z.json())
    .optional()
    .describe("what a plugin's sink is given beside its id, as the plugin says"),
});

export const sinkSettings = fields.superRefine((sink, context) => {
  const refuse = (path: string, message: string) =>
    context.addIssue({ code: "custom", path: [path], message });
  const { type } = sink;
  // A slip in the type alone is the one mistake: that its settings are not those of a plugin's sink is none.
  const meant = isShipped(type) ? type : nearest(type, Object.keys(shippedTypes));
  for (const [owner, names] of Object.entries(shippedTypes)) {
    for (const name of names) {
      if (owner !== meant && sink[name] !== undefined)
        refuse(name, `expected nothing: it is for sinks of type ${owner}`);
    }
  }
  if (isShipped(type) && sink.settings !== undefined) {
    refuse("settings", "expected nothing: it is for sinks of plugins");
  }
  if (type === "file" && sink.path === undefined) refuse("path", "expected the file to write to");
  if (type === "webhook" && sink.secret === undefined) {
    refuse("secret", "expected the key that signs what is posted: make one with `openssl rand -hex 32`");
  }
  if (type === "webhook" && !isPostable(sink.url)) {
    refuse("url", "expected an http(s) URL without user and password");
  }
});

const isPostable = (text: string | undefined): boolean => {
  const url = URL.parse(text ?? "");
  return url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
};

export const pluginSettings = z
  .array(z.string().min(1).max(1000))
  .max(50)
  .default([])
  .describe("modules that give types of sinks: `./FILE` from the settings file's folder, or a package");

export type SinkSettings = z.infer<typeof sinkSettings>;

export { isPluginFile, isShipped, shippedTypes } from "./sink-types.ts";
