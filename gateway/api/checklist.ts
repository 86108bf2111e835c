import { countOf } from "../lib/count-of.ts";
import type { ChecklistItem } from "../model/admin.ts";
import type { Experiment } from "../model/experiment.ts";
import type { Counters } from "../report/totals.ts";

export interface ChecklistFacts {
  readonly counters: Counters;
  readonly experiments: readonly Pick<Experiment, "key" | "status">[];
  readonly siteUrl: string;
  readonly demo: boolean;
}

/** What works so far, ticked by what was stored; of what does not, the next step from here. */
export const checklist = (facts: ChecklistFacts): readonly ChecklistItem[] => {
  const { counters, siteUrl } = facts;
  const item = (
    key: ChecklistItem["key"],
    counter: string,
    title: string,
    done: (n: number) => string,
    next: string,
  ): ChecklistItem => {
    const n = counters[counter] ?? 0;
    return { key, done: n > 0, title, text: n > 0 ? done(n) : next };
  };
  return [
    item(
      "script",
      "script_views",
      "The script reports",
      (n) => `${countOf(n, "page view")} came from track.js`,
      `Open ${siteUrl} in a browser, or paste the snippet into a page`,
    ),
    item(
      "proxy",
      "documents",
      "The site runs through Turnpike",
      (n) => `${countOf(n, "document")} served, each with the visitor's id set by the server`,
      facts.demo
        ? `Open ${siteUrl}, the demo shop; start with --proxy http://localhost:3000 for a site of your own`
        : `Open ${siteUrl}; nothing there yet? Start with --proxy http://localhost:3000`,
    ),
    item(
      "experiment",
      "exposures",
      "An experiment is seen",
      (n) => `${countOf(n, "exposure")} written by the process that served the variant`,
      nextExperiment(facts),
    ),
    item(
      "extension",
      "tagged",
      "A tracked link was followed",
      (n) => `${countOf(n, "visit")} through links made with the extension`,
      "Load dist/chrome-extension in Chrome, copy a tracked link, and open it",
    ),
  ];
};

const nextExperiment = ({ experiments, siteUrl }: ChecklistFacts): string => {
  const running = experiments.find(({ status }) => status === "running");
  if (running) return `Open ${siteUrl} in a browser: it shows a variant of ${running.key}`;
  return experiments.length > 0
    ? "None is running: set the status of one to running in config.json"
    : "Add one under experiments in config.json, then open a page of the site";
};
