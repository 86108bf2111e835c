import { createHash, randomBytes } from "node:crypto";
import type { Db } from "./database.ts";

export type Role = "read" | "write" | "admin";
export interface TokenInfo {
  readonly name: string;
  readonly role: Role;
  /** ms since 1970 */
  readonly created: number;
}

/** Admin tokens, kept as SHA-256: a token is 192 random bits, so that a slow hash would protect nothing more. */
export const hashToken = (token: string): Buffer => createHash("sha256").update(token).digest();

export const newToken = (): string => `tp_${randomBytes(24).toString("base64url")}`;

/** A new token; it is shown once and cannot be read back. A name in use throws one sentence. */
export const createToken = (db: Db, name: string, role: Role, now: number, given?: string): string => {
  if (findToken(db, name))
    throw new Error(`token: ${name} exists already: revoke it first, or take another name`);
  const token = given ?? newToken();
  db.prepare("INSERT INTO tokens (hash, name, role, created_at) VALUES (?, ?, ?, ?)").run(
    hashToken(token),
    name,
    role,
    now,
  );
  return token;
};

export const listTokens = (db: Db): readonly TokenInfo[] =>
  db.prepare("SELECT name, role, created_at AS created FROM tokens ORDER BY created_at").all() as TokenInfo[];

/** False where there is no such token. */
export const revokeToken = (db: Db, name: string): boolean =>
  db.prepare("DELETE FROM tokens WHERE name = ?").run(name).changes > 0;

const findToken = (db: Db, name: string): boolean =>
  db.prepare("SELECT 1 FROM tokens WHERE name = ?").get(name) !== undefined;
