/** The rows of an export as one Parquet file. */
import { createReadStream, createWriteStream, rmSync } from "node:fs";
import { join } from "node:path";
import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { makeTemporaryFolder } from "../lib/temporary-folder.ts";
import type { ColumnType } from "../model/event.ts";
import type { Json } from "../model/json.ts";
import { runJob } from "../store/segments/run-job.ts";
import { CommandError, type Io } from "./context.ts";
import { drained } from "./output.ts";

export interface TableColumn {
  readonly name: string;
  /** the values of `time` are ms since 1970, or moments as text */
  readonly type: ColumnType;
}

type Rows = Iterable<readonly Json[]> | AsyncIterable<readonly Json[]>;

/** Writes the rows, however many, to stdout. A terminal is refused: it would show bytes. */
export const writeParquet = async (
  { stdout, isTerminal }: Pick<Io, "stdout" | "isTerminal">,
  columns: readonly TableColumn[],
  rows: Rows,
): Promise<void> => {
  if (isTerminal) {
    throw new CommandError(
      "export: a Parquet file is not for a terminal: write `> events.parquet` behind the command",
    );
  }
  const folder = makeTemporaryFolder("export"); // mode 0700: it holds personal data for a while
  try {
    const unique = uniqueNames(columns);
    const lines = join(folder, "lines");
    const file = join(folder, "rows.parquet");
    await pipeline(Readable.from(linesOf(unique, rows)), createWriteStream(lines, { mode: 0o600 }));
    await runJob({ kind: "table", lines, file, staging: folder, columns: unique });
    await copyOut(file, stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Tables know no case in names: of two that differ in case alone, the second gets a number. */
export const uniqueNames = (columns: readonly TableColumn[]): readonly TableColumn[] => {
  const taken = new Set<string>();
  return columns.map(({ name, type }) => {
    let unique = name;
    for (let n = 2; taken.has(unique.toLowerCase()); n++) unique = `${name}_${n}`;
    taken.add(unique.toLowerCase());
    return { name: unique, type };
  });
};

async function* linesOf(columns: readonly TableColumn[], rows: Rows): AsyncGenerator<string> {
  for await (const row of rows) {
    const values = columns.map(({ name, type }, i) => [name, cellOf(row[i] ?? null, type)]);
    yield `${JSON.stringify(Object.fromEntries(values), wellFormed)}\n`;
  }
}

const cellOf = (value: Json, type: ColumnType): Json =>
  type === "time" && typeof value === "string" ? Date.parse(value) : value;

/** Half a surrogate pair would make the line unreadable for other JSON readers. */
const wellFormed = (_key: string, value: Json): Json =>
  typeof value === "string" ? value.toWellFormed() : value;

/** The stream stays open: it is the program's. */
const copyOut = async (file: string, stdout: Writable): Promise<void> => {
  let isClosed = false;
  const leave = () => {
    isClosed = true;
  };
  stdout.once("error", leave).once("close", leave);
  for await (const chunk of createReadStream(file)) {
    if (isClosed) break;
    if (!stdout.write(chunk)) await drained(stdout, () => isClosed);
  }
  stdout.off("error", leave).off("close", leave);
};
