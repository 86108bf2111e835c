import { type Column, type ColumnName, type Event, eventColumns } from "../model/event.ts";
import type { Json } from "../model/json.ts";
import { isTagEvent } from "../model/tag-event.ts";
import { placeColumns, sessionColumns } from "../sessionize/columns.ts";
import { type Cell, flatten, gtagCells, gtagColumns, gtagDefaults } from "./export-params.ts";
import {
  type ExportFilter,
  type ExportReader,
  type ExportSource,
  isWanted,
  timeCell,
} from "./export-source.ts";
import { createSessionJoin, type Joined, referralColumns, touchColumns } from "./session-join.ts";

/** Events in order of arrival, with what they learn from their sessions and from who their visitors are. */
export const exportEvents: ExportSource = {
  open(reader, filter, { flat }) {
    const flattened = flat ? flatten(eachEvent(reader, filter)) : null;
    const taken = new Set(flattened?.columns.map(({ name }) => name));
    const gtag = gtagColumns.map((column) => !taken.has(column.name));
    const cellsOf = (event: Event, joined: Joined): readonly Cell[] => [
      ...eventColumns.map((column) => eventCell(column, event, joined, flattened?.rest(event))),
      ...dayCells(event),
      ...(joined.place ?? noPlace),
      ...(joined.session ?? noSession),
      ...joined.referral,
      ...(flattened ? gtagCells(event).filter((_, i) => gtag[i]) : gtagCells(event)),
      ...(flattened?.cells(event) ?? []),
    ];
    return {
      columns: [
        ...eventColumns,
        ...dayColumns,
        ...placeColumns,
        ...ofSession,
        ...referralColumns,
        ...gtagColumns.filter((_, i) => gtag[i]),
        ...(flattened?.columns ?? []),
      ],
      *rows() {
        const join = createSessionJoin(reader.people);
        for (const page of pagesOf(reader, filter)) {
          const joined = join.events(page);
          for (let i = 0; i < page.length; i++) {
            const [event, more] = [page[i], joined[i]];
            if (event && more) yield cellsOf(event, more);
          }
        }
      },
    };
  },
};

const ofSession: readonly Column[] = [...sessionColumns, ...touchColumns];
const noPlace: readonly Json[] = placeColumns.map(() => null);
const noSession: readonly Json[] = ofSession.map(() => null);

/** Large enough that events of one session are mostly met together. */
const pageRows = 2000;

function* pagesOf(reader: ExportReader, filter: ExportFilter): Generator<readonly Event[]> {
  let after = 0;
  for (;;) {
    const page = reader.read(after, pageRows);
    yield page
      .map(({ event }) => event)
      .filter((event) => isWanted(filter, event.property_id, event.timestamp_utc));
    if (page.length < pageRows) return;
    after = page.at(-1)?.seq ?? after;
  }
}

function* eachEvent(reader: ExportReader, filter: ExportFilter): Generator<Event> {
  for (const page of pagesOf(reader, filter)) yield* page;
}

const dayColumns: readonly Column[] = [
  { name: "date_utc", type: "text", meaning: "day of the event, UTC" },
  { name: "property_name", type: "text", meaning: "name of the site" },
];

const dayCells = (event: Event): readonly Json[] => [
  new Date(event.timestamp_utc).toISOString().slice(0, 10),
  event.property_id,
];

/** `rest` is what of the properties has no column. */
const eventCell = (column: Column, event: Event, { problems }: Joined, rest: Json | undefined): Json => {
  const { name } = column;
  if (name === "properties" && rest !== undefined) return rest;
  if (name === "problems" && problems !== null) return problems;
  const value: Json = event[name as ColumnName] ?? null;
  if (value === null && isTagEvent(event)) return timeCell(column, gtagDefaults[name] ?? null);
  return timeCell(column, value);
};
