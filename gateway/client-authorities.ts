/** Which certificates the hosts of the settings ask of their clients: what their routes say. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Config } from "./config/schema.ts";
import { codeOf } from "./lib/error-code.ts";
import type { Authorities, ClientAuthorities } from "./listen/tls/client-authorities.ts";
import { createHostTable } from "./route/host-table.ts";

/** Throws where a file cannot be read. */
export const createClientAuthorities = (
  config: Config,
): ClientAuthorities & { follow(next: Config): void } => {
  let table = tableOf(config);
  return {
    any: () => table !== null,
    of: (host) => table?.(host)[0] ?? null,
    follow(next) {
      table = tableOf(next); // where that throws, what was before counts on
    },
  };
};

const tableOf = ({ routes }: Config): ((host: string) => readonly Authorities[]) | null => {
  const asking = routes.flatMap(({ hosts, clientCertificates: wish }) =>
    wish ? [{ hosts, value: { file: wish.ca, pem: readAuthorities(wish.ca) } }] : [],
  );
  return asking.length === 0 ? null : createHostTable<Authorities>(asking);
};

const blocks = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** Looked at here already: at the first connection of a client it would be too late to say no. */
const readAuthorities = (file: string): string => {
  try {
    const pem = readFileSync(file, "utf8");
    // OpenSSL would leave out all that stands behind one that it cannot read, and refuse clients without a word.
    for (const [one] of pem.matchAll(blocks)) new X509Certificate(one);
    return pem;
  } catch (cause) {
    throw new Error(
      `tls: ${file} cannot be used (${codeOf(cause)}): clientCertificates.ca names a PEM file of certificates`,
      { cause },
    );
  }
};
