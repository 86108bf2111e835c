import { resolve } from "node:path";
import { certifiable } from "../listen/tls/settings.ts";
import type { Mistake } from "./mistakes.ts";
import { whyNoFile } from "./named-paths.ts";
import { holdsCertificate } from "./route-files.ts";
import type { Config } from "./schema.ts";

type Tls = Config["tls"];

/** What is missing for the mode of TLS that is asked for; `hosts` are those of all sites and routes. */
export const checkTls = function* (tls: Tls, hosts: readonly string[], folder: string): Iterable<Mistake> {
  if (tls.mode === "acme") yield* checkAcme(tls, hosts);
  if (tls.mode === "files" && tls.files.length === 0) {
    yield { path: "tls.files", message: "is missing: name at least one pair of cert and key" };
  }
  yield* checkFile("tls.root", tls.root, folder);
  yield* checkRoot(tls.root, folder);
  for (const [i, { cert, key }] of tls.files.entries()) {
    yield* checkFile(`tls.files[${i}].cert`, cert, folder);
    yield* checkFile(`tls.files[${i}].key`, key, folder);
  }
};

const checkAcme = function* (tls: Tls, hosts: readonly string[]): Iterable<Mistake> {
  if (tls.challenge === "dns-01" && !tls.dns) {
    yield { path: "tls.dns", message: "is missing: challenge dns-01 needs a command that sets the record" };
  }
  if (tls.onDemand || certifiable(hosts, tls.dns !== undefined).length > 0) return;
  const message = `there is no host to get a certificate for: name one, such as "shop.example", in hosts of a site or a route`;
  yield { path: "tls", message };
};

const checkRoot = function* (root: string | undefined, folder: string): Iterable<Mistake> {
  if (root === undefined) return;
  const full = resolve(folder, root);
  if (whyNoFile(full) === null && !holdsCertificate(full))
    yield { path: "tls.root", message: `${full} holds no certificate in PEM, or cannot be read` };
};

const checkFile = function* (path: string, file: string | undefined, folder: string): Iterable<Mistake> {
  if (file === undefined) return;
  const message = whyNoFile(resolve(folder, file));
  if (message !== null) yield { path, message };
};
