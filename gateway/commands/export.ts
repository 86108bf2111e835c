import { type Command, InvalidArgumentError, Option } from "commander";
import { systemClock } from "../lib/clock.ts";
import type { Column } from "../model/event.ts";
import type { Json } from "../model/json.ts";
import type { Reader } from "../store/reader.ts";
import { isInCalendar } from "./calendar.ts";
import { CommandError, type Context, type Io } from "./context.ts";
import { csvLine } from "./csv.ts";
import type { Cell } from "./export-params.ts";
import { writeParquet } from "./export-parquet.ts";
import { exportSources } from "./export-rows.ts";
import type { ExportTable } from "./export-source.ts";
import { needSite } from "./known-site.ts";
import { openData } from "./open-data.ts";
import { createOutput } from "./output.ts";
import { createProgress, type Progress } from "./progress.ts";
import { type SettingsOptions, withSettingsOptions } from "./settings-options.ts";

interface Flags extends SettingsOptions {
  readonly format: keyof typeof formats | "parquet";
  readonly what: keyof typeof exportSources;
  readonly from?: number | null;
  readonly to?: number | null;
  readonly site?: string | null;
  readonly flat?: boolean;
}

/** `turnpike export`: everything that is stored, as text that other programs read. */
export const addExport = (program: Command, { io, run }: Context): void => {
  withSettingsOptions(
    program
      .command("export")
      .description("print stored events, sessions, what could not be read, or experiment results")
      .addOption(
        new Option("-f, --format <format>", "how")
          .choices([...Object.keys(formats), "parquet"])
          .default("jsonl"),
      )
      .addOption(
        new Option("-w, --what <what>", "what").choices(Object.keys(exportSources)).default("events"),
      )
      .option(
        "--from <time>",
        "from this day or moment on (UTC): 2026-01-31 or 2026-01-31T08:00:00Z",
        readFrom,
      )
      .option("--to <time>", "up to the end of this day, or up to this moment", readTo)
      .option("--site <id>", "of this site only")
      .option("--flat", "events with a column params_<name> for every property seen"),
  )
    .addHelpText(
      "after",
      "\nThe export holds personal data: the ids of visitors and users, and what they sent.",
    )
    .action(
      run(async ({ format, what, from = null, to = null, site = null, flat = false, ...settings }: Flags) => {
        if (what === "experiments" && (from ?? to ?? site) !== null) {
          throw new CommandError(
            "export: results of experiments take no --from, --to or --site",
            "used wrongly",
          );
        }
        if (from !== null && to !== null && from > to)
          throw new CommandError(
            "export: --from is later than --to, and nothing lies between",
            "used wrongly",
          );
        if (flat && what !== "events")
          throw new CommandError("export: only events can be --flat", "used wrongly");
        const reader = openData(settings);
        try {
          needSite("export", site, settings);
          const table = exportSources[what].open(reader, { from, to, site }, { flat });
          const isAll = from === null && to === null && site === null;
          const progress = createProgress(io, isAll ? countRows(reader, what) : null, systemClock);
          try {
            const rows = counted(table.rows(), progress);
            if (format === "parquet") await writeParquet(io, table.columns, withoutGaps(table, rows));
            else await printRows(io, { columns: table.columns, rows: () => rows }, formats[format]);
          } finally {
            progress.end();
          }
        } finally {
          reader.close();
        }
        return 0;
      }),
    );
};

/** How many rows there are at most; null where that is not known without reading them. */
const countRows = (reader: Reader, what: Flags["what"]): number | null => {
  if (what === "events") return reader.lastSeq();
  if (what !== "sessions") return null;
  for (const [n] of reader.query("SELECT count(*) FROM sessions").rows) return Number(n);
  return null;
};

function* counted<T>(rows: Iterable<T>, progress: Progress): Generator<T> {
  for (const row of rows) {
    progress.step();
    yield row;
  }
}

/** A table has a value for each column. */
function* withoutGaps({ columns }: ExportTable, rows: Iterable<readonly Cell[]>): Generator<readonly Json[]> {
  for (const row of rows) yield columns.map((_, i) => row[i] ?? null);
}

interface Format {
  head(columns: readonly Column[]): string;
  line(columns: readonly Column[], row: readonly Cell[]): string;
}

const jsonl: Format = {
  head: () => "",
  line(columns, row) {
    // Most of a row's many cells are null: put together by hand it takes a third of the time.
    let line = "";
    for (let i = 0; i < columns.length; i++) {
      const value = row[i];
      if (value === undefined) continue;
      line += `${line === "" ? "{" : ","}${keyOf(columns[i])}${value === null ? "null" : JSON.stringify(value)}`;
    }
    return `${line}}\n`;
  },
};

const keys = new WeakMap<Column, string>();

const keyOf = (column: Column | undefined): string => {
  if (column === undefined) return "";
  let key = keys.get(column);
  if (key === undefined) {
    key = `${JSON.stringify(column.name)}:`;
    keys.set(column, key);
  }
  return key;
};

// Values that look like formulas stay as they are: an export that changes values is no export.
const csv: Format = {
  head: (columns) => csvLine(columns.map(({ name }) => name)),
  line: (_columns, row) =>
    csvLine(
      row.map((value) =>
        typeof value === "object" && value !== null ? JSON.stringify(value) : (value ?? null),
      ),
    ),
};

const formats = { jsonl, csv } as const;

/** Writes no faster than the reader of the output takes it, and stops when that one has left. */
const printRows = async (io: Io, table: ExportTable, format: Format): Promise<void> => {
  const output = createOutput(io.stdout);
  let wanted = await output.write(format.head(table.columns));
  for (const row of table.rows()) {
    if (!wanted) break;
    wanted = await output.write(format.line(table.columns, row));
  }
  await output.end();
};

const dayMs = 86_400_000;

const readFrom = (text: string): number => readTime(text).at;

const readTo = (text: string): number => {
  const { at, isDay } = readTime(text);
  return isDay ? at + dayMs : at;
};

// Without an offset `Date` would take a moment for local time, and the same command print other rows elsewhere.
const readTime = (text: string): { at: number; isDay: boolean } => {
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text);
  const isMoment = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?$/.test(text);
  const at = Date.parse(isMoment && !/(Z|[+-]\d\d:\d\d)$/.test(text) ? `${text}Z` : text);
  if ((isDay || isMoment) && !Number.isNaN(at) && isInCalendar(text.slice(0, 10))) return { at, isDay };
  throw new InvalidArgumentError(
    "expected a day such as 2026-01-31, or a moment such as 2026-01-31T08:00:00Z.",
  );
};
