import { isIP } from "node:net";
import type { Site } from "../model/site.ts";

/** The value of `Strict-Transport-Security`; null where the site has none, or the host is an address (RFC 6797 §8.1.1). */
export const hstsOf = ({ hsts }: Pick<Site, "hsts">, host: string): string | null => {
  if (!hsts || isIP(host.replace(/^\[|\]$/g, ""))) return null;
  const { maxAgeSeconds, includeSubDomains, preload } = hsts;
  return [`max-age=${maxAgeSeconds}`, includeSubDomains && "includeSubDomains", preload && "preload"]
    .filter(Boolean)
    .join("; ");
};
