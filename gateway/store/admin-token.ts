import { existsSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { syncFolder, writeWhole } from "../lib/write-whole.ts";
import type { TokenInfo } from "../model/token.ts";
import type { SqliteStore } from "./sqlite-store.ts";
import { newToken } from "./tokens.ts";

/**
 * Sees to it that there is an admin token: at the first start it is made, written to `DIR/admin-token` (mode 0600) and
 * answered; later null. A given one takes the place of whatever the command line gave before.
 */
export const giveAdminToken = async (
  store: Pick<SqliteStore, "call">,
  dir: string,
  given: string | null,
): Promise<string | null> => {
  const file = join(dir, "admin-token");
  if (given !== null) {
    await store.call({ kind: "revoke-token", name: "command line" });
    await store.call({ kind: "create-token", token: { name: "command line", ...ofOwner }, given });
    writeWhole(file, `${given}\n`, 0o600);
    return null;
  }
  const tokens = (await store.call({ kind: "list-tokens" })) as readonly TokenInfo[]; // the writer's own answer
  const hasFirst = tokens.some(({ name }) => name === "first");
  const begun = tokenBegun(dir);
  if (begun === null && (hasFirst || (tokens.length > 0 && existsSync(file)))) return null;
  const token = begun ?? newToken();
  // Written before it counts, under a name of its own: a start that is killed in between would leave a token that nobody
  // has ever seen, and cannot be made again.
  if (begun === null) writeWhole(waiting(dir), `${token}\n`, 0o600);
  if (!hasFirst)
    await store.call({ kind: "create-token", token: { name: "first", ...ofOwner }, given: token });
  renameSync(waiting(dir), file);
  syncFolder(dir);
  return token;
};

const ofOwner = { role: "admin", sites: null } as const;

const waiting = (dir: string): string => join(dir, "admin-token.begun");

/** What a start that was killed had begun with. */
const tokenBegun = (dir: string): string | null =>
  existsSync(waiting(dir)) ? readFileSync(waiting(dir), "utf8").trim() : null;
