import {
  type ClientCertificate,
  certificateHeaders,
  clientIdentityOf,
  isForAnotherHost,
} from "../http/client-certificate.ts";
import type { Upgrade } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import type { Guard } from "./guard.ts";
import type { ClientCertificateSettings } from "./settings.ts";

/**
 * Lets in who has shown a certificate of the settings' authorities, and tells the upstream whose it is. What counts is the
 * connection's, whatever host the request names: one that was opened for another host is sent away with 421,
 * upon which clients open their own.
 */
export const guardByCertificate = ({ ca, mode }: ClientCertificateSettings): Guard => {
  return (x) => {
    const identity = clientIdentityOf(x.req);
    const isOurs = identity?.authorities === ca;
    tell(x, isOurs ? identity.certificate : null);
    if (isOurs && identity.certificate) return null;
    if (mode === "optional" && (isOurs || !isForAnotherHost(x.req, x.host))) return null;
    if (!("encrypted" in x.req.socket))
      throw new HttpError(403, "a client certificate is needed here, over https");
    if (!isOurs)
      throw new HttpError(421, "this connection was opened for another host, which asks for no certificate");
    throw new HttpError(
      403,
      identity.trouble === null
        ? "a client certificate is needed here"
        : `the client certificate is not accepted (${identity.trouble})`,
    );
  };
};

const tell = ({ requestEdits }: Upgrade, certificate: ClientCertificate | null): void => {
  for (const part of ["subject", "issuer", "serial", "fingerprint"] as const) {
    requestEdits.set(certificateHeaders[part], certificate === null ? null : certificate[part]);
  }
};
