import { judgeExperiment } from "../experiment/results.ts";
import type { ExperimentReport, Overview } from "../model/admin.ts";
import type { EventStore } from "../model/event-store.ts";
import type { Experiment } from "../model/experiment.ts";
import { newestEvents } from "../report/newest.ts";
import {
  type Outcome,
  readFirstSeen,
  readMultiple,
  readOutcomes,
  readPhases,
  readSplits,
} from "../report/outcomes.ts";
import { summarizePageLoads } from "../report/page-load-sentence.ts";
import { readPageLoads } from "../report/page-loads.ts";
import { readRebuilding } from "../report/rebuilding.ts";
import { readCounters, readTotals } from "../report/totals.ts";
import { checklist } from "./checklist.ts";

export interface OverviewSource {
  readonly store: Pick<EventStore, "read" | "report">;
  readonly lastSeq: () => number;
  readonly perSecond: () => readonly number[];
  readonly trouble: () => string | null;
  readonly experiments: () => readonly Experiment[];
  readonly siteUrl: () => string;
  readonly snippet: () => string;
  readonly demo: () => boolean;
  readonly missed: () => Overview["missed"];
  readonly now: () => number;
}

const newestLimit = 50;

/** All that the live page shows. */
export const readOverview = async (source: OverviewSource, after: number): Promise<Overview> => {
  const counters = await readCounters(source.store);
  return {
    now: source.now(),
    siteUrl: source.siteUrl(),
    snippet: source.snippet(),
    snippetSeen: (counters["dropin_views"] ?? 0) > 0,
    demo: source.demo(),
    totals: await readTotals(source.store, counters),
    perSecond: source.perSecond(),
    experiments: await readExperiments(source.store, source.experiments()),
    checklist: checklist({
      counters,
      experiments: source.experiments(),
      siteUrl: source.siteUrl(),
      demo: source.demo(),
    }),
    newest: newestEvents(source.store, source.lastSeq(), after, newestLimit),
    trouble: source.trouble(),
    missed: source.missed(),
    pageLoads: await readPageLoadSummary(source),
  };
};

/** A page view comes within seconds, or with the browser's next page: what is younger is not missed yet. */
const settleMs = 60_000;
const summaryDays = 7;

const readPageLoadSummary = async ({ store, now }: OverviewSource): Promise<Overview["pageLoads"]> => {
  const rows = await readPageLoads(store, { now: now(), days: summaryDays, settleMs });
  return summarizePageLoads(rows, summaryDays);
};

/** `days` back, today among them; `settleSeconds` old is a document that may be missed. */
export const answerPageLoads = async (
  { store, now }: Pick<OverviewSource, "store" | "now">,
  days: number,
  settleSeconds: number,
) => {
  const rows = await readPageLoads(store, { now: now(), days, settleMs: settleSeconds * 1000 });
  return { summary: summarizePageLoads(rows, days), days: rows };
};

/** The experiments of the settings with their results so far. */
export const readExperiments = async (
  store: Pick<EventStore, "report">,
  experiments: readonly Experiment[],
): Promise<readonly ExperimentReport[]> => {
  const outcomes = await readOutcomes(store);
  const firstSeen = await readFirstSeen(store);
  const multiple = await readMultiple(store);
  const rebuilding = await readRebuilding(store);
  const splits = await readSplits(store);
  const phases = await readPhases(store);
  return experiments.map((experiment) => {
    const report = judgeExperiment(
      experiment,
      outcomes.filter((o: Outcome) => o.experiment === experiment.key),
      multiple.get(experiment.key) ?? 0,
      splits.get(experiment.key),
      splits.has(experiment.key) ? (phases.get(experiment.key) ?? []) : null,
    );
    const { isChanged = false, sentence = null } = rebuilding.get(experiment.key) ?? {};
    // What the figures say of goals that were others then would be believed.
    const goals = isChanged ? report.goals.map((goal) => ({ ...goal, sentence: notYet })) : report.goals;
    return { ...report, firstSeen: firstSeen.get(experiment.key) ?? null, rebuilding: sentence, goals };
  });
};

const notYet = "nothing to say yet: the results are being worked out again under the definition of now";
