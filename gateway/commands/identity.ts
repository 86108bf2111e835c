import type { Command } from "commander";
import type { UserClaim } from "../identity/undo-claim.ts";
import { openDatabaseReadOnly } from "../store/database.ts";
import { CommandError, type Context, say } from "./context.ts";
import { needSite } from "./known-site.ts";
import { openData } from "./open-data.ts";
import { type SettingsOptions, settingsFor, withSettingsOptions } from "./settings-options.ts";
import { alignTable } from "./table.ts";
import { withWriting } from "./writing.ts";

interface Flags extends SettingsOptions {
  readonly visitor?: string;
  readonly user?: string;
  readonly site?: string;
}

/** `turnpike identity`: which visitors are which users, and taking back what is wrong. */
export const addIdentity = (program: Command, { io, run }: Context): void => {
  const identity = program.command("identity").description("look after which visitors are which users");
  const withWho = (command: Command) =>
    withSettingsOptions(
      command
        .option("--visitor <id>", "the visitor's id, as in the column client_id")
        .option("--user <id>", "the user's id")
        .option("--site <id>", "on this site only"),
    );
  withWho(identity.command("show").description("print who claimed to be whom, and what became of it")).action(
    run(({ visitor, user, site, ...options }: Flags) => {
      if (visitor === undefined && user === undefined) {
        throw new CommandError("identity: name --visitor ID or --user ID", "used wrongly");
      }
      const claims = readClaims(options, { visitor, user, site });
      if (claims.length === 0) throw new CommandError(`identity: ${nobody({ visitor, user, site })}`);
      const rows = claims.map((one) => [one.site, one.visitor, one.user, sinceOf(one), stateOf(one)]);
      say(io, alignTable([["site", "visitor", "user", "since", ""], ...rows]));
      return 0;
    }),
  );
  withWho(
    identity
      .command("undo")
      .description("take back, for good, that a visitor is a user: his events and results part again"),
  ).action(
    run(async ({ visitor, user, site, ...options }: Flags) => {
      if (visitor === undefined || user === undefined) {
        throw new CommandError("identity: name --visitor ID and --user ID", "used wrongly");
      }
      const claims = readClaims(options, { visitor, user, site });
      if (claims.length === 0) throw new CommandError(`identity: ${nobody({ visitor, user, site })}`);
      const open = claims.filter(({ undone }) => undone === 0);
      await withWriting(settingsFor(options), io, async (writing) => {
        for (const claim of open) await writing.undoClaim(claim);
      });
      for (const claim of claims) {
        const was = claim.undone === 0 ? "no longer" : "was not any more";
        say(io, `identity: on site ${claim.site} visitor ${claim.visitor} ${was} user ${claim.user}`);
      }
      return 0;
    }),
  );
};

interface ClaimRow extends UserClaim {
  readonly since: number;
  readonly verified: number;
  readonly undone: number;
  readonly applied: number;
}

interface Who {
  readonly visitor: string | undefined;
  readonly user: string | undefined;
  readonly site: string | undefined;
}

/** More are printed by `turnpike sql`. */
const mostRows = 1000;

const readClaims = (options: SettingsOptions, { visitor, user, site }: Who): readonly ClaimRow[] => {
  openData(options).close(); // a folder without data is told
  needSite("identity", site, options);
  const db = openDatabaseReadOnly(settingsFor(options).data.dir);
  try {
    const rows = db
      .prepare(
        `SELECT s.id AS site, v.client_id AS visitor, i.id AS user, l.since, l.verified, l.undone, l.applied
         FROM identities i JOIN identity_links l ON l.identity = i.no JOIN visitors v ON v.no = l.visitor
           JOIN sites s ON s.no = i.site
         WHERE i.kind = 'user' AND (:user IS NULL OR i.id = :user) AND (:visitor IS NULL OR v.client_id = :visitor)
           AND (:site IS NULL OR s.id = :site)
         ORDER BY s.id, l.since, v.client_id LIMIT :most`,
      )
      .all({ user: user ?? null, visitor: visitor ?? null, site: site ?? null, most: mostRows });
    return rows as ClaimRow[]; // the columns of the statement
  } finally {
    db.close();
  }
};

const sinceOf = ({ since }: ClaimRow): string => new Date(since).toISOString();

const stateOf = ({ verified, undone, applied }: ClaimRow): string => {
  if (undone === 1) return "taken back";
  if (applied === 0) return "one too many: joins nobody";
  return verified === 1 ? "joined, checked" : "joined";
};

const nobody = ({ visitor, user, site }: Who): string =>
  `${visitor === undefined ? "no visitor" : `visitor ${visitor}`} ${visitor === undefined ? "has" : "has never"} come as ${user === undefined ? "any user" : `user ${user}`}${site === undefined ? "" : ` on site ${site}`}`;
