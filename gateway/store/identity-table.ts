import type { IdentityLink, IdentityTable } from "../model/projection.ts";
import type { Db } from "./database.ts";
import type { Regrouper } from "./regroup.ts";

/** Who claims to be whom, in SQLite. What follows from it is decided elsewhere. */
export const createIdentityTable = (
  db: Db,
  others: Pick<IdentityTable, "visitor"> & Regrouper,
): IdentityTable => {
  const find = db.prepare("SELECT no FROM identities WHERE site = +? AND kind = +? AND id = +?").pluck();
  const add = db.prepare("INSERT INTO identities (site, kind, id) VALUES (?, ?, ?)");
  const columns =
    "identity, visitor, since, verified, undone, applied, client_id AS clientId, i.id AS claimed";
  const from = "FROM identity_links JOIN visitors v ON v.no = visitor JOIN identities i ON i.no = identity";
  const claim = db.prepare(`SELECT ${columns} ${from} WHERE identity = +? AND visitor = +?`);
  const open = "identity = +? AND verified = 0 AND undone = 0";
  const openClaims = db.prepare(`SELECT ${columns} ${from} WHERE ${open}`);
  const sumOpen = db.prepare(
    `SELECT count(*) AS count, ifnull(max(since), 0) AS last FROM identity_links WHERE ${open}`,
  );
  const claimsOf = db.prepare(`SELECT ${columns} ${from} WHERE visitor = +? AND kind = +?`);
  const joining = db
    .prepare("SELECT identity FROM identity_links WHERE visitor = +? AND applied = 1")
    .pluck();
  const joined = db
    .prepare("SELECT visitor FROM identity_links WHERE identity = +? AND applied = 1 LIMIT +?")
    .pluck();
  const put = db.prepare(`
    INSERT INTO identity_links (identity, visitor, since, verified, undone, applied) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET since = excluded.since, verified = excluded.verified, undone = excluded.undone,
      applied = excluded.applied`);
  const remove = db.prepare("DELETE FROM identity_links WHERE identity = +? AND visitor = +?");
  const person = db.prepare("SELECT ifnull(joined_to, no) FROM visitors WHERE no = +?").pluck();
  const members = db.prepare("SELECT no FROM visitors WHERE no = +? OR joined_to = +?").pluck();

  return {
    visitor: others.visitor,
    join: others.join,
    part: others.part,
    identity: (site, kind, id) =>
      (find.get(site, kind, id) as number | undefined) ?? Number(add.run(site, kind, id).lastInsertRowid),
    claim(identity, visitor) {
      const row = claim.get(identity, visitor) as LinkRow | undefined;
      return row ? toLink(row) : null;
    },
    openClaims: (identity) => (openClaims.all(identity) as LinkRow[]).map(toLink),
    sumOpen: (identity) => sumOpen.get(identity) as { count: number; last: number },
    claimsOf: (visitor, kind) => (claimsOf.all(visitor, kind) as LinkRow[]).map(toLink),
    joining: (visitor) => joining.all(visitor) as number[],
    joined: (identity, limit) => joined.all(identity, limit) as number[],
    put: ({ identity, visitor, since, verified, undone, applied }) =>
      void put.run(identity, visitor, since, Number(verified), Number(undone), Number(applied)),
    remove: ({ identity, visitor }) => void remove.run(identity, visitor),
    person: (visitor) => Number(person.get(visitor) ?? visitor),
    members: (no) => members.all(no, no) as number[],
  };
};

interface LinkRow {
  readonly identity: number;
  readonly visitor: number;
  readonly since: number;
  readonly clientId: string;
  readonly claimed: string;
  readonly verified: number;
  readonly undone: number;
  readonly applied: number;
}

const toLink = (row: LinkRow): IdentityLink => ({
  ...row,
  verified: row.verified === 1,
  undone: row.undone === 1,
  applied: row.applied === 1,
});
