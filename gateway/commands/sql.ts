import type { Command } from "commander";
import { printable } from "../lib/printable.ts";
import { readRebuilding } from "../report/rebuilding.ts";
import type { Reader } from "../store/reader.ts";
import { type Context, type Io, say, warn } from "./context.ts";
import { openData } from "./open-data.ts";
import { createOutput } from "./output.ts";
import { type SettingsOptions, withSettingsOptions } from "./settings-options.ts";
import { alignTable } from "./table.ts";

interface Result {
  readonly columns: readonly string[];
  readonly rows: Iterable<readonly unknown[]>;
}

/** `turnpike sql`: one statement that reads, beside a gateway that may be writing. */
export const addSql = (program: Command, { io, run }: Context): void => {
  withSettingsOptions(
    program
      .command("sql")
      .description("ask the data folder's database; reads only")
      .argument("<statement>", "for example 'select * from experiment_outcomes'")
      .option("--json", "print a JSON array of objects"),
  )
    .addHelpText(
      "after",
      [
        "\nOn a terminal it prints a table, else tab-separated values with a heading. The view `events` has all events, sealed",
        "ones too, with their most asked for columns; a query of many days is faster over the Parquet files, in DuckDB.",
      ].join("\n"),
    )
    .action(
      run(async (statement: string, options: SettingsOptions & { json?: true }) => {
        const reader = openData(options);
        try {
          const result = reader.query(statement);
          if (/experiment_/i.test(statement)) await warnOfRebuilding(io, reader);
          if (options.json) await printJson(io, result);
          else if (io.isTerminal) printTable(io, result);
          else await printTabs(io, result);
        } finally {
          reader.close();
        }
        return 0;
      }),
    );
};

/** Tables of results look the same while they are worked out again. */
const warnOfRebuilding = async (io: Io, reader: Reader): Promise<void> => {
  const store = { report: async (name: string) => reader.report(name, {}) };
  for (const [key, { sentence }] of await readRebuilding(store)) warn(io, `${key}: ${sentence}`);
};

const printTable = (io: Io, { columns, rows }: Result): void => {
  const lines = [...rows].map((row) => row.map((value) => printable(shown(value))));
  say(io, alignTable([columns, ...lines]));
};

const printTabs = async (io: Io, { columns, rows }: Result): Promise<void> => {
  const output = createOutput(io.stdout);
  let wanted = await output.write(`${columns.map(escapeTabs).join("\t")}\n`);
  for (const row of rows) {
    if (!wanted) break;
    wanted = await output.write(`${row.map((value) => escapeTabs(shown(value))).join("\t")}\n`);
  }
  await output.end();
};

const printJson = async (io: Io, { columns, rows }: Result): Promise<void> => {
  const output = createOutput(io.stdout);
  let before = "[";
  let wanted = true;
  for (const row of rows) {
    if (!wanted) break;
    const pairs = new Map(columns.map((column, i) => [JSON.stringify(column), jsonOf(plain(row[i]))]));
    const members = [...pairs].map(([column, value]) => `${column}:${value}`);
    wanted = await output.write(`${before}\n{${members.join(",")}}`);
    before = ",";
  }
  await output.write(before === "[" ? "[]\n" : "\n]\n");
  await output.end();
};

/** A value as text; NULL is empty, bytes are hexadecimal. */
const shown = (value: unknown): string => {
  const simple = plain(value);
  return simple === null ? "" : String(simple);
};

const plain = (value: unknown): string | number | bigint | null => {
  if (value === null || value === undefined) return null;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  return typeof value === "number" || typeof value === "bigint" ? value : String(value);
};

const jsonOf = (value: string | number | bigint | null): string =>
  typeof value === "bigint" ? String(value) : JSON.stringify(value);

const escapeTabs = (text: string): string => text.replace(/[\\\t\n\r]/g, (found) => escapes[found] ?? found);

const escapes: Readonly<Record<string, string>> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };
