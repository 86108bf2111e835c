import type { ColumnName, Event } from "../model/event.ts";
import type { Experiment, Goal } from "../model/experiment.ts";

/** A goal that an event counts for, and its amount in millionths. */
export interface GoalMatch {
  readonly goal: Goal;
  readonly micros: number;
}

/** The goals an event counts for; none for a bot's event or another site's. An amount we cannot use is 0. */
export const matchGoals = (experiment: Experiment, event: Event): readonly GoalMatch[] => {
  if (event.bot || event.property_id !== experiment.site) return [];
  return experiment.goals
    .filter((goal) => goal.event === event.name)
    .map((goal) => ({ goal, micros: readMicros(goal, event) }));
};

const readMicros = (goal: Goal, event: Event): number => {
  if (goal.value === null) return 0;
  // A goal may name a column or a property; reading a name that is no column gives undefined.
  const value = event[goal.value as ColumnName] ?? event.properties?.[goal.value];
  if (typeof value !== "number" || !Number.isFinite(value) || Math.abs(value) > maxValue) return 0;
  return Math.round(value * 1e6) + 0; // + 0: no negative zero
};

// In millionths this stays below 2^53, so that rounding is exact.
const maxValue = 1e9;
