/** The share of page loads that the script did not report, and what one side alone saw in a sentence. */
import type { PageLoadSummary } from "../gateway/model/admin.ts";
import { byId, setText } from "./dom.ts";
import { percent } from "./words.ts";

export const drawPageLoads = (summary: PageLoadSummary | null): void => {
  byId("page-loads").hidden = summary === null;
  if (summary === null) return;
  setText(byId("page-loads-share"), percent(summary.documentOnly / summary.loads));
  setText(byId("page-loads-sentence"), summary.sentence);
};
