/** DuckDB, as the child process uses it: bounded memory, nothing loaded from anywhere, nothing kept. */
import { rmSync } from "node:fs";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { makeTemporaryFolder } from "../../lib/temporary-folder.ts";
import { type Column, type ColumnType, eventColumns } from "../../model/event.ts";
import { withoutNames } from "./erasures.ts";
import { type Columns, paramColumn, sequenceColumn, shapeColumn } from "./rows.ts";
import type { Erasure, PropertyKind } from "./segment.ts";
import { quote, quoteFiles, quoteName } from "./sql-text.ts";

export type Duck = DuckDBConnection;

/** An empty database in memory that spills into the folder, removed with it. */
export const openDuck = async (spillFolder: string): Promise<Duck> => {
  const instance = await DuckDBInstance.create(":memory:", {
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    memory_limit: "512MB",
    temp_directory: spillFolder,
    threads: "1",
  });
  const duck = await instance.connect();
  await duck.run("SET TimeZone = 'UTC'");
  return duck;
};

/** Works with an empty database whose folder for what does not fit into memory is gone afterwards. */
export const withDuck = async <T>(work: (duck: Duck) => Promise<T>): Promise<T> => {
  const spill = makeTemporaryFolder("spill");
  try {
    return await work(await openDuck(spill));
  } finally {
    rmSync(spill, { recursive: true, force: true });
  }
};

/** All rows, as values that JSON has. */
export const rowsOf = async (duck: Duck, sql: string): Promise<readonly Record<string, unknown>[]> =>
  (await duck.runAndReadAll(sql)).getRowObjectsJson();

/** The columns of a sealed file as an expression over lines of JSON named `line`, in the order of the file. */
export const columnsOfLine = (params: Columns): string => {
  const fields: [string, string][] = [[sequenceColumn, "BIGINT"]];
  const outs = [sequenceColumn];
  for (const { name, type } of eventColumns as readonly Column[]) {
    fields.push([name, lineTypes[type]]);
    outs.push(`${fileValue(name, type)} AS ${quoteName(name)}`);
  }
  for (const [name, kind] of [[shapeColumn, "text"] as const, ...paramEntries(params)]) {
    fields.push([name, paramTypes[kind]]);
    outs.push(quoteName(name));
  }
  const structure = JSON.stringify(Object.fromEntries(fields));
  return `SELECT ${outs.join(", ")} FROM (SELECT unnest(json_transform(line, ${quote(structure)})) FROM lines)`;
};

const paramEntries = (params: Columns): (readonly [string, PropertyKind])[] =>
  Object.entries(params).map(([name, kind]) => [paramColumn(name), kind]);

const lineTypes: Readonly<Record<ColumnType, string>> = {
  uuid: "UUID",
  text: "VARCHAR",
  int: "BIGINT",
  float: "DOUBLE",
  bool: "BOOLEAN",
  time: "BIGINT",
  json: "VARCHAR",
};

const paramTypes: Readonly<Record<PropertyKind, string>> = {
  int: "BIGINT",
  float: "DOUBLE",
  bool: "BOOLEAN",
  text: "VARCHAR",
  json: "VARCHAR",
  mixed: "VARCHAR",
};

const fileValue = (name: string, type: ColumnType): string => {
  const column = quoteName(name);
  if (type === "time") return `make_timestamp_ms(${column})::TIMESTAMP_MS`;
  return type === "json" ? `${column}::JSON` : column;
};

/**
 * The rows of sealed files as lines of JSON that `rows.ts` reads, whatever columns the files have: a query with the
 * columns `line`, `seq`, `moment` and those named by `also`, which names nobody whom `erasures` do.
 */
export const linesOfFiles = async (
  duck: Duck,
  files: readonly string[],
  { also = [], erasures = [], columns }: LinesOptions = {},
): Promise<string> => {
  const read = `read_parquet(${quoteFiles(files)}, union_by_name = true)`;
  const select = withoutNames(erasures);
  const source = select === "*" ? read : `(SELECT ${select} FROM ${read})`;
  const used = await usedColumns(duck, files);
  const fields = (await rowsOf(duck, `DESCRIBE SELECT * FROM ${source}`))
    .map((row) => ({ name: String(row["column_name"]), type: String(row["column_type"]) }))
    .filter(
      ({ name }) =>
        used.has(name.toLowerCase()) && (!columns || name === sequenceColumn || columns.includes(name)),
    )
    .map(({ name, type }) => `${quoteName(name)}: ${lineValue(quoteName(name), type)}`);
  const more = also.map((name) => `, ${quoteName(name)}`).join("");
  return `SELECT to_json({${fields.join(", ")}}) AS line, seq, epoch_ms(timestamp_utc) AS moment${more} FROM ${source}`;
};

interface LinesOptions {
  readonly also?: readonly string[];
  readonly erasures?: readonly Erasure[];
  /** columns of the event that lines have; all where they are left out */
  readonly columns?: readonly string[];
}

/** Most columns of most files are empty: leaving them out makes lines half as long. */
const usedColumns = async (duck: Duck, files: readonly string[]): Promise<ReadonlySet<string>> => {
  const rows = await rowsOf(
    duck,
    `SELECT path_in_schema AS name FROM parquet_metadata(${quoteFiles(files)})
     GROUP BY 1 HAVING sum(num_values) > sum(ifnull(stats_null_count, 0))`,
  );
  return new Set(rows.map((row) => String(row["name"]).toLowerCase())); // files may spell a name in several ways
};

const lineValue = (name: string, type: string): string => {
  if (type.startsWith("TIMESTAMP")) return `epoch_ms(${name})`;
  return type === "JSON" || type === "UUID" ? `${name}::VARCHAR` : name;
};
