import type { Privacy } from "../../model/hit.ts";
import { isForeignYes, privacyBy, readConsent } from "./consent.ts";
import { readFields } from "./fields.ts";

/**
 * What a whole request allows, by its query and the lines of its body: where one of them refuses, all do, for what is
 * worked out beside the events (place, visitor) is worked out once.
 */
export const requestPrivacy = (
  { query, body }: { readonly query: string; readonly body: Buffer | string },
  asked: Privacy,
  isForeign: boolean,
): Privacy => {
  const inQuery = analyticsIn(query);
  let privacy = isForeignYes(inQuery, { isForeign }) ? asked : privacyBy(inQuery, asked);
  if (!body.includes("gcs=") && !body.includes("gcd=")) return privacy;
  for (const line of body.toString().split("\n", maxLines)) {
    const said = analyticsIn(line.trim());
    if (said !== null && !isForeignYes(said, { isForeign }))
      privacy = privacyBy(said, said ? asked : privacy);
    if (said === false) return privacy;
  }
  return privacy;
};

const maxLines = 10_000;

const analyticsIn = (text: string): boolean | null =>
  text.includes("gcs=") || text.includes("gcd=") ? readConsent(readFields(text)).analyticsStorage : null;
