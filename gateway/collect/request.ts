import type { HitAnswer } from "../model/protocol.ts";
import type { Site } from "../model/site.ts";

/** A request to a collect endpoint as plain data: out of a socket, a websocket frame or a recording. */
export interface CollectRequest {
  readonly site: Site;
  /** the page named another site, which does not count: why, in words */
  readonly siteProblem?: string;
  /** ms since 1970 */
  readonly receivedAt: number;
  readonly method: string;
  /** as received: percent-encoded, without the query */
  readonly path: string;
  /** as received, without the `?` */
  readonly query: string;
  /** host the client asked for: lower case, without port */
  readonly host: string;
  /** the client's connection is encrypted */
  readonly secure: boolean;
  /** the client's address by `trustedProxies` */
  readonly address: string;
  /** lower-case names; a repeated header is joined as Node does */
  readonly headers: Headers;
  /** as it came, packed or not; empty for methods that have none */
  readonly body: Buffer | string;
  /** why nothing can be read of the body, where that is known already */
  readonly unreadable?: string | undefined;
  /** asks with `?debug=1` to be shown what is stored, and may be */
  readonly debugs: boolean;
  /** came over a websocket: no cookie can be set */
  readonly isFrame?: boolean;
  /** which process took it, where several do: identical hits of one millisecond are told apart in each */
  readonly takenBy?: number;
  /** by which a trusted proxy in front calls it, for the log */
  readonly id?: string | undefined;
}

export type Headers = Readonly<Record<string, string | undefined>>;

export type CollectAnswer = HitAnswer;
