import type { Event } from "../model/event.ts";
import type { IdentityKind } from "../model/projection.ts";
import type { JoinRules } from "../model/site.ts";
import { isPlaceholder } from "./placeholder.ts";

/** What an event says that its visitor has in common with others. */
export interface Claim {
  readonly kind: IdentityKind;
  readonly id: string;
  /** the site's server, or a signature that was checked, says so */
  readonly verified: boolean;
  /** the site takes the claim back, for good */
  readonly undo: boolean;
}

/** Claims of an event that may make any: `user_claim` was given where it came in. */
export const readClaims = (event: Event, rules: JoinRules): readonly Claim[] => {
  const claims: Claim[] = [];
  const { user_claim: by, user_id: user, session_stamp: stamp } = event;
  if (by && rules.joinByUser) {
    const verified = by !== "page";
    const undo = event.type === "alias" && by === "server" && event.properties?.["undo"] === true;
    if (user && !isPlaceholder(user)) claims.push({ kind: "user", id: user, verified, undo });
    const former = formerId(event);
    if (former && !isPlaceholder(former)) claims.push({ kind: "user", id: former, verified, undo });
  }
  if (stamp && rules.joinByStamp) claims.push({ kind: "stamp", id: stamp, verified: false, undo: false });
  return claims;
};

/** Under what other id an alias says that the user was known. */
const formerId = ({ type, properties }: Event): string | null => {
  if (type !== "alias" || !properties) return null;
  const given = properties["previousId"] ?? properties["previous_id"] ?? properties["previous"];
  return typeof given === "string" ? given : null;
};
