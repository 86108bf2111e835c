import { z } from "zod";

const address = z.string().regex(/^(\S*:)?\d{1,5}$/, "expected HOST:PORT or :PORT");

export const listenSettings = z.strictObject({
  http: address.default(":8080").describe("where the sites are served, HOST:PORT"),
  https: address
    .default(":8443")
    .describe("where they are served encrypted, HOST:PORT; opened unless tls is off"),
  admin: address.default("127.0.0.1:8081").describe("where the dashboard and its API are served, HOST:PORT"),
  stopSeconds: z
    .number()
    .min(0)
    .max(600)
    .default(10)
    .describe("how long a stop waits for running requests, seconds"),
});
