import type { Db } from "./database.ts";

export type Value = number | string | Buffer | null;

/** Inserts rows that lie one behind the other in a list of values; must run inside a transaction. */
export type InsertRows = (values: readonly Value[]) => void;

/** Rows of one statement. A call takes as long as two rows, so that there is nothing to be won beyond. */
const rowsAtOnce = 16;

/**
 * Prepares inserting into `columns` of a table, many rows a call. Without `or`, SQLite would keep a copy of every page that a
 * statement changes, to take half of it back; whoever fails here takes back the transaction.
 */
export const insertRows = (
  db: Db,
  or: "FAIL" | "IGNORE",
  table: string,
  columns: readonly string[],
): InsertRows => {
  const row = `(${columns.map(() => "?").join(", ")})`;
  const head = `INSERT OR ${or} INTO ${table} (${columns.join(", ")}) VALUES`;
  const one = db.prepare(`${head} ${row}`);
  const many = db.prepare(`${head} ${Array(rowsAtOnce).fill(row).join(", ")}`);
  const width = columns.length;
  return (values) => {
    let at = 0;
    for (; at + rowsAtOnce * width <= values.length; at += rowsAtOnce * width) {
      many.run(values.slice(at, at + rowsAtOnce * width));
    }
    for (; at < values.length; at += width) one.run(values.slice(at, at + width));
  };
};
