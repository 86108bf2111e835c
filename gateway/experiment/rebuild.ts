/**
 * Results worked out again from all events. Whoever does it goes through them twice: first it is found out who saw
 * what, then what they did counts. In one pass each new exposure would need what its person did before, and to look for
 * that in sealed files, person by person, takes longer than to read all events once more.
 */
import type { Experiment } from "../model/experiment.ts";
import type { Rebuild, SubjectTable } from "../model/projection.ts";
import { matchGoals } from "./match-goals.ts";
import { applyEvent, foldExposure, readExposure } from "./standing.ts";
import { readStanding, writeStanding } from "./stored-standing.ts";

/** The tables must hold nothing of these experiments. */
export const createRebuild = (subjects: SubjectTable, experiments: readonly Experiment[]): Rebuild => ({
  expose({ event, person }) {
    if (person === null) return;
    for (const experiment of experiments) {
      const exposure = readExposure(experiment, event);
      if (exposure === null) continue;
      const before = readStanding(subjects, experiment, person);
      const subject = foldExposure(before.subject, exposure);
      if (subject === before.subject) continue;
      writeStanding(subjects, experiment, person, before, { subject, totals: before.totals });
    }
  },
  count({ event, person }) {
    if (person === null) return;
    for (const experiment of experiments) {
      if (matchGoals(experiment, event).length === 0) continue;
      const before = readStanding(subjects, experiment, person);
      writeStanding(subjects, experiment, person, before, applyEvent(experiment, before, event, nothing));
    }
  },
});

/** No exposure is new any more. */
const nothing = () => [];
