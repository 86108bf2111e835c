import { judgeExperiment } from "../experiment/results.ts";
import type { ExperimentReport, Overview } from "../model/admin.ts";
import type { EventStore } from "../model/event-store.ts";
import type { Experiment } from "../model/experiment.ts";
import { type Reach, reaches } from "../model/token.ts";
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
  /** for the first site of those */
  readonly snippet: (reach: Reach) => string;
  readonly demo: () => boolean;
  readonly missed: () => NonNullable<Overview["missed"]>;
  readonly now: () => number;
}

const newestLimit = 50;

/** All that the live page shows of these sites. */
export const readOverview = async (
  source: OverviewSource,
  reach: Reach,
  after: number,
): Promise<Overview> => {
  const counters = await readCounters(source.store, reach);
  return {
    now: source.now(),
    sites: reach,
    siteUrl: source.siteUrl(),
    snippet: source.snippet(reach),
    snippetSeen: (counters["dropin_views"] ?? 0) > 0,
    demo: source.demo(),
    totals: await readTotals(source.store, reach, counters),
    perSecond: reach === null ? source.perSecond() : null,
    experiments: await reportsOf(source, reach),
    checklist: checklist({
      counters,
      experiments: experimentsOf(source, reach),
      siteUrl: source.siteUrl(),
      demo: source.demo(),
    }),
    newest: newestEvents(source.store, reach, source.lastSeq(), after, newestLimit),
    trouble: source.trouble(),
    missed: reach === null ? source.missed() : null,
    pageLoads: await readPageLoadSummary(source, reach),
  };
};

const experimentsOf = (source: Pick<OverviewSource, "experiments">, reach: Reach): readonly Experiment[] =>
  source.experiments().filter(({ site }) => reaches(reach, site));

/** The results of the experiments on these sites. */
export const reportsOf = (
  source: Pick<OverviewSource, "experiments" | "store">,
  reach: Reach,
): Promise<readonly ExperimentReport[]> => readExperiments(source.store, experimentsOf(source, reach));

/** A page view comes within seconds, or with the browser's next page: what is younger is not missed yet. */
const settleMs = 60_000;
const summaryDays = 7;

const readPageLoadSummary = async (
  { store, now }: OverviewSource,
  reach: Reach,
): Promise<Overview["pageLoads"]> => {
  const rows = await readPageLoads(store, reach, { now: now(), days: summaryDays, settleMs });
  return summarizePageLoads(rows, summaryDays);
};

/** `days` back, today among them; `settleSeconds` old is a document that may be missed. */
export const answerPageLoads = async (
  { store, now }: Pick<OverviewSource, "store" | "now">,
  reach: Reach,
  days: number,
  settleSeconds: number,
) => {
  const rows = await readPageLoads(store, reach, { now: now(), days, settleMs: settleSeconds * 1000 });
  return { summary: summarizePageLoads(rows, days), days: rows };
};

/** The experiments with their results so far. */
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
