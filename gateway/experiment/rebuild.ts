/**
 * Results worked out again from all events. Whoever does it goes through them twice: first it is found out who saw
 * what, then what they did counts. In one pass each new exposure would need what its person did before, and to look for
 * that in sealed files, person by person, takes longer than to read all events once more.
 */
import type { Experiment } from "../model/experiment.ts";
import type { Rebuild, SubjectTable } from "../model/projection.ts";
import { matchGoals } from "./match-goals.ts";
import { applyEvent, foldExposure, noStanding, readExposure } from "./standing.ts";
import { concerns, followEvent, readStanding, takeOut, writeStanding } from "./stored-standing.ts";

/** `rebuilt` must hold nothing of these experiments at first. */
export const createRebuild = (
  rebuilt: SubjectTable,
  shown: SubjectTable,
  experiments: () => readonly Experiment[],
): Rebuild => ({
  concerns: (event) => experiments().some((experiment) => concerns(experiment, event)),
  expose(event, person, isKept) {
    for (const experiment of experiments()) {
      const exposure = readExposure(experiment, event);
      if (exposure === null || isKept(experiment.key)) continue;
      const before = readStanding(rebuilt, experiment, person);
      const subject = foldExposure(before.subject, exposure);
      if (subject === before.subject) continue;
      writeStanding(rebuilt, experiment, person, before, { subject, totals: before.totals });
    }
  },
  count(event, person, isKept) {
    for (const experiment of experiments()) {
      if (matchGoals(experiment, event).length === 0 || isKept(experiment.key)) continue;
      const before = readStanding(rebuilt, experiment, person);
      writeStanding(rebuilt, experiment, person, before, applyEvent(experiment, before, event, nothing));
    }
  },
  follow(applied, isKept) {
    for (const experiment of experiments()) {
      if (!concerns(experiment, applied.event) || isKept(experiment.key)) continue;
      followEvent(rebuilt, experiment, applied);
    }
  },
  takeOut(person) {
    for (const experiment of experiments()) takeOut(rebuilt, experiment, person);
  },
  takeOver(person, only) {
    for (const experiment of experiments()) {
      if (only !== undefined && experiment.key !== only) continue;
      takeOut(rebuilt, experiment, person);
      writeStanding(rebuilt, experiment, person, noStanding, readStanding(shown, experiment, person));
    }
  },
});

/** No exposure is new any more. */
const nothing = () => [];
