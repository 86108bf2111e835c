/** Tokens of the admin listener: what their holders may do, and with which sites. */
export type Role = "read" | "write" | "admin";

/** The sites that a token is for; null: all of them, those of later too. */
export type Reach = readonly string[] | null;

export interface NewToken {
  readonly name: string;
  readonly role: Role;
  readonly sites: Reach;
}

export interface TokenInfo extends NewToken {
  /** ms since 1970 */
  readonly created: number;
}

export const reaches = (reach: Reach, site: string): boolean => reach === null || reach.includes(site);
