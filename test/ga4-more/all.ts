/**
 * Hits of GA4's tag beside those of `cases/ga4.json`, and what the export must hold of them: the edges of sessions,
 * orders of arrival, and each thing that its flat table is known to get wrong elsewhere.
 */
import { addresses } from "./addresses.ts";
import type { MoreCase } from "./case.ts";
import { fields } from "./fields.ts";
import { filtered } from "./filtered.ts";
import { lines } from "./lines.ts";
import { money } from "./money.ts";
import { params } from "./params.ts";
import { sources } from "./sources.ts";
import { columnsOfVisits } from "./visit-columns.ts";
import { visits } from "./visits.ts";

export const moreCases: readonly MoreCase[] = [
  ...visits,
  ...columnsOfVisits,
  ...money,
  ...sources,
  ...params,
  ...fields,
  ...addresses,
  ...lines,
  ...filtered,
];
