/** Looks into a data folder from outside, beside the gateway that is writing. */
import type { Event } from "../gateway/model/event.ts";
import { openReader } from "../gateway/store/reader.ts";
import { waitFor } from "./wait-for.ts";

/** All stored events, in order of receipt. */
export const storedEvents = (data: string): readonly Event[] => {
  const reader = openReader(data);
  try {
    const events: Event[] = [];
    for (let after = 0; ; ) {
      const page = reader.read(after, 1000);
      for (const { event } of page) events.push(event);
      const last = page.at(-1);
      if (!last) return events;
      after = last.seq;
    }
  } finally {
    reader.close();
  }
};

export const storedNamed = (data: string, name: string): readonly Event[] =>
  storedEvents(data).filter((event) => event.name === name);

/** Rows of a query as objects. */
export const queryData = (data: string, sql: string): readonly Readonly<Record<string, unknown>>[] => {
  const reader = openReader(data);
  try {
    const { columns, rows } = reader.query(sql);
    return Array.from(rows, (row) => Object.fromEntries(columns.map((column, i) => [column, row[i]])));
  } finally {
    reader.close();
  }
};

/** Waits until visitors, sessions and results hold all that has been acknowledged: they follow the journal. */
export const settle = async (data: string): Promise<void> => {
  const sql = `SELECT (SELECT ifnull(max(seq), 0) FROM journal) <= (SELECT ifnull(min(seq), 0) FROM offsets) AS done`;
  await waitFor(() => queryData(data, sql)[0]?.["done"] === 1, "the projections");
};
