/** What commands change in a data folder: through the gateway that owns it, or in its place while none runs. */
import type { Config } from "../config/schema.ts";
import { type UserClaim, undoClaim } from "../identity/undo-claim.ts";
import { systemClock } from "../lib/clock.ts";
import type { NewToken, TokenInfo } from "../model/token.ts";
import type { Ledger } from "../store/ledger.ts";
import { readOwner, takeOrFind } from "../store/owner.ts";
import { CommandError, type Io } from "./context.ts";
import { needData } from "./open-data.ts";
import { withOwnLedger } from "./own-ledger.ts";
import { type OwnerAnswer, type OwnerCall, ownerCall } from "./owner-call.ts";

export interface Writing {
  createToken(token: NewToken): Promise<string>;
  listTokens(): Promise<readonly TokenInfo[]>;
  /** false where there is no such token */
  revokeToken(name: string): Promise<boolean>;
  /** how many people the results hold */
  rebuildExperiments(): Promise<number>;
  /** takes back that a visitor is a user */
  undoClaim(claim: UserClaim): Promise<void>;
  /** how many made-up visitors went */
  removeDemo(): Promise<number>;
}

/** Does the work with whoever may write in the data folder now; in a new folder only where `begin` says so. */
export const withWriting = async <T>(
  config: Config,
  io: Io,
  work: (writing: Writing) => Promise<T>,
  { begin = false } = {},
): Promise<T> => {
  const { dir } = config.data;
  if (!begin && !readOwner(dir)) needData(dir);
  const found = await takeOrFind(dir, io.waitMs);
  if (found.kind === "theirs") return work(throughOwner(ownerCall(dir, found.owner, io.env)));
  return withOwnLedger(config, found.ownership, (ledger) => work(directly(ledger, config)));
};

const directly = (ledger: Ledger, { sites }: Config): Writing => ({
  async createToken(token) {
    const unknown = token.sites?.find((site) => !sites.some(({ id }) => id === site));
    if (unknown === undefined) return ledger.createToken(token);
    const known = sites.map(({ id }) => id).join(", ");
    throw new CommandError(`sites: there is no site ${unknown} here: one of ${known}`);
  },
  listTokens: async () => ledger.listTokens(),
  revokeToken: async (name) => ledger.revokeToken(name),
  rebuildExperiments: async () => ledger.rebuildExperiments(),
  async undoClaim(claim) {
    const { event, keyTime } = undoClaim(claim, systemClock());
    ledger.append({ lines: [JSON.stringify(event)], keyTimes: [keyTime], rejects: [] });
  },
  async removeDemo() {
    const removed = ledger.removeDemo();
    ledger.rebuilding.finish();
    return removed;
  },
});

const patienceMs = 3_600_000; // results are worked out again beside the events that come

// The answers come from a gateway of this very program: their fields are as its API defines them.
const throughOwner = (call: OwnerCall): Writing => ({
  createToken: async (token) => expect<{ token: string }>(await call("POST", "/api/tokens", token)).token,
  listTokens: async () => expect<{ tokens: readonly TokenInfo[] }>(await call("GET", "/api/tokens")).tokens,
  async revokeToken(name) {
    const answer = await call("DELETE", `/api/tokens/${encodeURIComponent(name)}`);
    if (answer.status === 404) return false;
    expect(answer);
    return true;
  },
  rebuildExperiments: async () =>
    expect<{ subjects: number }>(await call("POST", "/api/experiments/rebuild", undefined, patienceMs))
      .subjects,
  undoClaim: async ({ site, visitor, user }) =>
    void expect(await call("POST", "/api/identity/undo", { site, visitor, user })),
  removeDemo: async () =>
    expect<{ removed: number }>(await call("POST", "/api/demo/remove", undefined, patienceMs)).removed,
});

const expect = <T>({ status, body }: OwnerAnswer): T => {
  if (status >= 200 && status < 300) return body as T;
  throw new CommandError(reasonOf(body) ?? `the gateway answered ${status}`);
};

const reasonOf = (body: unknown): string | null => {
  if (typeof body === "string") return body.trim();
  const isReason =
    typeof body === "object" && body !== null && "error" in body && typeof body.error === "string";
  return isReason ? String(body.error) : null;
};
