import { z } from "zod";
import { accessLogSettings } from "../access-log/settings.ts";
import { trackingSettings } from "../collect/settings.ts";
import { enrichSiteFields, geoSettings } from "../enrich/settings.ts";
import { experimentSettings } from "../experiment/settings.ts";
import { identitySettings } from "../identity/settings.ts";
import { limitSettings, routeLimit } from "../limit/settings.ts";
import { linkSiteFields } from "../links/settings.ts";
import { listenSettings } from "../listen/settings.ts";
import { tlsSettings } from "../listen/tls/settings.ts";
import { errorPages, middlewareFields } from "../middleware/settings.ts";
import { trackSettings } from "../observe/settings.ts";
import { proxySettings } from "../proxy/settings.ts";
import { hostPattern, routeFields } from "../route/settings.ts";
import { sessionSettings } from "../sessionize/settings.ts";
import { pluginSettings, sinkSettings } from "../sink/settings.ts";
import { staticSettings } from "../static/settings.ts";
import { dataSettings } from "../store/settings.ts";

interface Answers {
  readonly proxy?: unknown;
  readonly static?: unknown;
  readonly respond?: unknown;
}

const countAnswers = (route: Answers): number =>
  [route.proxy, route.static, route.respond].filter((answer) => answer !== undefined).length;

export const routeSettings = z
  .strictObject({
    ...routeFields,
    proxy: proxySettings.optional().describe("send the requests to another server"),
    static: staticSettings.optional().describe("answer with files"),
    limit: routeLimit.optional().describe("requests that may be made of it, beside the limits of all"),
    track: trackSettings.optional().describe("make an event of each finished request"),
    ...middlewareFields,
  })
  .refine((r) => countAnswers(r) === 1 || (countAnswers(r) === 0 && r.redirect !== undefined), {
    error: "expected exactly one of proxy, static, respond, or redirect alone",
    // Also beside other mistakes in the route, so that all are told at once.
    when: ({ value }) => typeof value === "object" && value !== null,
  });

