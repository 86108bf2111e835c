/** The public keys that a site's login tokens are signed with: a JSON Web Key Set (RFC 7517). */
import { createPublicKey, type JsonWebKey, type KeyObject, verify } from "node:crypto";

export interface PublicKey {
  readonly kid: string | null;
  readonly key: KeyObject;
  /** the ways of signing that fit it */
  readonly algorithms: readonly string[];
}

/** The keys of a set that can be used; what is there for other purposes is passed over. Throws where none is left. */
export const readKeySet = (text: string): readonly PublicKey[] => keysOf(JSON.parse(text));

/** The same of a set that stands in the settings. */
export const keysOf = (set: unknown): readonly PublicKey[] => {
  const { keys } = (typeof set === "object" && set !== null ? set : {}) as { readonly keys?: unknown };
  if (!Array.isArray(keys)) throw new Error('expected {"keys": […]} with a public key');
  const read = keys.slice(0, maxKeys).flatMap((one: unknown) => readKey(one) ?? []);
  if (read.length === 0) {
    throw new Error(
      'expected {"keys": […]} with a public key for RS256, ES256 or EdDSA (or their longer forms)',
    );
  }
  return read;
};

/** A site has a few, and each is tried where a token names none. */
const maxKeys = 50;

type Jwk = JsonWebKey & { readonly kid?: unknown; readonly alg?: unknown; readonly use?: unknown };

const readKey = (value: unknown): PublicKey | null => {
  if (typeof value !== "object" || value === null) return null;
  const jwk = value as Jwk; // each field is looked at
  if (jwk.use !== undefined && jwk.use !== "sig") return null;
  const { kty, n, e, crv, x, y } = jwk;
  try {
    // Its public half alone, also where the private one was put in by mistake.
    const key = createPublicKey({ key: { kty, n, e, crv, x, y } as JsonWebKey, format: "jwk" });
    const algorithms = [...ways].filter(([name, { fits }]) => fits(key) && (jwk.alg ?? name) === name);
    if (algorithms.length === 0) return null;
    return {
      kid: typeof jwk.kid === "string" ? jwk.kid : null,
      key,
      algorithms: algorithms.map(([name]) => name),
    };
  } catch {
    return null; // a kind of key that is not known here, or a broken one
  }
};

interface Way {
  readonly hash: string | null;
  readonly fits: (key: KeyObject) => boolean;
}

const rsa = (key: KeyObject): boolean =>
  key.asymmetricKeyType === "rsa" && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048;

const curve =
  (name: string) =>
  (key: KeyObject): boolean =>
    key.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === name;

const ways: ReadonlyMap<string, Way> = new Map<string, Way>([
  ["RS256", { hash: "sha256", fits: rsa }],
  ["RS384", { hash: "sha384", fits: rsa }],
  ["RS512", { hash: "sha512", fits: rsa }],
  ["ES256", { hash: "sha256", fits: curve("prime256v1") }],
  ["ES384", { hash: "sha384", fits: curve("secp384r1") }],
  ["EdDSA", { hash: null, fits: (key) => key.asymmetricKeyType === "ed25519" }],
]);

/** The key decides which signatures it takes: a public key is never a secret, and `none` is no signature. */
export const isSignedBy = (
  keys: readonly PublicKey[],
  { alg, kid }: { readonly alg?: unknown; readonly kid?: unknown },
  signed: Buffer,
  signature: Buffer,
): boolean => {
  const way = ways.get(String(alg));
  if (way === undefined) return false;
  const fitting = keys.filter((one) => one.kid === null || kid === undefined || one.kid === kid);
  return fitting.some(
    ({ key, algorithms }) =>
      algorithms.includes(String(alg)) &&
      verify(way.hash, signed, { key, dsaEncoding: "ieee-p1363" }, signature),
  );
};
