import { z } from "zod";
import { trackingSettings } from "../collect/settings.ts";
import { experimentSettings } from "../experiment/settings.ts";
import { limitSettings } from "../limit/settings.ts";
import { listenSettings } from "../listen/settings.ts";
import { proxySettings } from "../proxy/settings.ts";
import { hostPattern, routeFields } from "../route/settings.ts";
import { sessionSettings } from "../sessionize/settings.ts";
import { staticSettings } from "../static/settings.ts";
import { dataSettings } from "../store/settings.ts";

export const routeSettings = z
  .strictObject({
    ...routeFields,
    proxy: proxySettings.optional().describe("send the requests to another server"),
    static: staticSettings.optional().describe("answer with files"),
  })
  .refine((r) => (r.proxy === undefined) !== (r.static === undefined), {
    error: "expected exactly one of proxy, static",
    // Also beside other mistakes in the route, so that all are told at once.
    when: ({ value }) => typeof value === "object" && value !== null,
  });

export const siteSettings = z.strictObject({
  id: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, "expected letters, digits, . _ -")
    .describe("name of the site"),
  hosts: z.array(hostPattern).min(1).default(["*"]).describe("hosts that belong to it"),
  protocols: z
    .array(z.enum(["native"]))
    .default(["native"])
    .describe("tracking protocols it takes"),
  writeKeys: z.array(z.string().min(16)).default([]).describe("secrets of the site's own servers"),
  timezone: z.string().default("UTC").describe("IANA time zone of its reports"),
  consent: z
    .enum(["required", "assumed"])
    .default("assumed")
    .describe("`required` keeps nothing of a visitor who has not said yes"),
  sessions: sessionSettings.prefault({}),
  ipMasking: z
    .int()
    .min(0)
    .max(4)
    .default(1)
    .describe("0 keeps addresses, 1 /24 and /48, 2 /16 and /32, 3 /8 and /16, 4 none"),
  excludedUrlParams: z
    .array(z.string())
    .default([
      "utm_campaign",
      "utm_source",
      "utm_medium",
      "utm_content",
      "utm_term",
      "utm_id",
      "utm_source_platform",
      "utm_creative_format",
      "utm_marketing_tactic",
      "gclid",
      "dclid",
      "srsltid",
      "gbraid",
      "wbraid",
      "fbclid",
      "msclkid",
    ])
    .describe("query parameters taken out of page_location"),
  legacyPepper: z
    .string()
    .default("")
    .describe("PrefixPrivateHash of the original tracker, so that old hashes join"),
  cookies: z
    .strictObject({
      visitor: z.string().default("vid"),
      session: z.string().default("sid"),
      referrer: z.string().default("ref"),
      params: z.string().default("params"),
      experiments: z.string().default("xid"),
    })
    .prefault({})
    .describe("names of the cookies"),
  cookieDomain: z
    .string()
    .nullable()
    .default(null)
    .describe("domain of the cookies; worked out where it is null"),
});

/** The whole of config.json. Every default is filled in, unknown keys are refused. */
export const configSchema = z.strictObject({
  listen: listenSettings.prefault({}),
  trustedProxies: z
    .array(z.string())
    .default([])
    .describe("proxies in front whose forwarding headers are believed, CIDR"),
  data: dataSettings.prefault({}),
  routes: z.array(routeSettings).default([]),
  sites: z
    .array(siteSettings)
    .min(1)
    .default(() => [siteSettings.parse({ id: "main" })]),
  tracking: trackingSettings.prefault({}),
  experiments: z.array(experimentSettings).default([]),
  limits: limitSettings.prefault({}),
});

export type Config = z.infer<typeof configSchema>;
export type RouteConfig = Config["routes"][number];
export type SiteConfig = Config["sites"][number];
export type ExperimentConfig = Config["experiments"][number];
