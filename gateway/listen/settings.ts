import { z } from "zod";

/** A name, an IPv4 address, or an IPv6 address in brackets, before the port; a text of digits and dots is an address. */
const form = /^((?![\d.]+:)[\w.-]+|(\d{1,3}\.){3}\d{1,3}|\[[\da-f:.]+(%\w+)?\])?:\d{1,5}$|^\d{1,5}$/i;

const address = z
  .string('expected a text such as ":8080" or "127.0.0.1:8080"')
  .regex(form, { error: "expected HOST:PORT or :PORT, an IPv6 address in brackets", abort: true })
  .refine((text) => Number(text.slice(text.lastIndexOf(":") + 1)) <= 65_535, "expected a port up to 65535");

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
