import { isIPv4 } from "node:net";
import { coversHost } from "./read-certificate.ts";

/**
 * The hosts of settings that none of the certificates names, whose visitors over https are refused. Left out is what nobody
 * can tell of: any host, addresses, which clients do not name, and a wildcard below which some name lies; and this machine,
 * which is for development.
 */
export const unnamedHosts = (
  certificates: readonly (readonly string[])[],
  hosts: readonly string[],
): readonly string[] =>
  [...new Set(hosts)].filter((host) => {
    if (host === "*" || host.startsWith("[") || isIPv4(host) || /(^|\.)localhost$/.test(host)) return false;
    const end = host.startsWith("*.") ? host.slice(1) : null;
    return !certificates.some((names) =>
      end === null ? coversHost(names, host) : names.some((name) => name.endsWith(end)),
    );
  });

/** What becomes of them. */
export const sayUnnamed = (hosts: readonly string[]): string =>
  `no certificate in tls names ${hosts.join(", ")}: https is refused there, and http is not sent to it`;
