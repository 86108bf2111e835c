import { z } from "zod";
import { parseCidrs } from "../lib/ip.ts";
import { keysOf } from "./key-set.ts";

/** True for a key set that is asked for at an address; other texts are files. */
export const isKeyAddress = (jwks: string): boolean => /^https?:\/\//i.test(jwks);

const isWrong = (work: () => unknown): string | null => {
  try {
    work();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

const keySet = z
  .looseObject({ keys: z.array(z.looseObject({})).describe("the keys, as JSON Web Keys") })
  .superRefine((set, context) => {
    const wrong = isWrong(() => keysOf(set));
    if (wrong !== null) context.addIssue({ code: "custom", message: wrong });
  });

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
      .union([z.string().min(1), keySet])
      .optional()
      .describe(
        "public keys it is signed with, a JSON Web Key Set: itself, its file, or its http(s) address",
      ),
    jwksAllow: z
      .array(
        z.string().superRefine((range, context) => {
          const wrong = isWrong(() => parseCidrs([range]));
          if (wrong !== null) context.addIssue({ code: "custom", message: wrong });
        }),
      )
      .default([])
      .describe("inner addresses or ranges where the address of `jwks` may lie"),
    issuer: z.string().min(1).optional().describe("who must have made the token (`iss`)"),
    audience: z.string().min(1).optional().describe("whom the token must be meant for (`aud`)"),
    claim: z.string().min(1).default("sub").describe("claim of the token that is the user's id"),
  })
  .refine(({ cookie, header, secret, jwks }) => !(cookie || header) || Boolean(secret) !== Boolean(jwks), {
    message: "a login token needs either `secret` or `jwks` to be checked with",
  })
  .refine(({ cookie, header, secret, jwks }) => !(secret || jwks) || Boolean(cookie || header), {
    message: "name the `cookie` or `header` that holds the login token",
  });
