import { z } from "zod";
import { nearest } from "../../lib/nearest.ts";

const file = z.string().min(1);

const fields = {
  mode: z
    .enum(["acme", "files", "local", "off"])
    .default("off")
    .describe(
      "where certificates come from: an authority on the internet, files, an authority of our own for development, or nowhere",
    ),
  email: z
    .string()
    .regex(/^[^\s@,]+@[^\s@,]+\.[^\s@,]+$/, "expected an e-mail address")
    .optional()
    .describe("whom the certificate authority may write to; naming it agrees to its terms of service"),
  directory: z
    .union([
      z.enum(["letsencrypt", "letsencrypt-staging"]),
      z.string().regex(/^https:\/\/[^\s/]+\/\S*$/, "expected https://HOST/PATH"),
    ])
    .default("letsencrypt")
    .describe("the authority: Let's Encrypt, its staging, or the URL of another one's ACME directory"),
  root: file.optional().describe("PEM file of the root by which the authority's own server is checked"),
  eab: z
    .strictObject({
      kid: z.string().min(1).describe("the key's id, as the authority gives it"),
      hmacKey: z.string().min(1).describe("the key itself, base64url"),
    })
    .optional()
    .describe("the account at an authority that wants one to exist (external account binding)"),
  challenge: z
    .enum(["auto", "http-01", "tls-alpn-01", "dns-01"])
    .default("auto")
    .describe(
      "how hosts are proven to be ours; auto takes dns-01 where dns is set, else the two others in turn",
    ),
  dns: z
    .strictObject({
      command: z
        .array(z.string())
        .min(1)
        .describe("program and arguments; `present NAME VALUE` or `cleanup NAME VALUE` follow"),
      waitSeconds: z
        .int()
        .min(0)
        .max(3600)
        .default(0)
        .describe("wait after it, until all name servers have the record"),
    })
    .optional()
    .describe("a command that puts a TXT record into the DNS and takes it out again"),
  profile: z
    .string()
    .regex(/^[\w.-]{1,64}$/, "expected a profile's name, e.g. tlsserver or shortlived")
    .optional()
    .describe("which kind of certificate, by the authority's names"),
  store: file
    .optional()
    .describe(
      "folder of account and certificates, may be shared by several gateways; data.dir/certs where left out",
    ),
  onDemand: z
    .strictObject({
      ask: z
        .string()
        .regex(/^https?:\/\/\S+$/, "expected http://HOST/PATH or https://HOST/PATH")
        .describe("asked with ?domain=HOST, before a renewal again; 2xx allows a certificate"),
      allow: z
        .array(z.string())
        .default([])
        .describe("private addresses at which `ask` may be, CIDR; others are refused"),
      most: z.int().min(1).max(100_000).default(1000).describe("hosts that may get one this way"),
    })
    .optional()
    .describe("certificates for hosts that are first heard of in a connection"),
  files: z
    .array(
      z.strictObject({
        cert: file.describe("the certificate, with those between it and its root"),
        key: file.describe("its private key"),
      }),
    )
    .default([])
    .describe(
      "PEM files of mode files; read again when they change; the first is for clients that name no host",
    ),
  minVersion: z.enum(["1.2", "1.3"]).default("1.2").describe("oldest version of TLS that is spoken"),
  redirect: z
    .boolean()
    .optional()
    .describe("send http to https with 308; left out: yes for acme and files, no for local"),
  redirectExcept: z
    .array(z.string().regex(/^\//, "expected a path that starts with /"))
    .default([])
    .describe("paths, with all below those that end in /, that stay on http"),
  publicPort: z
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .describe("the port that browsers use for https, where it is not the one of listen.https"),
};

// The short forms are written out before this is read, so that it would not name them by itself.
const forms =
  'expected "local", "off", an e-mail address for Let\'s Encrypt, { cert, key }, or an object with mode';

export const tlsSettings = z.strictObject(fields, {
  error: ({ code, input }) => (code === "invalid_type" ? `${meantBy(input)}${forms}` : undefined),
});

/** What somebody likely wanted to write. */
const meantBy = (tls: unknown): string => {
  if (typeof tls !== "string") return "";
  if (tls === "acme") return 'did you mean { "mode": "acme" }? ';
  if (tls === "files") return 'did you mean { "cert": "FILE", "key": "FILE" }? ';
  const meant = nearest(tls, ["local", "off"]);
  return meant === null ? "" : `did you mean "${meant}"? `;
};

export type TlsSettings = z.infer<typeof tlsSettings>;

/**
 * The short forms written out: `"ops@shop.example"` is acme, `"local"` and `"off"` are modes, `{cert, key}` is files.
 * An object without a mode has the one that its other keys are about. Anything else comes back as it is. A key that none
 * of these forms has stays beside cert and key, of which it is likely one that is misspelt.
 */
export const writeOutTls = (tls: unknown): unknown => {
  if (tls === "local" || tls === "off") return { mode: tls };
  if (typeof tls === "string" && tls.includes("@")) return { mode: "acme", email: tls };
  if (typeof tls !== "object" || tls === null || Array.isArray(tls) || "mode" in tls) return tls;
  if ("cert" in tls || "key" in tls) {
    const { cert, key, ...rest }: { cert?: unknown; key?: unknown } = tls;
    const [known, strange] = [true, false].map((isField) =>
      Object.fromEntries(Object.entries(rest).filter(([name]) => Object.hasOwn(fields, name) === isField)),
    );
    return { mode: "files", files: [{ cert, key, ...strange }], ...known };
  }
  if ("files" in tls) return { mode: "files", ...tls };
  return ["email", "directory", "dns", "onDemand"].some((key) => key in tls) ? { mode: "acme", ...tls } : tls;
};

/** Where something stands that was written in a short form: the path of what was written out, as the file has it. */
export const asWritten = (path: string, tls: unknown): string =>
  typeof tls === "object" && tls !== null && !("mode" in tls) && ("cert" in tls || "key" in tls)
    ? path.replace(/^tls\.files\[0\]/, "tls")
    : path;

/** The hosts of settings that an authority can certify: exact names of the public DNS, and with dns-01 wildcards. */
export const certifiable = (hosts: readonly string[], withWildcards: boolean): readonly string[] => {
  const wildcards = withWildcards ? hosts.filter((host) => host.startsWith("*.")) : [];
  const covered = (host: string) => wildcards.includes(`*${host.slice(host.indexOf("."))}`);
  const exact = hosts.filter((host) => isPublicName(host) && !covered(host));
  return [...new Set([...wildcards, ...exact])];
};

/** The hosts of settings for which an authority gives no certificate, a sentence each; none where it is not asked. */
export const uncertified = (tls: TlsSettings, hosts: readonly string[]): readonly string[] => {
  if (tls.mode !== "acme") return [];
  const reached = certifiable(hosts, tls.dns !== undefined);
  return [...new Set(hosts)].flatMap((host) => {
    if (host === "*" || host === "localhost" || host.endsWith(".localhost")) return [];
    if (host.startsWith("*."))
      return tls.dns || tls.onDemand
        ? []
        : `${host} gets no certificate: a wildcard is proven by the DNS alone, so set tls.dns, or name its hosts one by one`;
    return isPublicName(host) || reached.includes(host)
      ? []
      : `${host} gets no certificate: an authority certifies names of the public DNS, so name it by one, or set tls to files or local`;
  });
};

/** A name with a dot that is no address: those without one, and `localhost`, no authority certifies. */
export const isPublicName = (host: string): boolean =>
  host.length <= 253 &&
  /^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/.test(host) &&
  !host.endsWith(".localhost");
