import { X509Certificate } from "node:crypto";
import { readAll, readDer } from "../../lib/der.ts";

/** What we must know of a certificate to serve it and to renew it in time. */
export interface CertificateFacts {
  /** ms since 1970 */
  readonly notBefore: number;
  readonly notAfter: number;
  /** DNS names, lower case; wildcards as `*.shop.example`; addresses as they are */
  readonly hosts: readonly string[];
  /** who signed it, in words */
  readonly issuer: string;
  /** its name in RFC 9773 §4.1; null where its issuer gave none */
  readonly id: string | null;
}

/** The facts of the first certificate in a PEM file; throws when there is none. */
export const readCertificate = (pem: string): CertificateFacts => {
  const certificate = new X509Certificate(pem);
  return {
    notBefore: Date.parse(certificate.validFrom),
    notAfter: Date.parse(certificate.validTo),
    hosts: hostsOf(certificate),
    issuer: /(?:^|\n)(?:CN|O)=(.+)/.exec(certificate.issuer)?.[1] ?? "an unnamed issuer",
    id: certificateId(certificate),
  };
};

const hostsOf = ({ subjectAltName = "" }: X509Certificate): string[] =>
  [...subjectAltName.matchAll(/(?:DNS|IP Address):([^,\s"]+)/g)].map(([, name = ""]) => name.toLowerCase());

/** A name of the certificate answers for the host: the same, or one label in place of `*` (RFC 6125 §6.4.3). */
export const coversHost = (names: readonly string[], host: string): boolean =>
  names.includes(host) || names.includes(`*${host.slice(host.indexOf("."))}`);

/** `base64url(authority key identifier).base64url(serial number)`, both as the certificate has them. */
const certificateId = (certificate: X509Certificate): string | null => {
  try {
    const [body] = readAll(readDer(certificate.raw).content);
    const fields = readAll(body?.content ?? Buffer.alloc(0));
    const serial = fields.find(({ tag }) => tag === 0x02)?.content;
    const extensions = fields.find(({ tag }) => tag === 0xa3)?.content;
    const keyId = extensions && authorityKeyId(extensions);
    return serial && keyId ? `${keyId.toString("base64url")}.${serial.toString("base64url")}` : null;
  } catch {
    return null; // what we cannot take apart has no name; it is renewed by its age
  }
};

const authorityKeyIdentifier = "551d23";

const authorityKeyId = (extensions: Buffer): Buffer | null => {
  for (const { content } of readAll(readDer(extensions).content)) {
    const [id, ...rest] = readAll(content);
    if (id?.content.toString("hex") !== authorityKeyIdentifier) continue;
    const value = rest.at(-1)?.content ?? Buffer.alloc(0);
    return readAll(readDer(value).content).find(({ tag }) => tag === 0x80)?.content ?? null;
  }
  return null;
};
