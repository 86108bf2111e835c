/** The functions that pages of the original scripts call: `tr(fields, force)` and `track(fields)`. */

import type { Tr } from "../api.ts";
import { safe } from "../lib/safe.ts";
import { record } from "../start.ts";
import { oldFields, oldParams } from "./carry-over.ts";

type Fields = Readonly<Record<string, unknown>>;

const tr = window.tr as Tr; // start.ts has set it

let last = location.href; // the first view has been told by then

const send = (fields: Fields): void => {
  const { params, eid, ...own } = fields;
  const query = Object.fromEntries(new URLSearchParams(location.search));
  // In old pages `eid` named the experiment.
  const xid = own["xid"] ?? eid;
  record({
    ...oldFields(),
    ...own,
    ...(xid ? { xid } : {}),
    // Old pages name an event in its params as well.
    ename: (own["ename"] ?? (params as Fields | undefined)?.["ename"] ?? "event") as string, // or what the gateway reads as one
    params: { ...query, ...oldParams(), ...(params as object | undefined) },
  });
};

/** As the original did, the same address is told once, unless `force`. */
const oldTr = (fields: Fields, force?: unknown): void => {
  if (!force && last === location.href) return;
  last = location.href;
  send(fields);
};

const call = (first: unknown, second?: unknown): void =>
  typeof first === "object" && first ? oldTr(first as Fields, second) : tr(first as string, second as Fields);

window.tr = Object.assign(safe(call), tr) as typeof tr; // takes what `tr` takes, and an object
// Its newest form calls an event without a name by the experiment.
window.track = safe((fields: Fields) => send({ ename: fields["xid"] ?? oldFields()["xid"], ...fields }));
