import { z } from "zod";

const address = z.string().regex(/^(\S*:)?\d{1,5}$/, "expected HOST:PORT or :PORT");

export const listenSettings = z.strictObject({
  http: address.default(":8080").describe("where the sites are served, HOST:PORT"),
  https: address
    .default(":8443")
    .describe("where they are served encrypted, HOST:PORT; opened unless tls is off"),
  admin: address.default("127.0.0.1:8081").describe("where the dashboard and its API are served, HOST:PORT"),
  adminHosts: z
    .array(z.string().regex(/^[a-z0-9.-]+$/i, "expected a host name without a port"))
    .default([])
    .describe("names under which the dashboard may be asked for, beside its own address and localhost"),
  stopSeconds: z
    .number()
    .min(0)
    .max(600)
    .default(10)
    .describe("how long a stop waits for running requests, seconds"),
  drainSeconds: z
    .number()
    .min(0)
    .max(86_400)
    .default(300)
    .describe(
      "how long websockets and running requests of the process before go on after a restart with SIGUSR2, seconds",
    ),
});
