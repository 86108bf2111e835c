import type { Row } from "../model/event-store.ts";
import type { Reach, Role } from "../model/token.ts";

/** A token as the gateway knows it: by what it hashes to. */
export interface KnownToken {
  /** SHA-256, hex */
  readonly hash: string;
  readonly name: string;
  readonly role: Role;
  readonly sites: Reach;
}

/** The rows of the report `tokens`. */
export const knownTokens = (rows: readonly Row[]): readonly KnownToken[] =>
  rows.map(({ sites, ...row }) => ({
    ...(row as unknown as Omit<KnownToken, "sites">), // the report's columns
    sites: typeof sites === "string" ? (JSON.parse(sites) as readonly string[]) : null, // the store's own writing
  }));
