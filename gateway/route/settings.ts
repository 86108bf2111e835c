import { z } from "zod";

/** Host patterns: a name, `*.example.com`, or `*`. */
export const hostPattern = z
  .string()
  .regex(
    /^(\*|(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])$/i,
    "expected a host name without a port, in letters of ASCII (`xn--…`), *.example.com or *",
  )
  .transform((host) => host.toLowerCase());

export const routeFields = {
  hosts: z.array(hostPattern).default(["*"]).describe("hosts it answers for"),
  path: z
    .string()
    .regex(/^\//, "expected a path that starts with /")
    .regex(/^[^*?#]*$/, "expected a path and nothing else: it stands for all below it without a *, ? or #")
    .regex(
      /^(?:[^%\\]|%[\da-f]{2})*$/i,
      "expected a path without backslashes, with two hexadecimal digits after each %",
    )
    .refine(
      (path) => !/\/\/|\/\.{1,2}(\/|$)/.test(path),
      "expected a path without //, /./ and /../, which no request has",
    )
    .default("/")
    .describe("path prefix"),
  inject: z.boolean().default(false).describe("put the script and the variants into HTML documents"),
};
