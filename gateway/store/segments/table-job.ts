/** In the child: makes a Parquet file of lines of JSON. */
import { join } from "node:path";
import type { ColumnType } from "../../model/event.ts";
import { openDuck } from "./duck.ts";
import { quote, quoteName } from "./sql-text.ts";
import { syncFile } from "./staging.ts";

export interface TableJob {
  readonly kind: "table";
  /** one JSON object a line */
  readonly lines: string;
  /** the Parquet file to write */
  readonly file: string;
  /** a folder for what does not fit into memory */
  readonly staging: string;
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[];
}

export const tableJob = async ({ lines, file, staging, columns }: TableJob): Promise<null> => {
  const duck = await openDuck(join(staging, "spill"));
  const types = columns.map(({ name, type }) => `${quote(name)}: ${quote(lineTypes[type])}`).join(", ");
  const values = columns.map(
    ({ name, type }) => `${tableValue(quoteName(name), type)} AS ${quoteName(name)}`,
  );
  await duck.run(
    `COPY (SELECT ${values.join(", ")} FROM read_json(${quote(lines)}, format = 'newline_delimited',
       columns = {${types}}, maximum_object_size = 67108864, timestampformat = 'iso'))
     TO ${quote(file)} (FORMAT parquet, COMPRESSION zstd)`,
  );
  syncFile(file);
  return null;
};

const lineTypes: Readonly<Record<ColumnType, string>> = {
  uuid: "UUID",
  text: "VARCHAR",
  int: "BIGINT",
  float: "DOUBLE",
  bool: "BOOLEAN",
  time: "BIGINT",
  json: "JSON",
};

const tableValue = (name: string, type: ColumnType): string =>
  type === "time" ? `make_timestamp_ms(${name})::TIMESTAMP_MS` : name;
