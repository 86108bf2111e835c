import { z } from "zod";

const requests = z.int().positive().describe("requests in a window");
const windowSeconds = z
  .number()
  .positive()
  .max(86_400)
  .default(60)
  .describe("length of that window, seconds");

const headerName = z
  .string()
  .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/, "expected the name of a header")
  .transform((name) => name.toLowerCase());

const perDay = z.int().positive().nullable().default(null);

/** `limit` of a route: what may be asked of it, beside the limits of all requests. */
export const routeLimit = z.strictObject({
  requests,
  windowSeconds,
  by: z
    .enum(["address", "visitor", "key", "all"])
    .default("address")
    .describe("who is counted alone, without a visitor or key his address; `all` counts everybody together"),
});

/** What the client of the store takes: a host, and of a path a number of a database alone. */
const isStore = (text: string): boolean => {
  if (text === "memory") return true;
  const url = URL.parse(text);
  return (
    url !== null && /^rediss?:$/.test(url.protocol) && url.hostname !== "" && /^\/?\d*$/.test(url.pathname)
  );
};

/** Shown whole in no log: the URL of a server may hold its password. */
const store = z
  .string()
  .refine(
    isStore,
    'expected "memory", or "redis://HOST:PORT" with the number of a database behind it or none',
  )
  .default("memory")
  .describe("where requests are counted: in this process, or in a Redis or Valkey that gateways share");

export const limitSettings = z.strictObject({
  bodyBytes: z
    .int()
    .min(1024)
    .max(1_073_741_824)
    .default(1_048_576)
    .describe("largest body of a collect request, bytes"),
  bufferedBytes: z
    .int()
    .min(1024)
    .default(134_217_728)
    .describe(
      "bodies that are read into memory at once, bytes, at least one of bodyBytes; beyond it the oldest unfinished one gets 503",
    ),
  batchEvents: z.int().min(1).max(100_000).default(5000).describe("most events in one request"),
  urlBytes: z.int().min(256).max(1_048_576).default(16_384).describe("longest path and query, bytes"),
  headerBytes: z
    .int()
    .min(4096)
    .max(1_048_576)
    .default(32_768)
    .describe("all request headers together, bytes"),
  headerFields: z.int().min(10).max(10_000).default(200).describe("most header fields of a request"),
  headerSeconds: z
    .number()
    .min(1)
    .max(600)
    .default(20)
    .describe("how long the headers of a request may take, seconds"),
  bodyBytesPerSecond: z
    .int()
    .min(0)
    .default(240)
    .describe("slowest pace of a body that is waited for; slower ones are cut with 408, 0 cuts none"),
  bodyGraceSeconds: z
    .number()
    .min(1)
    .max(600)
    .default(10)
    .describe("how long a body may come slower than that, seconds"),
  keepAliveSeconds: z
    .number()
    .min(1)
    .max(3600)
    .default(75)
    .describe("how long a connection may wait for its next request, seconds"),
  stalledSeconds: z
    .number()
    .min(1)
    .max(3600)
    .default(60)
    .describe("how long a client may take nothing of an answer that waits for it, seconds"),
  connections: z.int().positive().default(65_536).describe("open connections in all; more get 503"),
  connectionsPerAddress: z
    .int()
    .positive()
    .default(2048)
    .describe("open connections of one address; trusted proxies and exempt addresses have no such limit"),
  requests: z.int().positive().default(1200).describe("requests that one address may make in a window"),
  windowSeconds,
  visitor: z
    .strictObject({ requests, windowSeconds })
    .nullable()
    .default(null)
    .describe("requests of one visitor, beside those of his address"),
  key: z
    .strictObject({
      requests,
      windowSeconds,
      header: headerName
        .default("authorization")
        .describe("header that holds the key; a write key is in `authorization`"),
    })
    .nullable()
    .default(null)
    .describe("requests with one key"),
  daily: z
    .strictObject({
      address: perDay.describe("of one address"),
      visitor: perDay.describe("of one visitor"),
      key: perDay.describe("with one key"),
    })
    .prefault({})
    .describe("requests in a day (UTC); the counts survive a restart"),
  addresses: z
    .int()
    .positive()
    .default(100_000)
    .describe("addresses, visitors and keys counted at once; the quietest is forgotten"),
  exempt: z
    .array(z.string())
    .default(["127.0.0.0/8", "::1/128"])
    .describe("addresses or CIDR ranges that are not limited, unless they come with a forwarding header"),
  allow: z
    .array(z.string())
    .default([])
    .describe("addresses or CIDR ranges that are neither limited nor banned, also inside a banned range"),
  ban: z.array(z.string()).default([]).describe("addresses or CIDR ranges that are refused"),
  banned: z
    .enum(["403", "close"])
    .default("403")
    .describe("how they are refused: with 403, or by closing the connection without an answer"),
  store,
  pendingEvents: z
    .int()
    .min(100)
    .default(50_000)
    .describe("events waiting for the disk before collect answers 503"),
  pendingBytes: z.int().min(1024).default(67_108_864).describe("bytes of such events before it does, too"),
});

export type LimitSettings = z.infer<typeof limitSettings>;
export type RouteLimit = z.infer<typeof routeLimit>;
