import { z } from "zod";
import { fieldName, fieldValue } from "../http/header-fields.ts";
import { parseCidrs } from "../lib/ip.ts";
import { repeatsRepeats } from "../lib/slow-pattern.ts";
import { parseHash } from "./password-hash.ts";
import { originOf } from "./redirect-target.ts";

const isRange = (text: string): boolean => {
  try {
    parseCidrs([text]);
    return true;
  } catch {
    return false; // it throws for what it cannot read
  }
};

const ranges = z
  .array(z.string().refine(isRange, "expected an address or a range such as 10.0.0.0/8"))
  .min(1)
  .max(10_000)
  .optional();

const server = z
  .string()
  .regex(
    /^(https?:\/\/[^/\s?#@]+\/?|unix:\/\S+)$/,
    'expected "http://HOST:PORT", "https://HOST:PORT" or "unix:/PATH"',
  );

/** What the gateway says of a request itself: two of them would be two answers to one question. */
const told = [
  "forwarded",
  "host",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-request-id",
];

const headerForUpstream = fieldName.refine(
  (name) => !told.includes(name),
  "is set by the gateway itself, and cannot be said by others",
);

const basicAuth = z.strictObject({
  users: z
    .record(
      z.string().regex(/^[^:\x00-\x1f\x7f]{1,256}$/, "expected a name without a colon"),
      z.string().refine((text) => parseHash(text) !== null, "expected what `turnpike hash-password` prints"),
    )
    .refine((users) => Object.keys(users).length > 0, "expected at least one user")
    .describe("name → hash of the password, as `turnpike hash-password` prints it"),
  realm: z
    .string()
    .regex(/^[\x20\x21\x23-\x5b\x5d-\x7e]{1,200}$/, "expected plain text without quotes")
    .default("restricted")
    .describe("what browsers show beside the question"),
  passOn: z.boolean().default(false).describe("let the upstream see the `Authorization` header"),
  userHeader: headerForUpstream.nullable().default(null).describe("header that tells the upstream who it is"),
});

const forwardAuth = z.strictObject({
  url: z
    .string()
    .refine(
      (text) => /^https?:\/\//.test(text) && URL.canParse(text),
      "expected http://HOST/PATH or https://HOST/PATH",
    )
    .refine(
      (text) => !URL.canParse(text) || new URL(text).username === "",
      "a URL with a password is not asked",
    )
    .describe("asked about each request; 2xx lets it through, any other answer goes to the client"),
  verify: z.boolean().default(true).describe("check its certificate where it is https"),
  copyHeaders: z
    .array(headerForUpstream)
    .max(50)
    .default([])
    .describe("headers of its answer put onto the request; the client's own of these names are taken out"),
  timeoutMs: z.int().min(1).max(300_000).default(5000).describe("longest wait for its answer; then 503"),
});

const isPattern = (text: string): boolean => {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false; // likewise
  }
};

const redirectRule = z.strictObject({
  pattern: z
    .string()
    .min(1)
    .max(500)
    .refine(isPattern, "expected a regular expression")
    .refine(
      (text) => !isPattern(text) || !repeatsRepeats(text),
      "repeats a repetition or a choice, which can take for ever",
    )
    .describe("regular expression that the path must match; `^/old/(.*)$`"),
  to: z
    .string()
    .max(2000)
    .refine(
      (text) => originOf(text) !== null,
      "expected a path that starts with one / or http(s)://HOST/… with the host written out",
    )
    .describe("where to; `$1` is what the first group matched; the query goes along unless this has one"),
  status: z
    .union([z.literal(301), z.literal(302), z.literal(303), z.literal(307), z.literal(308)])
    .default(302)
    .describe("301 and 308 are kept by browsers; 307 and 308 keep the method and the body"),
});

const respond = z.strictObject({
  status: z.int().min(200).max(599).default(200).describe("its status"),
  body: z.string().max(65_536).default("").describe("its text"),
  headers: z
    .record(fieldName, fieldValue)
    .default({})
    .describe("`content-type` is text/plain where none is named"),
});

const mirror = z.strictObject({
  upstream: server.describe("gets a copy of each request; what it answers is thrown away"),
  verify: z.boolean().default(true).describe("check its certificate where it is https"),
  percent: z.number().min(0).max(100).default(100).describe("share of the requests that are copied"),
  bodyBytes: z
    .int()
    .min(0)
    .max(1_048_576)
    .default(65_536)
    .describe("largest body that is copied; a request with a larger one is not"),
  timeoutMs: z.int().min(1).max(300_000).default(10_000).describe("longest wait for the copy's answer"),
});

const clientCertificates = z.strictObject({
  ca: z.string().min(1).describe("PEM file of the authorities that sign the clients' certificates"),
  mode: z
    .enum(["require", "optional"])
    .default("require")
    .describe("`require` answers 403 to who shows none; `optional` lets everybody in and says who it is"),
});

/** Pages in the place of refusals: status → file. */
export const errorPages = z
  .record(z.string().regex(/^[45]\d\d$/, "expected a status from 400 to 599"), z.string().min(1))
  .optional()
  .describe(
    "status → file that is sent with it in the place of one plain sentence; `{{requestId}}` in it becomes the request's id",
  );

export const middlewareFields = {
  allow: ranges.describe("addresses and ranges that may come in; others get 403"),
  deny: ranges.describe("addresses and ranges that get 403, whatever `allow` says"),
  clientCertificates: clientCertificates.optional().describe("who shows which certificate, over TLS"),
  basicAuth: basicAuth.optional().describe("asks for a name and a password"),
  forwardAuth: forwardAuth.optional().describe("asks another server who may come in"),
  redirect: z
    .array(redirectRule)
    .min(1)
    .max(1000)
    .optional()
    .describe("the first rule that fits sends elsewhere"),
  respond: respond.optional().describe("answer with this"),
  mirror: mirror
    .optional()
    .describe("send a copy of each request to another server too; websockets are not copied"),
  compress: z
    .union([
      z.boolean(),
      z.strictObject({ minBytes: z.int().min(0).default(1024).describe("shorter answers go as they are") }),
    ])
    .default(false)
    .describe("compress text that comes without a coding"),
  errorPages,
  interceptErrors: z
    .boolean()
    .default(false)
    .describe("show `errorPages` also in the place of the upstream's own answers of these statuses"),
};

const middlewares = z.strictObject(middlewareFields);

/** What a route of the settings says of the middlewares. */
export type MiddlewareSettings = z.infer<typeof middlewares>;
export type BasicAuthSettings = NonNullable<MiddlewareSettings["basicAuth"]>;
export type ForwardAuthSettings = NonNullable<MiddlewareSettings["forwardAuth"]>;
export type RedirectRules = NonNullable<MiddlewareSettings["redirect"]>;
export type RespondSettings = NonNullable<MiddlewareSettings["respond"]>;
export type MirrorSettings = NonNullable<MiddlewareSettings["mirror"]>;
export type ClientCertificateSettings = NonNullable<MiddlewareSettings["clientCertificates"]>;
