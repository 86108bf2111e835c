/** The files that routes and sites name beside their folders: made absolute, and looked for. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Mistake } from "./mistakes.ts";
import { whyNoFile } from "./named-paths.ts";
import type { RouteConfig, SiteConfig } from "./schema.ts";

type Naming = Pick<SiteConfig, "errorPages"> & Pick<RouteConfig, "clientCertificates">;

/** The same with absolute paths. */
export const withAbsoluteFiles = <T extends Partial<Naming>>(part: T, folder: string): T => ({
  ...part,
  ...(part.errorPages && { errorPages: absolutePages(part.errorPages, folder) }),
  ...(part.clientCertificates && {
    clientCertificates: { ...part.clientCertificates, ca: resolve(folder, part.clientCertificates.ca) },
  }),
});

const absolutePages = (pages: Readonly<Record<string, string>>, folder: string): Record<string, string> =>
  Object.fromEntries(Object.entries(pages).map(([status, file]) => [status, resolve(folder, file)]));

/** What is wrong with the files of a part, whose own path is `at`. */
export const checkFiles = function* (at: string, part: Partial<Naming>, folder: string): Iterable<Mistake> {
  for (const [status, file] of Object.entries(part.errorPages ?? {})) {
    yield* missing(`${at}.errorPages.${status}`, resolve(folder, file));
  }
  if (!part.clientCertificates) return;
  const path = `${at}.clientCertificates.ca`;
  const full = resolve(folder, part.clientCertificates.ca);
  const gone = [...missing(path, full)];
  yield* gone;
  if (gone.length === 0 && !holdsCertificate(full)) {
    yield { path, message: `${full} holds no certificate: expected one or more in PEM` };
  }
};

/** Two routes of one host that name different authorities: a connection can ask for those of one alone. */
export const checkAuthorities = function* (routes: readonly (RouteConfig | null)[]): Iterable<Mistake> {
  for (const [i, route] of routes.entries()) {
    const ca = route?.clientCertificates?.ca;
    if (!route || ca === undefined) continue;
    const other = routes.findIndex(
      (before, n) =>
        n < i &&
        before?.clientCertificates !== undefined &&
        before.clientCertificates.ca !== ca &&
        before.hosts.some((host) => route.hosts.includes(host)),
    );
    if (other < 0) continue;
    const message = `is not the one of routes[${other}], which has the same host: a host asks for the certificates of one file`;
    yield { path: `routes[${i}].clientCertificates.ca`, message };
  }
};

const missing = function* (path: string, full: string): Iterable<Mistake> {
  const message = whyNoFile(full);
  if (message !== null) yield { path, message };
};

/** The file can be read, and a certificate in PEM is in it. */
export const holdsCertificate = (file: string): boolean => {
  try {
    return new X509Certificate(readFileSync(file)).raw.length > 0;
  } catch {
    return false; // it throws for what it cannot read
  }
};
