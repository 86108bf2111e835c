import { z } from "zod";

/** Host patterns: a name, `*.example.com`, or `*`. */
export const hostPattern = z
  .string()
  .regex(
    /^(\*|(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])$/i,
    "expected a host name, *.example.com or *",
  )
  .transform((host) => host.toLowerCase());

export const routeFields = {
  hosts: z.array(hostPattern).default(["*"]).describe("hosts it answers for"),
  path: z.string().regex(/^\//, "expected a path that starts with /").default("/").describe("path prefix"),
  inject: z.boolean().default(false).describe("put the script and the variants into HTML documents"),
};
