import { z } from "zod";

const upstream = z
  .string()
  .refine(
    (text) => text === "demo" || /^http:\/\/[^/\s]+\/?$/.test(text),
    'expected "http://HOST:PORT" or "demo"',
  );

export const proxySettings = z.strictObject({
  upstreams: z
    .array(upstream)
    .min(1)
    .describe("where to send the requests; `demo` is the shop's own back end"),
  connectMs: z.int().min(1).default(5000).describe("longest wait for a connection, ms"),
  firstByteMs: z.int().min(1).default(60_000).describe("longest wait for the answer's head, ms"),
  connections: z.int().min(1).default(256).describe("open connections to one upstream"),
  queue: z.int().min(0).default(4096).describe("requests that wait for a connection"),
  headBytes: z.int().min(1024).default(65_536).describe("longest head of an answer"),
});

export type ProxySettings = z.infer<typeof proxySettings>;
