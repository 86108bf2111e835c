import { z } from "zod";

const hostName = z
  .string()
  .regex(/^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i, "expected a host name, without a port")
  .transform((host) => host.toLowerCase());

const linkKey = z.strictObject({
  id: z
    .string()
    .regex(/^[\w-]{1,32}$/, "expected letters, digits, _ -")
    .describe("name of the key"),
  secret: z.string().min(32).describe("what both gateways know"),
});

/** Of a site: to whom, and from whom, its visitors are handed over. */
export const linkSiteFields = {
  linkDomains: z
    .array(hostName)
    .max(50)
    .default([])
    .describe("hosts of the same owner: a visitor who follows a link from or to one of them stays the same"),
  linkKeys: z
    .array(linkKey)
    .max(10)
    .default([])
    .describe(
      "keys shared with the gateways of linkDomains; the first seals; this gateway's own where empty",
    ),
};
