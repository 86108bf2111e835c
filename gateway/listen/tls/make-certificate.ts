/**
 * Certificates that we make ourselves: those of the local authority, and the one that answers a TLS-ALPN-01 challenge.
 * Elliptic keys (P-256) only, so that one takes about a millisecond, at the first connection too.
 */
import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from "node:crypto";
import { isIP, SocketAddress } from "node:net";
import { bits, boolean, der, integer, objectId, octets, sequence, set, time, utf8 } from "../../lib/der.ts";

/** A certificate with its private key, as PEM; `cert` may be followed by those of its issuers. */
export interface KeyPair {
  readonly key: string;
  readonly cert: string;
}

export interface Signer {
  readonly name: string;
  readonly key: KeyObject;
}

export interface CertificateRequest {
  /** the common name, for people who look at it; at most 64 characters are kept */
  readonly name: string;
  /** DNS names and addresses it is for */
  readonly hosts: readonly string[];
  readonly publicKey: KeyObject;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly extensions?: readonly Buffer[];
}

export const newKey = (): KeyObject => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

export const keyPem = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }).toString();

/** An X.509 certificate (RFC 5280) as PEM, signed by the issuer. */
export const makeCertificate = (request: CertificateRequest, issuer: Signer): string => {
  const body = sequence(
    der(0xa0, integer(Buffer.from([2]))), // version 3
    integer(serialNumber()),
    ecdsaWithSha256,
    distinguishedName(issuer.name),
    sequence(time(request.notBefore), time(request.notAfter)),
    distinguishedName(request.name),
    spki(request.publicKey),
    der(
      0xa3,
      sequence(
        ...(request.hosts.length > 0 ? [altNames(request.hosts)] : []),
        extension("2.5.29.35", sequence(der(0x80, keyId(createPublicKey(issuer.key))))),
        ...(request.extensions ?? serverExtensions),
      ),
    ),
  );
  const signature = sign("sha256", body, issuer.key);
  return pem("CERTIFICATE", sequence(body, ecdsaWithSha256, bits(signature)));
};

const ecdsaWithSha256 = sequence(objectId("1.2.840.10045.4.3.2"));

// Positive, and from a random source (CA/Browser baseline requirements §7.1).
const serialNumber = (): Buffer => {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
};

const distinguishedName = (name: string): Buffer =>
  sequence(set(sequence(objectId("2.5.4.3"), utf8(name.slice(0, 64)))));

const spki = (key: KeyObject): Buffer => key.export({ type: "spki", format: "der" });

const keyId = (key: KeyObject): Buffer => createHash("sha1").update(spki(key)).digest(); // a name, not a secret

/** One extension; what is critical must be understood by whoever checks the certificate. */
export const extension = (id: string, value: Buffer, critical = false): Buffer =>
  sequence(objectId(id), ...(critical ? [boolean(true)] : []), octets(value));

const altNames = (hosts: readonly string[]): Buffer =>
  extension("2.5.29.17", sequence(...hosts.map((host) => (isIP(host) ? ipName(host) : dnsName(host)))));

const dnsName = (host: string): Buffer => der(0x82, Buffer.from(host, "latin1"));

const ipName = (address: string): Buffer => der(0x87, addressBytes(address));

const addressBytes = (address: string): Buffer => {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  const { address: plain } = new SocketAddress({ address, family: "ipv6" });
  const [head = "", tail] = plain.split("::");
  const before = head.split(":").filter(Boolean);
  const after = (tail ?? "").split(":").filter(Boolean);
  const groups = [...before, ...new Array<string>(8 - before.length - after.length).fill("0"), ...after];
  return Buffer.from(groups.map((group) => group.padStart(4, "0")).join(""), "hex");
};

const digitalSignature = extension("2.5.29.15", bits(Buffer.from([0x80]), 7), true);
const serverExtensions = [
  digitalSignature,
  extension("2.5.29.37", sequence(objectId("1.3.6.1.5.5.7.3.1"))), // for TLS servers
  extension("2.5.29.19", sequence(), true), // not an authority
];

/** What makes a certificate an authority's: it may sign others, which may not. */
export const authorityExtensions = (key: KeyObject): readonly Buffer[] => [
  extension("2.5.29.19", sequence(boolean(true), integer(Buffer.from([0]))), true),
  extension("2.5.29.15", bits(Buffer.from([0x06]), 1), true), // certificates and revocation lists
  extension("2.5.29.14", octets(keyId(createPublicKey(key)))),
];

export const pem = (label: string, bytes: Buffer): string => {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
};

const acmeIdentifier = "1.3.6.1.5.5.7.1.31";

/** What a TLS-ALPN-01 challenge asks to be shown (RFC 8737 §3): signed by itself, with the hash of the key authorization. */
export const challengeCertificate = (host: string, keyAuthorization: string, now: number): KeyPair => {
  const key = newKey();
  const proof = createHash("sha256").update(keyAuthorization).digest();
  const cert = makeCertificate(
    {
      name: "ACME challenge",
      hosts: [host],
      publicKey: createPublicKey(key),
      notBefore: now - 3_600_000,
      notAfter: now + 86_400_000,
      extensions: [digitalSignature, extension(acmeIdentifier, octets(proof), true)],
    },
    { name: "ACME challenge", key },
  );
  return { key: keyPem(key), cert };
};
