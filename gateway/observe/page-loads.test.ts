import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Event } from "../model/event.ts";
import { derivedId } from "../model/ids.ts";
import type { PageLoadChange, PageLoadTable } from "../model/page-loads.ts";
import { createPageLoadProjection } from "./page-loads.ts";

const noon = Date.UTC(2025, 2, 4, 12);
const idOf = (name: string, at = noon) => derivedId(at, name);

const createTable = () => {
  const seen = new Map<string, number>();
  const days = new Map<string, PageLoadChange>();
  const table: PageLoadTable = {
    seen: (site, id) => seen.get(`${site} ${id}`) ?? 0,
    put: (site, id, marks) => void seen.set(`${site} ${id}`, marks),
    change(site, day, change) {
      const before = days.get(`${site} ${day}`) ?? { both: 0, documentOnly: 0, viewOnly: 0, otherViews: 0 };
      days.set(`${site} ${day}`, {
        both: before.both + change.both,
        documentOnly: before.documentOnly + change.documentOnly,
        viewOnly: before.viewOnly + change.viewOnly,
        otherViews: before.otherViews + change.otherViews,
      });
    },
  };
  return { table, days };
};

const sums = (events: readonly Event[]) => {
  const { table, days } = createTable();
  const projection = createPageLoadProjection(table);
  for (const [i, event] of events.entries()) projection.apply({ seq: i + 1, event, person: null });
  projection.flush();
  return days;
};

/** Both, document only, view only, other views. */
const of = (days: ReadonlyMap<string, PageLoadChange>, key = "main 2025-03-04") => {
  const day = days.get(key);
  return day && [day.both, day.documentOnly, day.viewOnly, day.otherViews];
};

const event = (parts: Partial<Event>): Event => ({
  id: "0190a4c2-2e7a-7cc0-98c4-dc0c0c07398f",
  property_id: "main",
  tracking_protocol: "gateway",
  type: "log",
  name: "document",
  timestamp_utc: noon,
  received_at: noon + 100,
  client_id: "v",
  ...parts,
});
const document = (name: string, parts: Partial<Event> = {}) => event({ page_load_id: idOf(name), ...parts });
const view = (name: string | null, parts: Partial<Event> = {}) =>
  event({
    tracking_protocol: "native",
    type: "page",
    name: "page_view",
    ...(name === null ? {} : { page_load_id: idOf(name) }),
    ...parts,
  });

test("a page load is seen by both sides, or by one of them", () => {
  const days = sums([document("a"), view("a"), document("b"), view("c"), view(null)]);
  assert.deepEqual(of(days), [1, 1, 1, 1]);
});

test("a copy that a browser shows again is one page load, however often either side reports it", () => {
  assert.deepEqual(of(sums([document("a"), view("a"), document("a"), view("a")])), [1, 0, 0, 0]);
});

test("whoever may not be counted is not missed, and counts once he has agreed", () => {
  const silent = document("a", { client_id: null });
  assert.equal(of(sums([silent])), undefined);
  assert.deepEqual(of(sums([silent, view("a")])), [1, 0, 0, 0]);
  assert.deepEqual(of(sums([view("a"), silent])), [1, 0, 0, 0]);
});

test("automated clients, made-up visitors and events of other kinds do not count", () => {
  const days = sums([
    document("a", { bot: "crawler: x" }),
    document("b", { traffic_filter_name: "demo" }),
    view("c", { bot: "headless: x" }),
    document("d", { name: "request" }),
    document("e", { tracking_protocol: "native" }),
    view("f", { type: "track" }),
  ]);
  assert.equal(days.size, 0);
});

test("a page load belongs to the day on which it left, on either side of midnight", () => {
  const late = Date.UTC(2025, 2, 4, 23, 59, 59, 900);
  const id = idOf("a", late);
  const days = sums([
    document("a", { page_load_id: id, timestamp_utc: late, received_at: late }),
    view("a", { page_load_id: id, timestamp_utc: late + 500, received_at: late + 500 }),
  ]);
  assert.deepEqual([...days.keys()], ["main 2025-03-04"]);
  assert.deepEqual(of(days), [1, 0, 0, 0]);
});

test("ids from the future, from more than a week ago, and without a time are nobody's page load", () => {
  const days = sums([
    view("a", { page_load_id: idOf("a", noon - 8 * 86_400_000) }),
    view("b", { page_load_id: idOf("b", noon + 2 * 86_400_000) }),
    document("c", { page_load_id: idOf("c", noon - 8 * 86_400_000) }),
    view("d", { page_load_id: "3f1c7c54-0c5b-4f0e-9d3a-0b8f0c9f3c11" }),
  ]);
  assert.deepEqual(of(days), [0, 0, 0, 1]);
});

test("a batch changes the sums of a day once, and one that was taken back leaves nothing behind", () => {
  const { table, days } = createTable();
  let changed = 0;
  const projection = createPageLoadProjection({
    ...table,
    change(...change) {
      changed++;
      table.change(...change);
    },
  });
  const apply = (seq: number, event: Event) => projection.apply({ seq, event, person: null });
  apply(1, view(null));
  projection.forget();
  for (const [i, one] of [view(null), view("a"), document("a"), view(null)].entries()) apply(i + 2, one);
  assert.equal(changed, 0);
  projection.flush();
  projection.flush();
  assert.equal(changed, 1);
  assert.deepEqual(of(days), [1, 0, 0, 2]);
});

test("sites are apart", () => {
  const days = sums([document("a"), view("a", { property_id: "other" })]);
  assert.deepEqual(
    [of(days), of(days, "other 2025-03-04")],
    [
      [0, 1, 0, 0],
      [0, 0, 1, 0],
    ],
  );
});

test("neither order nor repeats change the sums", () => {
  const some = fc.array(
    fc.record({ load: fc.constantFrom("a", "b", "c", "d"), kind: fc.constantFrom("doc", "silent", "view") }),
    { maxLength: 12 },
  );
  const eventsOf = (kinds: readonly { load: string; kind: string }[]) =>
    kinds.map(({ load, kind }) =>
      kind === "view" ? view(load) : document(load, kind === "silent" ? { client_id: null } : {}),
    );
  fc.assert(
    fc.property(some, fc.infiniteStream(fc.nat()), (kinds, numbers) => {
      const keyed = [...kinds, ...kinds.slice(0, 3)].map((kind) => ({
        kind,
        n: Number(numbers.next().value),
      }));
      const shuffled = keyed.sort((a, b) => a.n - b.n).map(({ kind }) => kind);
      const left = of(sums(eventsOf(kinds))) ?? [0, 0, 0, 0];
      assert.deepEqual(of(sums(eventsOf(shuffled))) ?? [0, 0, 0, 0], left);
    }),
  );
});
