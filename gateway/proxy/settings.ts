import { z } from "zod";
import { fieldName, fieldValue } from "../http/header-fields.ts";

const address = z
  .string()
  .refine(
    (text) => text === "demo" || /^(https?:\/\/[^/\s?#@]+\/?|unix:\/\S+)$/.test(text),
    'expected "http://HOST:PORT", "https://HOST:PORT", "unix:/PATH" or "demo"',
  );

const upstream = z.union([
  address,
  z.strictObject({
    url: address.describe("where it is, as in the short form of one text"),
    weight: z.int().min(1).max(1000).default(1).describe("share of the requests, beside the others'"),
    verify: z.boolean().default(true).describe("check the certificate of an https upstream"),
  }),
]);

export const headerRules = z.strictObject({
  set: z.record(fieldName, fieldValue).default({}).describe("replaces what is there"),
  add: z.record(fieldName, fieldValue).default({}).describe("beside what is there"),
  remove: z.array(fieldName).default([]).describe("taken out"),
});

/** The address of an upstream as the settings write it, in short or in full. */
export const addressOf = (upstream: ProxySettings["upstreams"][number]): string =>
  typeof upstream === "string" ? upstream : upstream.url;

export type HeaderRules = z.infer<typeof headerRules>;

export const proxySettings = z.strictObject({
  upstreams: z
    .array(upstream)
    .min(1)
    .describe("where to send the requests; `demo` is the shop's own back end"),
  balance: z
    .union([z.enum(["round-robin", "least-connections", "visitor"]), z.string().regex(/^header:[\w-]+$/)])
    .default("round-robin")
    .describe(
      "which upstream comes next; `visitor` and `header:NAME` keep one visitor, one value, at one upstream",
    ),
  strip: z.boolean().default(false).describe("take the route's path off the front"),
  rewrite: z
    .string()
    .regex(/^\/\S*$/, "expected a path")
    .nullable()
    .default(null)
    .describe("put this in the place of the route's path"),
  sticky: z
    .strictObject({
      cookie: z
        .string()
        .regex(/^[\w-]{1,64}$/, "expected the name of a cookie")
        .nullable()
        .default(null)
        .describe("its name; made of the upstreams where it is null"),
      maxAgeSeconds: z
        .int()
        .min(1)
        .max(34_560_000)
        .nullable()
        .default(null)
        .describe("how long browsers keep it; until they are closed where it is null"),
    })
    .nullable()
    .default(null)
    .describe("keep a browser at one upstream by a cookie; null does not"),
  bodyBytes: z
    .int()
    .min(0)
    .nullable()
    .default(null)
    .describe("largest body of a request, bytes; larger ones get 413, and null takes any"),
  requestHeaders: headerRules.prefault({}).describe("of requests on their way to the upstream"),
  responseHeaders: headerRules.prefault({}).describe("of answers on their way to the client"),
  connectMs: z.int().min(1).default(5000).describe("longest wait for a connection, ms"),
  firstByteMs: z.int().min(1).default(60_000).describe("longest wait for the answer's head, ms"),
  idleMs: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      "longest silence of the upstream in the middle of an answer, ms, after which it is cut; null: none, as streams of events need",
    ),
  connections: z
    .int()
    .min(1)
    .default(256)
    .describe(
      "requests that one upstream works on at once; streams of events and what slow clients send or take are beside them, up to 16 times as many",
    ),
  queue: z.int().min(0).default(4096).describe("requests that wait for a connection"),
  headBytes: z.int().min(1024).default(65_536).describe("longest head of an answer"),
  tries: z
    .int()
    .min(1)
    .max(10)
    .default(2)
    .describe(
      "upstreams tried for a request that got no answer and may be repeated, or that none of them has seen",
    ),
  failures: z.int().min(1).default(5).describe("failures in a row after which an upstream is left out"),
  pauseSeconds: z
    .number()
    .positive()
    .default(10)
    .describe("how long it is left out; then one request tries it"),
  health: z
    .strictObject({
      path: z
        .string()
        .regex(/^\/\S*$/, "expected a path")
        .describe("asked with GET; 2xx and 3xx are healthy"),
      intervalSeconds: z.number().positive().default(5).describe("time from one question to the next"),
      timeoutMs: z.int().min(1).default(2000).describe("longest wait for its answer, ms"),
    })
    .nullable()
    .default(null)
    .describe("ask each upstream whether it is well; null does not"),
});

export type ProxySettings = z.infer<typeof proxySettings>;
