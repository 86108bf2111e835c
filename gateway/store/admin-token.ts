import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SqliteStore } from "./sqlite-store.ts";
import type { TokenInfo } from "./tokens.ts";

/**
 * Sees to it that there is an admin token: at the first start it is made, written to `DIR/admin-token` (mode 0600) and
 * answered; later null. A given one takes the place of whatever the command line gave before.
 */
export const giveAdminToken = async (
  store: SqliteStore,
  dir: string,
  given: string | null,
): Promise<string | null> => {
  const file = join(dir, "admin-token");
  if (given !== null) {
    await store.call({ kind: "revoke-token", name: "command line" });
    await store.call({ kind: "create-token", name: "command line", role: "admin", given });
    writeFileSync(file, `${given}\n`, { mode: 0o600 });
    return null;
  }
  const tokens = (await store.call({ kind: "list-tokens" })) as readonly TokenInfo[]; // the writer's own answer
  if (tokens.some(({ name }) => name === "first") || (tokens.length > 0 && existsSync(file))) return null;
  const token = String(await store.call({ kind: "create-token", name: "first", role: "admin" }));
  writeFileSync(file, `${token}\n`, { mode: 0o600 });
  return token;
};
