/** Takes a person out of every table, at once; what lies in files and in the journal's other rows follows after. */
import { dirname } from "node:path";
import { erasedId } from "../../model/erased.ts";
import { parseUuid } from "../../model/ids.ts";
import type { Db } from "../database.ts";
import { ownerId, userOfOwner } from "../owner-id.ts";
import { type ResultTables, rebuiltResults, shownResults } from "../result-tables.ts";
import { readSecret } from "../secret.ts";
import { createSubjectTable } from "../subject-table.ts";
import { referrerColumns, referrerTombstoneOf, tombstoneOf } from "./erasures.ts";
import { readState } from "./manifest.ts";
import { deleteSessions, markMiscounted } from "./recount.ts";

export interface EraseRequest {
  readonly column: "client_id" | "user_id";
  readonly value: string;
  /** null: of every site */
  readonly site: string | null;
  /** now, ms */
  readonly at: number;
}

export interface Erased {
  readonly visitors: number;
  /** of them by other ids than the one that was named: they were known to be the same person */
  readonly others: number;
  readonly sessions: number;
}

/** One cookie of a person; who is known to be the same person is erased together. */
interface Visitor {
  readonly no: number;
  readonly person: number;
  readonly site: string;
  readonly clientId: string;
}

export const eraseFromTables = (db: Db, request: EraseRequest): Erased => {
  const visitors = findVisitors(db, request);
  const ids = idsOf(db, request, visitors);
  mark(db, request, visitors, ids);
  const people = [...new Set(visitors.map(({ person }) => person))];
  let sessions = 0;
  for (const person of people) {
    subtractResults(db, person);
    sessions += erasePerson(db, person);
  }
  for (const visitor of visitors) eraseVisitor(db, visitor);
  eraseNamed(db, request);
  for (const id of new Set([request.value, ...ids.map((one) => one.id)])) eraseSamples(db, id);
  dropUnclaimed(db);
  for (const [site, of] of Map.groupBy(ids, (one) => one.site)) {
    hideReferrers(
      db,
      site,
      of.map(({ id }) => id),
    );
  }
  const { value } = request;
  const others = visitors.filter(({ clientId }) => clientId !== value && userOfOwner(clientId) !== value);
  return { visitors: visitors.length, others: others.length, sessions };
};

/** Takes out a person of whom no event is left. */
export const erasePersonOf = (db: Db, person: number): void => {
  const visitors = db
    .prepare(
      `SELECT v.no, ifnull(v.joined_to, v.no) AS person, s.id AS site, v.client_id AS clientId
       FROM visitors v JOIN sites s ON s.no = v.site WHERE v.no = +:person OR v.joined_to = +:person`,
    )
    .all({ person }) as Visitor[];
  subtractResults(db, person);
  erasePerson(db, person);
  for (const visitor of visitors) eraseVisitor(db, visitor);
  dropUnclaimed(db);
};

/** Users whom nobody claims to be any more. */
const dropUnclaimed = (db: Db): void => {
  db.prepare("DELETE FROM identities WHERE no NOT IN (SELECT identity FROM identity_links)").run();
};

const findVisitors = (db: Db, { column, value, site }: EraseRequest): readonly Visitor[] => {
  const named =
    column === "client_id"
      ? "SELECT ifnull(v.joined_to, v.no) FROM visitors v JOIN sites s ON s.no = v.site WHERE v.client_id = :value AND (:site IS NULL OR s.id = :site)"
      : `SELECT person FROM sessions WHERE last_user_id = :value AND (:site IS NULL OR site = :site)
         UNION SELECT ifnull(v.joined_to, v.no) FROM identities i JOIN identity_links l ON l.identity = i.no
           JOIN visitors v ON v.no = l.visitor JOIN sites s ON s.no = i.site
           WHERE i.kind = 'user' AND i.id = :value AND l.applied = 1 AND (:site IS NULL OR s.id = :site)`;
  return db
    .prepare(
      `SELECT v.no, ifnull(v.joined_to, v.no) AS person, s.id AS site, v.client_id AS clientId
       FROM visitors v JOIN sites s ON s.no = v.site WHERE ifnull(v.joined_to, v.no) IN (${named})`,
    )
    .all({ value, site }) as Visitor[];
};

interface IdOfSite {
  readonly site: string;
  readonly id: string;
}

/** All ids under which others may name them: what was asked for, the visitors', and those of the users whom they were. */
const idsOf = (db: Db, { value, site }: EraseRequest, visitors: readonly Visitor[]): readonly IdOfSite[] => {
  const usersOf = db
    .prepare(
      `SELECT i.id FROM identity_links l JOIN identities i ON i.no = l.identity
       WHERE l.visitor = ? AND l.applied = 1 AND i.kind = 'user'`,
    )
    .pluck();
  const found = [
    ...sitesOf(db, site).map((one) => ({ site: one, id: value })),
    ...visitors.flatMap((visitor) => [
      { site: visitor.site, id: userOfOwner(visitor.clientId) ?? visitor.clientId },
      ...(usersOf.all(visitor.no) as string[]).map((id) => ({ site: visitor.site, id })),
    ]),
  ];
  return [...new Map(found.map((one) => [JSON.stringify([one.site, one.id]), one])).values()];
};

const sitesOf = (db: Db, site: string | null): readonly string[] =>
  db.prepare("SELECT id FROM sites WHERE :site IS NULL OR id = :site").pluck().all({ site }) as string[];

