/** The form of the cases here, and the hit that most of them change. */
import type { CaseConfig, CaseHit, Columns } from "../ga4-cases.ts";

export interface MoreCase {
  /** a sentence about behaviour */
  readonly name: string;
  readonly config?: CaseConfig;
  readonly hits: readonly CaseHit[];
  /** some columns of the rows, in order of arrival */
  readonly rows?: readonly Columns[];
  /** which rows share a session */
  readonly sessions?: readonly (readonly number[])[];
}

export type Query = Readonly<Record<string, string>>;

export const hit = (at: number, query: Query = {}, more: Partial<CaseHit> = {}): CaseHit => ({
  at,
  path: "/g/collect",
  query: { v: "2", tid: "G-1", cid: "c.1", en: "page_view", dl: "https://shop.test/a", ...query },
  ...more,
});

/** One hit and some columns of its row. */
export const one = (name: string, query: Query, row: Columns, config?: CaseConfig): MoreCase => ({
  name,
  hits: [hit(0, query)],
  rows: [row],
  ...(config === undefined ? {} : { config }),
});

/** Hits of one visit after another whose events belong together by nothing but their client ids. */
export const alone: CaseConfig = { join_by_session_stamp: false };

export const chrome = (version: number) => ({
  headers: { "user-agent": `Mozilla/5.0 (Windows NT 10.0) Chrome/${version}.0 Safari/537.36` },
});
