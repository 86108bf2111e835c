/**
 * Rules, in our own words, after which the widely used filter lists (EasyPrivacy and those made from it) refuse requests
 * of trackers by their path. An operator should know which of them the configured paths meet; a path chosen to slip past
 * them changes nothing for visitors who opted out, whose wishes count whatever the path.
 */
export interface FilterRule {
  /** as the lists write it: `*` any text, `^` a separator or the end */
  readonly rule: string;
  readonly kind: "script" | "request";
}

export const filterRules: readonly FilterRule[] = [
  { rule: "/track.js", kind: "script" },
  { rule: "/tracker.js", kind: "script" },
  { rule: "/tracking.js", kind: "script" },
  { rule: "/analytics.js", kind: "script" },
  { rule: "/gtag.js", kind: "script" },
  { rule: "/ga.js", kind: "script" },
  { rule: "/matomo.js", kind: "script" },
  { rule: "/piwik.js", kind: "script" },
  { rule: "/plausible.js", kind: "script" },
  { rule: "/umami.js", kind: "script" },
  { rule: "/beacon.js", kind: "script" },
  { rule: "/stats.js", kind: "script" },
  { rule: "/collect^", kind: "request" },
  { rule: "/g/collect^", kind: "request" },
  { rule: "/track^", kind: "request" },
  { rule: "/tracking^", kind: "request" },
  { rule: "/analytics^", kind: "request" },
  { rule: "/beacon^", kind: "request" },
  { rule: "/pixel^", kind: "request" },
  { rule: "/telemetry^", kind: "request" },
  { rule: "/api/event^", kind: "request" },
  { rule: "/matomo.php", kind: "request" },
];

/** The rules that a path meets, wherever in it. */
export const rulesMet = (path: string, kind: FilterRule["kind"]): readonly string[] =>
  filterRules.filter((one) => one.kind === kind && toPattern(one.rule).test(path)).map(({ rule }) => rule);

const toPattern = (rule: string): RegExp =>
  new RegExp(
    rule
      .replace(/[.+?${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("^", "(?:[^\\w.%-]|$)"),
    "i",
  );
