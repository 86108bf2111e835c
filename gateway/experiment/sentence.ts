import type { ValueResult, VariantResult } from "../model/admin.ts";

/** What the sentence on one goal is made of. */
export interface Findings {
  readonly goal: string;
  /** all variants, control first */
  readonly variants: readonly VariantResult[];
  /** the treatment to speak of; null in an experiment without one */
  readonly best: VariantResult | null;
  /** it surely has more than the control, of whom nobody reached the goal */
  readonly againstNone: boolean;
  /** only people who came under the same weights were compared */
  readonly isPhased: boolean;
  /** visitors of all variants after which no difference worth seeing would be missed */
  readonly needed: number;
  /** null where people are shared out as set, or nobody can tell yet; `since` as in `SplitCheck` */
  readonly brokenSplit: { readonly people: readonly number[]; readonly since: string | null } | null;
}

/** One sentence a person can act on. */
export const describeGoal = (findings: Findings): string => {
  const sentence = describeBest(findings);
  if (!findings.brokenSplit) return sentence;
  const { people, since } = findings.brokenSplit;
  const split = `${people.map(count).join(" : ")}${since === null ? "" : ` after ${since}`}`;
  return `warning: visitors are not split as set (${split}), find out why before you believe this; ${sentence}`;
};

/** One sentence on what visitors bring: of the treatment with the highest average that can be told. */
export const describeValue = (treatments: readonly ValueResult[]): string => {
  const told = treatments.filter(({ interval }) => interval !== null);
  const [best] = told.toSorted((a, b) => (b.lift ?? 0) - (a.lift ?? 0));
  if (!best?.interval || best.lift === null) return "value per visitor: too early to say";
  const [low, high] = best.interval;
  if (low <= 0 && high >= 0)
    return `value per visitor: no difference seen yet, ${best.variant} ${between(best.interval)}`;
  const place = best.lift > 0 ? "brings more" : "brings less";
  return `value per visitor: ${best.variant} ${place}, ${percent(best.lift)}, surely ${between(best.interval)}`;
};

/** The same of an experiment to which nobody comes any more: what it cannot say now it will not say later. */
export const afterTheEnd = (sentence: string): string =>
  sentence.replace("too early to say", "stopped too early to say");

const describeBest = ({ goal, variants, best, againstNone, needed, isPhased }: Findings): string => {
  if (!best) return `nothing to compare on ${goal}`;
  const { variant, lift, interval } = best;
  if (againstNone) {
    const reached = `${count(best.converted)} of ${count(best.exposed)} visitors`;
    return `${variant} is ahead on ${goal}: ${reached}, and nobody of the baseline`;
  }
  if (lift !== null && interval && (interval[0] > 0 || interval[1] < 0)) {
    const place = lift > 0 ? "ahead" : "behind";
    return `${variant} is ${place} on ${goal}: ${percent(lift)}, surely ${between(interval)}`;
  }
  const people = sumOf(variants, "exposed");
  const about = Number(needed.toPrecision(2));
  if (people < about) return `too early to say: ${count(people)} of about ${count(about)} visitors`;
  const unseen = variants.find((one) => one.exposed === 0 && (one.control || one === best));
  if (unseen) return `too early to say: nobody has seen ${unseen.variant} yet`;
  if (!interval && isPhased) return "too early to say: too few visitors came under the same weights";
  if (!interval) return `too early to say: ${describeFew(goal, sumOf(variants, "converted"), people)}`;
  const subject = variants.length > 2 ? `${variant} ` : "";
  return `no difference seen yet on ${goal}: ${subject}${between(interval)}`;
};

const describeFew = (goal: string, converted: number, people: number): string => {
  if (converted === people) return `all ${count(people)} visitors reached ${goal}`;
  if (converted > people / 2) {
    return `all but ${count(people - converted)} of ${count(people)} visitors reached ${goal}`;
  }
  return `only ${count(converted)} of ${count(people)} visitors reached ${goal}`;
};

const between = ([low, high]: readonly [number, number]): string =>
  `between ${percent(low)} and ${percent(high)}`;

const sumOf = (variants: readonly VariantResult[], field: "exposed" | "converted"): number =>
  variants.reduce((sum, variant) => sum + variant[field], 0);

const count = (n: number): string => n.toLocaleString("en-US");

/** A share as a signed percentage: +12 %, −8.3 %, +0.04 %; fewer digits the larger it is. */
const percent = (share: number): string => {
  const value = Math.abs(share * 100);
  const digits = value >= 10 ? 0 : value >= 1 ? 1 : 2;
  const text = value.toLocaleString("en-US", { maximumFractionDigits: digits });
  if (text === "0") return "0 %";
  return `${share < 0 ? "−" : "+"}${text} %`;
};