const cookieName = z
  .string()
  .regex(/^[\w!#$%&'*+.^`|~-]{1,64}$/, "expected the name of a cookie: letters, digits, - and _, at most 64");

export const siteSettings = z.strictObject({
  id: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, "expected letters, digits, . _ -")
    .describe("name of the site"),
  hosts: z.array(hostPattern).min(1).default(["*"]).describe("hosts that belong to it"),
  protocols: z
    .array(z.enum(["native", "ga4", "d8a"]))
    .default(["native"])
    .describe("tracking protocols it takes"),
  measurementIds: z
    .array(z.string().min(1).max(128))
    .default([])
    .describe("GA4 measurement ids that belong to it; `*` stands for any characters"),
  ga4Prefix: z
    .string()
    .regex(/^(?:\/[\w.~-]+)*$/, "expected nothing, or a path that starts with / and does not end with it")
    .default("")
    .describe("what stands before `/g/collect` and the other GA4 paths, as in server_container_url"),
  ga4Duplicator: z
    .boolean()
    .default(false)
    .describe("serves the script that copies the hits of GA4's tag at `/g/gd.min.js`, where d8a has it"),
  writeKeys: z.array(z.string().min(16)).default([]).describe("secrets of the site's own servers"),
  trustServerEvents: z
    .array(z.string())
    .default([])
    .describe("addresses and CIDR ranges whose server events (`/str/v1/`) need no write key"),
  timezone: z.string().default("UTC").describe("IANA time zone of its reports"),
  consent: z
    .enum(["required", "assumed"])
    .default("assumed")
    .describe("`required` keeps nothing of a visitor who has not said yes"),
  dnt: z.boolean().default(false).describe("Do Not Track counts as Global Privacy Control does"),
  cookieless: z
    .boolean()
    .default(false)
    .describe("nothing is kept in browsers; visitors are told apart for one day, by address and browser"),
  script: z
    .enum(["core", "full", "legacy"])
    .default("core")
    .describe(
      "what is put into its pages: `full` also observes clicks, forms, reading, `legacy` takes old calls",
    ),
  urlParams: z
    .array(z.string().regex(/^[\w.~-]{1,64}$/, "expected the name of a query parameter"))
    .max(50)
    .default([])
    .describe("query parameters that the script sends beside those of campaigns and referrals"),
  sessions: sessionSettings.prefault({}).describe("when one visit ends and another begins"),
  identity: identitySettings.prefault({}).describe("who may say who somebody is"),
  ...enrichSiteFields,
  ipMasking: z
    .int()
    .min(0)
    .max(4)
    .default(1)
    .describe("0 keeps addresses, 1 /24 and /48, 2 /16 and /32, 3 /8 and /16, 4 nothing of them"),
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
  propertyColumns: z
    .array(z.string().min(1).max(100))
    .max(200)
    .default([])
    .describe("properties that always have a column `params_NAME` in sealed files, beside the most used"),
  legacyPepper: z
    .string()
    .default("")
    .describe("PrefixPrivateHash of the original tracker, so that old hashes join"),
  legacyHashes: z
    .boolean()
    .default(false)
    .describe("write the original tracker's hashes of host, browser and, where kept, address"),
  ...linkSiteFields,
  cookies: z
    .strictObject({
      visitor: cookieName.default("vid").describe("the visitor's id"),
      session: cookieName.default("sid").describe("the session's id"),
      referrer: cookieName.default("ref").describe("who sent the visitor"),
      params: cookieName.default("params").describe("parameters of the variants in force"),
      experiments: cookieName.default("xid").describe("the variants in force"),
    })
    .prefault({})
    .describe("names of the cookies"),
  hsts: z
    .strictObject({
      maxAgeSeconds: z
        .int()
        .min(0)
        .max(126_144_000)
        .default(31_536_000)
        .describe("for how long; 0 takes back what browsers were told"),
      includeSubDomains: z.boolean().default(false).describe("also for all hosts below"),
      preload: z.boolean().default(false).describe("agrees to the list that browsers come with"),
    })
    .nullable()
    .default(null)
    .describe("tells browsers for how long they may reach the site by https alone; null tells nothing"),
  errorPages,
  cookieDomain: z
    .string()
    .regex(/^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i, "expected a host name such as shop.example")
    .nullable()
    .default(null)
    .describe(
      "domain of the cookies at its hosts below that domain; worked out at others, and where it is null",
    ),
});

/** The whole of config.json. Every default is filled in, unknown keys are refused. */
export const configSchema = z.strictObject({
  listen: listenSettings.prefault({}).describe("where it listens, and how long a stop takes"),
  tls: tlsSettings
    .prefault({})
    .describe(
      'certificates; in short an e-mail address (of Let\'s Encrypt), "local", "off", or { "cert": FILE, "key": FILE }',
    ),
  trustedProxies: z
    .array(z.string())
    .default([])
    .describe("proxies in front whose forwarding headers are believed, CIDR"),
  data: dataSettings.prefault({}).describe("where events are kept, and for how long"),
  routes: z
    .array(routeSettings)
    .default([])
    .describe(
      "what answers a request: the longest path that fits its host; each proxies, serves files, responds or redirects",
    ),
  sites: z
    .array(siteSettings)
    .min(1)
    .default(() => [siteSettings.parse({ id: "main" })])
    .describe("whose events are whose; where none is named there is one, `main`, of all hosts"),
  tracking: trackingSettings.prefault({}).describe("where the script is served and events are taken"),
  geo: geoSettings.prefault({}).describe("where visitors are"),
  recordHits: z
    .strictObject({
      file: z.string().min(1).default("./hits.jsonl").describe("where, from the settings file's folder"),
      megabytes: z.number().positive().max(10_000).default(100).describe("size at which a new file begins"),
      files: z.int().min(1).max(1000).default(5).describe("files kept, the current one among them"),
      days: z
        .number()
        .positive()
        .max(400)
        .default(7)
        .describe("no hit is kept longer; `erase` does not reach them"),
    })
    .nullable()
    .default(null)
    .describe(
      "records every hit for `turnpike replay`: addresses and our cookies too, no keys and no logins; null records none",
    ),
  experiments: z
    .array(experimentSettings)
    .default([])
    .describe("what is tried on visitors, decided before the page is sent"),
  sinks: z
    .array(sinkSettings)
    .max(16)
    .default([])
    .describe("where stored events are handed on to, each in a thread of its own"),
  plugins: pluginSettings,
  limits: limitSettings.prefault({}).describe("how much, how often and how slowly may be asked"),
  accessLog: accessLogSettings
    .nullable()
    .default(null)
    .describe("a line for each finished request; null writes none"),
  workers: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe("processes that answer visitors; one per core is the most that helps"),
});

export type Config = z.infer<typeof configSchema>;
export type RouteConfig = Config["routes"][number];
export type SiteConfig = Config["sites"][number];
export type ExperimentConfig = Config["experiments"][number];
