import type { PageLoadSummary, PageLoadsOfDay } from "../model/admin.ts";

/** What the days say together, in words a person can act on; null where no page was served. */
export const summarizePageLoads = (rows: readonly PageLoadsOfDay[], days: number): PageLoadSummary | null => {
  const sum = (of: (row: PageLoadsOfDay) => number) => rows.reduce((total, row) => total + of(row), 0);
  const both = sum((row) => row.both);
  const documentOnly = sum((row) => row.documentOnly);
  const viewOnly = sum((row) => row.viewOnly);
  const loads = both + documentOnly + viewOnly;
  if (both + documentOnly === 0) return null;
  const sums = { days, loads, both, documentOnly, viewOnly };
  return { ...sums, share: (documentOnly + viewOnly) / loads, sentence: sentenceOf(sums) };
};

type Sums = Omit<PageLoadSummary, "share" | "sentence">;

const sentenceOf = ({ days, loads, documentOnly, viewOnly }: Sums): string => {
  const when = days === 1 ? "Today" : `In the last ${days} days`;
  if (documentOnly + viewOnly === 0) {
    return loads === 1
      ? `${when}, the script reported the one page load by a person.`
      : `${when}, the script reported all ${count(loads)} page loads by people.`;
  }
  const lost =
    documentOnly === 0
      ? "the script reported every page load by people that Turnpike served"
      : `${shareOf(documentOnly, loads)} of ${count(loads)} page loads by people (${count(documentOnly)}) were served and never reported by the script: blocked, or left before it ran`;
  const extra =
    viewOnly === 0
      ? ""
      : `; ${count(viewOnly)} ${viewOnly === 1 ? "was" : "were"} reported without a document on record`;
  return `${when}, ${lost}${extra}.`;
};

const count = (n: number): string => n.toLocaleString("en");

/** Two digits that count, and never `0 %` of something. */
const shareOf = (n: number, of: number): string => {
  const percent = (n / of) * 100;
  if (percent < 0.1) return "less than 0.1 %";
  return `${percent.toFixed(percent < 10 ? 1 : 0)} %`;
};
