/** Each experiment: per goal the sentence a person can act on, and the table it rests on. */
import type { ExperimentReport, GoalReport, VariantResult } from "../gateway/model/admin.ts";
import { make, setText, whenChanged } from "./dom.ts";
import { brief, decided, inOrder, inParts, openAtFirst, when } from "./fold.ts";
import { drawInterval, scaleEnd } from "./interval.ts";
import { amount, change, count, countOf, percent } from "./words.ts";

// Below this the split is almost surely broken: a check at each look, so it must be strict.
const brokenSplit = 0.001;

/** Each keeps its place on the page while its figures change: what is folded stays so, and the keyboard where it is. */
export const createExperiments = (parent: HTMLElement) => {
  const shown = new Map<string, Shown>();
  const ended = make("h2", "");
  const endedOnes = make("div", "");
  const past = make("details", "past", make("summary", "experiment-head", ended), endedOnes);

  const draw = (experiment: ExperimentReport, open: boolean): Node => {
    const one = shown.get(experiment.key) ?? createExperiment(open);
    shown.set(experiment.key, one);
    one.draw(experiment);
    return one.node;
  };
  return (experiments: readonly ExperimentReport[]): void => {
    const { now, before } = inOrder(experiments);
    const open = openAtFirst(experiments);
    for (const key of shown.keys()) if (!experiments.some((one) => one.key === key)) shown.delete(key);
    place(
      endedOnes,
      before.map((one) => draw(one, false)),
    );
    setText(ended, `${count(before.length)} stopped experiments`);
    const nodes = now.map((one) => draw(one, open.has(one.key)));
    place(parent, before.length > 0 ? [...nodes, past] : nodes);
  };
};

/** Touches nothing that is in its place: what is moved loses the keyboard. */
const place = (parent: Element, nodes: readonly Node[]): void => {
  const isThere = nodes.length === parent.childNodes.length;
  if (!isThere || nodes.some((node, i) => parent.childNodes[i] !== node)) parent.replaceChildren(...nodes);
};

interface Shown {
  readonly node: HTMLDetailsElement;
  readonly draw: (experiment: ExperimentReport) => void;
}

const createExperiment = (open: boolean): Shown => {
  const head = make("summary", "experiment-head");
  const body = make("div", "");
  const more = make("summary", "experiment-head");
  const moreGoals = make("div", "");
  const rest = make("details", "more", more, moreGoals);
  const node = make("details", "experiment", head, body, rest);
  node.open = open;
  const draw = whenChanged((experiment: ExperimentReport) => {
    const { first, others } = inParts(experiment.goals);
    head.replaceChildren(...drawHeading(experiment));
    body.replaceChildren(...drawBody(experiment, first).childNodes);
    rest.hidden = others.length === 0;
    more.replaceChildren(
      make("h3", "", `${others.length} more goals`),
      make("span", "brief", decided(others)),
    );
    moreGoals.replaceChildren(...others.map(drawGoal));
  });
  return { node, draw };
};

const drawHeading = (experiment: ExperimentReport): readonly HTMLElement[] => [
  make("h2", "", experiment.key),
  make("span", "chip", experiment.status),
  make("span", "small", when(experiment)),
  make("span", "brief", brief(experiment)),
];

const drawBody = (experiment: ExperimentReport, goals: readonly GoalReport[]): HTMLElement => {
  const article = make("div", "", make("p", "hypothesis", experiment.hypothesis));
  if (experiment.rebuilding !== null) article.append(make("p", "warning", experiment.rebuilding));
  article.append(...goals.map(drawGoal));
  if (experiment.sampleRatioP !== null && experiment.sampleRatioP < brokenSplit) {
    const { splitSince: day } = experiment;
    const people = day === null ? "People" : `People who came after the change of weights on ${day}`;
    const warning = `${people} are not split as configured: do not trust this table until the cause is found.`;
    article.append(make("p", "warning", warning));
  }
  if (experiment.splitSince !== null) {
    const remark = `Weights changed on ${experiment.splitSince}: the lift compares only people who came under the same weights.`;
    article.append(make("p", "remark", remark));
  }
  if (experiment.multiple > 0) {
    const people = countOf(experiment.multiple, "person", "people");
    article.append(make("p", "remark", `${people} saw more than one variant and left the table.`));
  }
  return article;
};

const drawGoal = (goal: GoalReport): HTMLElement => {
  const intervals = goal.variants.map((variant) => variant.interval);
  const end = scaleEnd(intervals);
  const table = make(
    "table",
    "",
    make("caption", "", "Goal: ", make("b", "", goal.goal)),
    drawTableHead(intervals.some((interval) => interval !== null) ? end : null),
    make("tbody", "", ...goal.variants.map((variant) => drawVariant(variant, end))),
  );
  const node = make("div", "goal", make("p", "sentence", goal.sentence), table);
  if (goal.value !== null) node.append(make("p", "remark", goal.value.sentence));
  return node;
};

const columns = ["Variant", "People", "Converted", "Rate", "Value per person"] as const;

// Without an interval there is nothing to measure on a scale.
const drawTableHead = (end: number | null): HTMLElement => {
  const cells = columns.map((title) => headCell(title));
  const lift = end === null ? headCell("Lift") : headCell(...drawAxis(end));
  lift.className = "lift";
  return make("thead", "", make("tr", "", ...cells, lift));
};

const drawAxis = (end: number): readonly Node[] => {
  const axis = make("span", "axis");
  for (const at of [-end, 0, end]) axis.append(make("span", "", at === 0 ? "0" : change(at)));
  return [make("span", "visually-hidden", "Lift against the baseline "), axis];
};

const headCell = (...children: readonly (Node | string)[]): HTMLTableCellElement => {
  const cell = make("th", "", ...children);
  cell.scope = "col";
  return cell;
};

const drawVariant = (result: VariantResult, end: number): HTMLElement => {
  const name = make("th", "", result.variant);
  name.scope = "row";
  if (result.control) name.append(" ", make("small", "", "baseline"));
  const perPerson = result.exposed > 0 ? amount(result.sum / result.exposed, null) : "–";
  return make(
    "tr",
    "",
    name,
    cell("People", count(result.exposed)),
    cell("Converted", count(result.converted)),
    cell("Rate", result.exposed > 0 ? percent(result.rate) : "–"),
    cell("Value per person", perPerson),
    make("td", "lift", drawLift(result, end)),
  );
};

const cell = (label: string, text: string): HTMLTableCellElement => {
  const node = make("td", "", text);
  node.dataset["label"] = label;
  return node;
};

const drawLift = (result: VariantResult, end: number): HTMLElement => {
  const place = make("div", "lift-cell");
  if (result.control) return place;
  if (result.lift === null || result.interval === null) {
    place.append(make("span", "small", "no lift to show yet"));
    return place;
  }
  const [low, high] = result.interval;
  place.append(
    drawInterval(result.lift, result.interval, end),
    make("span", "", make("b", "", change(result.lift))),
    make("span", "small", `${change(low)} … ${change(high)}`),
  );
  return place;
};
