import { createHash, randomBytes } from "node:crypto";
import type { NewToken, Reach, TokenInfo } from "../model/token.ts";
import type { Db } from "./database.ts";

/** Admin tokens, kept as SHA-256: a token is 192 random bits, so that a slow hash would protect nothing more. */
export const hashToken = (token: string): Buffer => createHash("sha256").update(token).digest();

export const newToken = (): string => `tp_${randomBytes(24).toString("base64url")}`;

/** A new token; it is shown once and cannot be read back. A name in use throws one sentence. */
export const createToken = (
  db: Db,
  { name, role, sites }: NewToken,
  now: number,
  given = newToken(),
): string => {
  if (findToken(db, name))
    throw new Error(`token: ${name} exists already: revoke it first, or take another name`);
  db.prepare("INSERT INTO tokens (hash, name, role, sites, created_at) VALUES (?, ?, ?, ?, ?)").run(
    hashToken(given),
    name,
    role,
    sites && JSON.stringify(sites),
    now,
  );
  return given;
};

export const listTokens = (db: Db): readonly TokenInfo[] =>
  db
    .prepare<[], TokenInfo & { sites: string | null }>(
      "SELECT name, role, sites, created_at AS created FROM tokens ORDER BY created_at, name",
    )
    .all()
    .map((row) => ({ ...row, sites: readSites(row.sites) }));

/** As the column has it: a JSON list, or null for all sites. */
const readSites = (text: string | null): Reach =>
  text === null ? null : (JSON.parse(text) as readonly string[]); // our own writing

/** False where there is no such token. */
export const revokeToken = (db: Db, name: string): boolean =>
  db.prepare("DELETE FROM tokens WHERE name = ?").run(name).changes > 0;

const findToken = (db: Db, name: string): boolean =>
  db.prepare("SELECT 1 FROM tokens WHERE name = ?").get(name) !== undefined;
