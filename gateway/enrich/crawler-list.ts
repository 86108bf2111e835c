/** The published list of crawlers (`crawler-user-agents`), as one pattern. */
import { readFileSync } from "node:fs";

/** Entries of the list that are apps in which people read pages. */
const apps: ReadonlySet<string> = new Set([
  "AP3A\\.240617\\.008",
  "Code\\/1\\.",
  "MetaIAB Facebook",
  "Trae\\/",
  "Fluid",
]);

let pattern: RegExp | null = null;

/** What in a user agent is on the list, or null. The list is read at the first question. */
export const findCrawler = (userAgent: string): string | null => {
  pattern ??= readPattern();
  return pattern.exec(userAgent)?.[0] ?? null;
};

const readPattern = (): RegExp => {
  const file = new URL("crawler-user-agents.json", import.meta.resolve("crawler-user-agents"));
  const list = JSON.parse(readFileSync(file, "utf8")) as readonly { readonly pattern: string }[]; // the package's file
  return new RegExp(
    list
      .map((entry) => entry.pattern)
      .filter((one) => !apps.has(one))
      .join("|"),
  );
};
