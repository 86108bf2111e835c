import { createHash } from "node:crypto";
import { createCache } from "../../lib/cache.ts";
import { maskSecrets, maskTuples } from "../../lib/mask-secrets.ts";
import type { Hit } from "../../model/hit.ts";
import { hashedId } from "../../model/ids.ts";

/** What tells one event of a hit from the others. */
export interface Origin {
  /** its own text; null: the text is the hit's body, of which it is member `line` */
  readonly text: string | null;
  readonly line: number;
}

/**
 * Makes ids for hits that carry none, out of the hit alone, so that a replayed hit gets the same id. The
 * n-th identical hit of one millisecond gets another: two clicks are two events. Each process counts for itself.
 */
export const createIdMaker = (remembered = 10_000): ((hit: Hit, origin: Origin) => string) => {
  const counts = createCache<string, number>(remembered);
  return (hit, origin) => {
    const parts = identityOf(hit, origin);
    const first = hashedId([...parts, "0"]);
    const n = counts.get(first) ?? 0;
    counts.set(first, n + 1);
    return n === 0 ? first : hashedId([...parts, String(n)]);
  };
};

// Without its secrets, which a recording does not have either.
const identityOf = (hit: Hit, origin: Origin): string[] => [
  hit.site.id,
  String(hit.receivedAt),
  hit.method,
  `${maskTuples(hit.path, hit.base ?? hit.path)}?${maskSecrets(hit.query)}`,
  origin.text === null ? digestOf(hit) : maskSecrets(origin.text),
  hit.address,
  hit.headers["user-agent"] ?? "",
  String(origin.line),
  ...(hit.takenBy === undefined ? [] : [`process ${hit.takenBy}`]),
];

// Hashing the body once for each member of its list would take time by the square of its length.
const digests = new WeakMap<Hit, string>();

const digestOf = (hit: Hit): string => {
  let digest = digests.get(hit);
  if (digest === undefined) {
    digest = createHash("sha256").update(maskSecrets(hit.body)).digest("hex");
    digests.set(hit, digest);
  }
  return digest;
};
