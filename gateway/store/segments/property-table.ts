import type { Db } from "../database.ts";
import type { PropertyColumn } from "./property-columns.ts";
import type { PropertyKind } from "./segment.ts";

interface Row {
  readonly name: string;
  readonly kind: PropertyKind;
  readonly n: number;
  readonly chosen: number;
}

/** The properties of a site that were counted so far. */
export const readPropertyColumns = (db: Db, site: string): readonly PropertyColumn[] =>
  (db.prepare("SELECT name, kind, n, chosen FROM property_columns WHERE site = ?").all(site) as Row[]).map(
    (row) => ({ ...row, chosen: row.chosen === 1 }),
  );

/** Writes a site's properties anew; must run inside a transaction. */
export const putPropertyColumns = (db: Db, site: string, columns: readonly PropertyColumn[]): void => {
  db.prepare("DELETE FROM property_columns WHERE site = ?").run(site);
  const put = db.prepare("INSERT INTO property_columns (site, name, kind, n, chosen) VALUES (?, ?, ?, ?, ?)");
  for (const { name, kind, n, chosen } of columns) put.run(site, name, kind, n, chosen ? 1 : 0);
};
