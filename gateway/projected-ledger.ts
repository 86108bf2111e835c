import { createExperimentProjection } from "./experiment/projection.ts";
import { createRebuild } from "./experiment/rebuild.ts";
import { weightsText } from "./experiment/weights-text.ts";
import { createJoiner } from "./identity/joiner.ts";
import { createReferralProjection } from "./identity/referrals.ts";
import type { Clock } from "./lib/clock.ts";
import type { Experiment } from "./model/experiment.ts";
import type { JoinRules, SessionRules } from "./model/site.ts";
import { createPageLoadProjection } from "./observe/page-loads.ts";
import { createRecordProjection } from "./records/projection.ts";
import { createSessionProjection } from "./sessionize/projection.ts";
import { type Ledger, type LedgerOptions, openLedger } from "./store/ledger.ts";

/** What the projections need of the settings, in a form that can be sent to a thread. */
export interface ProjectionSettings {
  readonly dir: string;
  readonly rejectsKept: number;
  readonly rejectDays: number;
  readonly sites: readonly { readonly id: string; readonly sessions: SessionRules & JoinRules }[];
  readonly experiments: readonly Experiment[];
}

export interface ProjectedLedger extends Ledger {
  /** Settings changed while it runs: what is stored from now on follows these. */
  configure(settings: ProjectionSettings): void;
}

/** The writing side of the store with its projections: for the writer's thread, or a command while no gateway runs. */
export const openProjectedLedger = (
  initial: ProjectionSettings,
  clock: Clock,
  rebuild?: LedgerOptions["rebuild"],
): ProjectedLedger => {
  let settings = initial;
  const rulesOf = (id: string): SessionRules & JoinRules =>
    settings.sites.find((site) => site.id === id)?.sessions ?? defaultRules;
  const ledger = openLedger({
    dir: settings.dir,
    clock,
    rejectsKept: settings.rejectsKept,
    rejectDays: settings.rejectDays,
    projections({ sessions, subjects, counters, records, pageLoads, people }) {
      const byPerson = [
        createSessionProjection({ sessions, counters }, rulesOf),
        createExperimentProjection(subjects, () => settings.experiments),
      ];
      people.joinBy(createJoiner(people.identities, rulesOf), byPerson);
      return [
        ...byPerson,
        createRecordProjection(records),
        createReferralProjection(people.referrals),
        createPageLoadProjection(pageLoads),
      ];
    },
    experimentRebuild: ({ subjects }, rebuilt) =>
      createRebuild(rebuilt, subjects, () => settings.experiments),
    ...(rebuild && { rebuild }),
    weights: () => new Map(settings.experiments.map(({ key, variants }) => [key, weightsText(variants)])),
    definitions: () =>
      new Map(settings.experiments.map((experiment) => [experiment.key, definitionOf(experiment)])),
  });
  return {
    ...ledger,
    configure(next) {
      settings = next;
      ledger.followDefinitions();
    },
  };
};

/** What results depend on; weights and coverage decide who takes part, not what counts. */
const definitionOf = ({ site, variants, goals }: Experiment): string =>
  JSON.stringify({ site, variants: variants.map(({ key }) => key), goals });

/** For events of a site that has left the settings since. */
const defaultRules: SessionRules & JoinRules = {
  idleMinutes: 30,
  maxHours: 12,
  maxEvents: 1000,
  splitOnCampaign: true,
  splitOnUser: true,
  joinByUser: true,
  joinByStamp: false,
};
