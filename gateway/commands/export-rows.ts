/** All that `turnpike export` can write. */
import type { Column } from "../model/event.ts";
import { exportEvents } from "./export-events.ts";
import { exportSessions } from "./export-sessions.ts";
import { type ExportSource, isWanted } from "./export-source.ts";

const text = (name: string, meaning: string): Column => ({ name, type: "text", meaning });
const amount = (name: string, meaning: string): Column => ({ name, type: "float", meaning });

const rejectColumns: readonly Column[] = [
  { name: "received_at", type: "time", meaning: "when it was received, ms" },
  text("property_id", "the site it was sent to"),
  text("method", "of the request"),
  text("path", "of the request"),
  text("reason", "why it could not be read"),
  text("sample", "the beginning of what could not be read"),
];

const pageRows = 1000;

/** What could not be read at all. */
const exportRejects: ExportSource = {
  open: (reader, filter) => ({
    columns: rejectColumns,
    *rows() {
      for (let no = 0; ; ) {
        const page = reader.report("rejects", { no, limit: pageRows });
        for (const row of page) {
          no = Number(row["no"]);
          if (!isWanted(filter, row["site"] ?? null, Number(row["received_at"]))) continue;
          const cells: typeof row = { ...row, property_id: row["site"] ?? null };
          yield rejectColumns.map(({ name }) => cells[name] ?? null);
        }
        if (page.length < pageRows) return;
      }
    },
  }),
};

const outcomeColumns: readonly Column[] = [
  text("experiment", "key of the experiment"),
  text("variant", "key of the variant"),
  text("goal", "key of the goal"),
  { name: "exposed", type: "int", meaning: "people who saw the variant" },
  { name: "converted", type: "int", meaning: "of these, people who reached the goal" },
  amount("value_sum", "sum of the goal's amounts"),
  amount("value_sum_squares", "sum of the squares of people's totals"),
];

/** Results are sums over all people: neither a time nor a site can be taken out of them. */
const exportExperiments: ExportSource = {
  open: (reader) => ({
    columns: outcomeColumns,
    *rows() {
      for (const row of reader.report("outcomes", {})) {
        yield outcomeColumns.map(({ name }) => row[name] ?? null);
      }
    },
  }),
};

export const exportSources = {
  events: exportEvents,
  sessions: exportSessions,
  rejects: exportRejects,
  experiments: exportExperiments,
} as const;
