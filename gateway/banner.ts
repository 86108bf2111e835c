import { bold, dim, plain } from "./lib/log.ts";
import type { Experiment } from "./model/experiment.ts";

export interface Banner {
  readonly siteUrl: string;
  /** where it is served encrypted; null where it is not */
  readonly secureUrl: string | null;
  readonly adminUrl: string;
  /** a one-use sign-in code; null where nobody reads the terminal */
  readonly code: string | null;
  /** the admin token, at the first start only */
  readonly token: string | null;
  readonly tokenFile: string;
  readonly dataDir: string;
  readonly experiments: readonly Experiment[];
}

/** What a person reads at the start: five aligned lines. */
export const formatBanner = (banner: Banner): string => {
  const rows: readonly (readonly [string, string])[] = [
    ["Site", banner.siteUrl],
    ...(banner.secureUrl === null ? [] : [["", banner.secureUrl] as const]),
    ["Dashboard", dashboardLine(banner)],
    ["Data", `${banner.dataDir}/turnpike.db`],
    ["Experiment", experimentLine(banner.experiments)],
    ["Stop", "Ctrl-C"],
  ];
  return rows.map(([label, text]) => `  ${bold}${label.padEnd(11)}${plain}${text}\n`).join("");
};

const dashboardLine = ({ adminUrl, code, token, tokenFile }: Banner): string => {
  const link = code === null ? `${adminUrl}/` : `${adminUrl}/#code=${code}`;
  const once = code === null ? "" : ` ${dim}(signs you in, once)${plain}`;
  if (token === null) return `${link}${once}`;
  return `${link}${once}\n${" ".repeat(13)}${dim}admin token ${token}, kept in ${tokenFile}${plain}`;
};

const experimentLine = (experiments: readonly Experiment[]): string => {
  const running = experiments.filter(({ status }) => status === "running");
  if (running.length === 0) return "none yet: add one under `experiments` in config.json";
  return running
    .map(({ key, variants }) => `${key}: you will see ${listOr(variants.map((variant) => variant.key))}`)
    .join("; ");
};

const listOr = (words: readonly string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
