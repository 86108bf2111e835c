import { z } from "zod";

/** `identity` of a site. */
export const identitySettings = z
  .strictObject({
    allowWithoutOrigin: z
      .boolean()
      .default(false)
      .describe("hits of no browser may say who somebody is, as server-side GA4 needs"),
    cookie: z.string().min(1).optional().describe("cookie that holds the site's login token (JWT)"),
    header: z.string().min(1).optional().describe("header that holds it, with `Bearer` before it or not"),
    secret: z.string().min(32).optional().describe("what the token is signed with (HS256, HS384, HS512)"),
    jwks: z
      .string()
      .min(1)
      .optional()
      .describe("file of the public keys it is signed with, a JSON Web Key Set"),
    claim: z.string().min(1).default("sub").describe("claim of the token that is the user's id"),
  })
  .refine(({ cookie, header, secret, jwks }) => !(cookie || header) || Boolean(secret) !== Boolean(jwks), {
    message: "a login token needs either `secret` or `jwks` to be checked with",
  })
  .refine(({ cookie, header, secret, jwks }) => !(secret || jwks) || Boolean(cookie || header), {
    message: "name the `cookie` or `header` that holds the login token",
  });
