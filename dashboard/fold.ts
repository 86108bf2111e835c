/** In which order experiments stand, and which of them are shown whole from the start: what is decided lies below. */
import type { ExperimentReport, GoalReport } from "../gateway/model/admin.ts";

/** More would hide the newest events and each other. */
const mostOpen = 3;
const mostGoals = 3;

const ranks: readonly string[] = ["running", "draft", "stopped"];

export interface Ordered {
  readonly now: readonly ExperimentReport[];
  /** what was stopped, where it is more than one: years of them would stand above all else */
  readonly before: readonly ExperimentReport[];
}

/** Running ones first; of those alike the newest first, and those that nobody has seen behind them. */
export const inOrder = (experiments: readonly ExperimentReport[]): Ordered => {
  const all = experiments.toSorted(
    (a, b) =>
      ranks.indexOf(a.status) - ranks.indexOf(b.status) ||
      (b.firstSeen ?? "").localeCompare(a.firstSeen ?? ""),
  );
  const stopped = all.findIndex(({ status }) => status === "stopped");
  const at = stopped === -1 || stopped === all.length - 1 ? all.length : stopped;
  return { now: all.slice(0, at), before: all.slice(at) };
};

/** The keys of those that are shown whole until somebody folds them: running ones that people have seen, or the only one. */
export const openAtFirst = (experiments: readonly ExperimentReport[]): ReadonlySet<string> => {
  const alive = inOrder(experiments).now.filter(
    ({ status, firstSeen }) => status === "running" && firstSeen !== null,
  );
  return new Set((experiments.length === 1 ? experiments : alive.slice(0, mostOpen)).map(({ key }) => key));
};

/** Since when people come, or why there are none. */
export const when = ({ status, firstSeen }: ExperimentReport): string => {
  if (firstSeen !== null) return `since ${firstSeen}`;
  if (status === "draft") return "not started yet";
  return status === "running" ? "nobody has seen it yet" : "nobody saw it";
};

/** What a folded one says; nothing where nobody has seen it. */
export const brief = ({ firstSeen, rebuilding, goals }: ExperimentReport): string =>
  rebuilding ?? (firstSeen === null ? "" : (goals[0]?.sentence ?? ""));

/** The goals that are shown, and those behind one line: an experiment may have fifty, and the first are what it is for. */
export const inParts = (goals: readonly GoalReport[]) => {
  const at = goals.length > mostGoals ? mostGoals - 1 : goals.length;
  return { first: goals.slice(0, at), others: goals.slice(at) };
};

/** What goals have to say that is sure, so that none is overlooked for being folded. */
export const decided = (goals: readonly GoalReport[]): string =>
  goals
    .filter(({ variants }) =>
      variants.some(({ interval }) => interval && (interval[0] > 0 || interval[1] < 0)),
    )
    .map(({ sentence }) => sentence)
    .join("; ");
