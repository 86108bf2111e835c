/** Which certificates the hosts of the settings ask of their clients: what their routes say. */
import { readFileSync } from "node:fs";
import type { Config } from "./config/schema.ts";
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
      table = tableOf(next);
    },
  };
};

const tableOf = ({ routes }: Config): ((host: string) => readonly Authorities[]) | null => {
  const asking = routes.flatMap(({ hosts, clientCertificates: wish }) =>
    wish ? [{ hosts, value: { file: wish.ca, pem: readFileSync(wish.ca, "utf8") } }] : [],
  );
  return asking.length === 0 ? null : createHostTable<Authorities>(asking);
};
