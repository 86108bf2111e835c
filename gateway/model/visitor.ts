import type { Privacy } from "./hit.ts";

/** Who is asking, as far as the request and the visitor's wishes allow us to know. */
export interface Visitor {
  /** null where there is none, or none is allowed */
  readonly id: string | null;
  /** minted for this request: the browser does not have it yet */
  readonly isNew: boolean;
  /** the cookie must be sent (again): new, unsigned, or issued on another day */
  readonly mustIssue: boolean;
  readonly sessionId: string | null;
  readonly privacy: Privacy;
  /** variants that he was shown, where the events of the request bring an id of their own; see `Hit` */
  readonly experiments?: Readonly<Record<string, string>> | null;
}