/** From here on no read shows them. */
const mark = (
  db: Db,
  { column, value, site, at }: EraseRequest,
  visitors: readonly Visitor[],
  ids: readonly IdOfSite[],
): void => {
  const upToSeq = Math.max(
    readState(db).watermark,
    Number(db.prepare("SELECT ifnull(max(seq), 0) FROM journal").pluck().get()),
  );
  const add = db.prepare(
    'INSERT INTO erasures (site, "column", value, up_to_seq, at) VALUES (?, ?, ?, ?, ?)',
  );
  const put = db.prepare(
    "INSERT INTO tombstones (hash, at) VALUES (?, ?) ON CONFLICT DO UPDATE SET at = excluded.at",
  );
  const secret = readSecret(dirname(db.name));
  markMiscounted(db);
  // Also what names no person we know: served documents alone make none.
  for (const id of sitesOf(db, site)) {
    add.run(id, column, value, upToSeq, at);
    put.run(tombstoneOf(secret, id, column === "client_id" ? value : ownerId(value)), at);
  }
  for (const visitor of visitors) {
    const user = userOfOwner(visitor.clientId);
    add.run(visitor.site, user === null ? "client_id" : "owner", user ?? visitor.clientId, upToSeq, at);
    put.run(tombstoneOf(secret, visitor.site, visitor.clientId), at);
  }
  for (const one of ids) {
    add.run(one.site, "referrer", one.id, upToSeq, at);
    put.run(referrerTombstoneOf(secret, one.site, one.id), at);
  }
};

/** What others said of who sent them: that somebody did stays, and not who. One look at each table, however many they are. */
const hideReferrers = (db: Db, site: string, ids: readonly string[]): void => {
  const given = { mark: erasedId, ids: JSON.stringify(ids), site };
  const isOne = "IN (SELECT value FROM json_each(:ids))";
  for (const column of referrerColumns) {
    db.prepare(
      `UPDATE referrals SET ${column} = :mark WHERE ${column} ${isOne} AND visitor IN (
         SELECT v.no FROM visitors v JOIN sites s ON s.no = v.site WHERE s.id = :site)`,
    ).run(given);
    db.prepare(
      `UPDATE agreements SET said = json_replace(said, '$.${column}', :mark)
       WHERE site = :site AND instr(said, '"${column}":') > 0 AND said ->> '${column}' ${isOne}`,
    ).run(given);
  }
};

/** Sums keep what others did: the person's part is taken out of them, as if the person had never come. */
const subtractResults = (db: Db, person: number): void => {
  for (const tables of [shownResults, rebuiltResults]) subtractFrom(db, tables, person);
};

const subtractFrom = (db: Db, tables: ResultTables, person: number): void => {
  const table = createSubjectTable(db, { events: () => [] }, { flush() {} }, tables); // sums alone are asked for
  const named = db.prepare(`SELECT DISTINCT experiment FROM ${tables.days}`).pluck().all() as string[];
  for (const experiment of named) {
    const subject = table.subject(experiment, person);
    if (!subject || subject.multi) continue;
    const { variant } = subject;
    const day = new Date(subject.firstExposedAt).toISOString().slice(0, 10);
    const goals = db
      .prepare(`SELECT goal FROM ${tables.days} WHERE experiment = ? AND variant = ? AND day = ?`)
      .pluck()
      .all(experiment, variant, day) as string[];
    for (const goal of goals) {
      const { n, sumMicros } = table.goal(experiment, person, goal) ?? { n: 0, sumMicros: 0n };
      table.change({
        experiment,
        variant,
        goal,
        day,
        exposed: -1,
        converted: n > 0 ? -1 : 0,
        sumMicros: -sumMicros,
        squares: -(sumMicros * sumMicros),
      });
    }
  }
};

/** Answers how many sessions went. */
const erasePerson = (db: Db, person: number): number => {
  const sessions = deleteSessions(db, (table) => `${table}.person = :person`, { person });
  db.prepare("DELETE FROM journal WHERE seq IN (SELECT seq FROM person_events WHERE person = ?)").run(person);
  const results = [shownResults, rebuiltResults].flatMap(({ subjects, goals }) => [subjects, goals]);
  for (const table of ["person_events", ...results]) {
    db.prepare(`DELETE FROM ${table} WHERE person = ?`).run(person);
  }
  return sessions;
};

const eraseVisitor = (db: Db, { no, site, clientId }: Visitor): void => {
  db.prepare("DELETE FROM visitors WHERE no = ?").run(no);
  db.prepare("DELETE FROM referrals WHERE visitor = ?").run(no);
  db.prepare("DELETE FROM identity_links WHERE visitor = ?").run(no);
  db.prepare("DELETE FROM payments WHERE site = ? AND client_id = ?").run(site, clientId);
  const user = userOfOwner(clientId);
  if (user !== null) {
    db.prepare("DELETE FROM payments WHERE site = ? AND client_id IS NULL AND user_id = ?").run(site, user);
  }
  db.prepare("DELETE FROM agreements WHERE site = ? AND client_id = ?").run(site, clientId);
};

/** What is kept under the id itself: payments and agreements alone make nobody a visitor. */
const eraseNamed = (db: Db, { column, value, site }: EraseRequest): void => {
  for (const table of column === "client_id" ? ["payments", "agreements"] : ["payments"]) {
    db.prepare(`DELETE FROM ${table} WHERE ${column} = :value AND (:site IS NULL OR site = :site)`).run({
      value,
      site,
    });
  }
};

/** What could not be read at all is kept as text: wherever the id stands in it. */
const eraseSamples = (db: Db, text: string): void => {
  const remove = db.prepare("DELETE FROM rejects WHERE instr(sample, :text) > 0 OR instr(path, :text) > 0");
  // As it is, in JSON, and in an address; and a UUID as clients write it, too.
  const forms = [text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text.toWellFormed())];
  const bare = parseUuid(text)?.replaceAll("-", "");
  if (bare !== undefined) forms.push(text.toUpperCase(), bare, bare.toUpperCase());
  for (const form of new Set(forms)) remove.run({ text: form });
};
