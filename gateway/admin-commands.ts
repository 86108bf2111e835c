/** What the admin API has others do: the writer's thread, the keeper of sealed files, the reload of settings. */
import type { AdminCommands } from "./api/admin.ts";
import { undoClaim } from "./identity/undo-claim.ts";
import { systemClock } from "./lib/clock.ts";
import type { TokenInfo } from "./model/token.ts";
import type { Keeper } from "./store/segments/keeper.ts";
import type { SqliteStore } from "./store/sqlite-store.ts";

/** `keeper` is asked for each time: the folder may have been another process's meanwhile. */
export const adminCommands = (
  store: SqliteStore,
  keeper: () => Keeper,
  reload: AdminCommands["reload"],
): AdminCommands => ({
  reload,
  get storage() {
    return keeper();
  },
  createToken: async (token) => String(await store.call({ kind: "create-token", token })),
  listTokens: async () => (await store.call({ kind: "list-tokens" })) as readonly TokenInfo[], // the writer's own answer
  revokeToken: async (name) => (await store.call({ kind: "revoke-token", name })) === true,
  rebuildExperiments: async () => Number(await store.call({ kind: "rebuild-experiments" })),
  removeDemo: async () => Number(await store.call({ kind: "remove-demo" })),
  undoClaim: (claim) => store.append([undoClaim(claim, systemClock())]),
});
