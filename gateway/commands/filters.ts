import type { Command } from "commander";
import type { Config, SiteConfig } from "../config/schema.ts";
import { createJudge, type Judge } from "../enrich/traffic-filter.ts";
import type { Stored } from "../model/event-store.ts";
import type { TrafficFilter } from "../model/site.ts";
import { CommandError, type Context, type Io, say } from "./context.ts";
import { openData } from "./open-data.ts";
import { type SettingsOptions, settingsFor, withSettingsOptions } from "./settings-options.ts";
import { alignTable } from "./table.ts";

interface Flags extends SettingsOptions {
  readonly dryRun?: true;
  readonly site?: string;
}

interface StoredReader {
  read(after: number, limit: number): readonly Stored[];
}

const pageRows = 1000;

/** `turnpike filters`: the traffic filters of the settings, and what they would have done to what is stored. */
export const addFilters = (program: Command, { io, run }: Context): void => {
  withSettingsOptions(
    program
      .command("filters")
      .description("show the traffic filters; with --dry-run, what they would do to the stored events")
      .option("--dry-run", "count the stored events that each filter matches; changes nothing")
      .option("--site <id>", "of this site only"),
  ).action(
    run((flags: Flags) => {
      const sites = sitesOf(settingsFor(flags), flags.site);
      if (!flags.dryRun) {
        for (const site of sites) say(io, listFilters(site));
        return 0;
      }
      const reader = openData(flags);
      try {
        for (const tally of count(reader, sites)) sayTally(io, tally);
      } finally {
        reader.close();
      }
      return 0;
    }),
  );
};

const sitesOf = ({ sites }: Config, id: string | undefined): readonly SiteConfig[] => {
  const wanted = id === undefined ? sites : sites.filter((site) => site.id === id);
  if (wanted.length > 0) return wanted;
  const known = sites.map((site) => site.id).join(", ");
  throw new CommandError(`filters: there is no site ${id}: expected one of ${known}`);
};

const listFilters = ({ id, filters }: SiteConfig): string => {
  if (filters.conditions.length === 0)
    return `${id}: no filters (sites[].filters.conditions in the settings)`;
  const rows = filters.conditions.map((one) => [one.name, roleOf(one), one.expression]);
  return `${id}:\n${alignTable([["FILTER", "TYPE", "EXPRESSION"], ...rows])}`;
};

const roleOf = ({ type, test_mode }: TrafficFilter): string =>
  test_mode && type !== "test" ? `${type}, test mode` : type;

/** What the filters of one site would have done. */
interface Tally {
  readonly site: SiteConfig;
  readonly judge: Judge;
  /** each filter alone, as if it only named */
  readonly alone: readonly Judge[];
  readonly matched: number[];
  events: number;
  kept: number;
}

const newTally = (site: SiteConfig): Tally => ({
  site,
  judge: createJudge(site.filters.conditions),
  alone: site.filters.conditions.map((filter) => createJudge([{ ...filter, test_mode: true }])),
  matched: site.filters.conditions.map(() => 0),
  events: 0,
  kept: 0,
});

const count = (reader: StoredReader, sites: readonly SiteConfig[]): Iterable<Tally> => {
  const tallies = new Map(sites.map((site) => [site.id, newTally(site)]));
  for (let after = 0; ; ) {
    const page = reader.read(after, pageRows);
    for (const { seq, event } of page) {
      after = seq;
      const tally = tallies.get(event.property_id);
      if (!tally) continue;
      tally.events++;
      if (tally.judge(event, null).kept) tally.kept++;
      for (const [i, judge] of tally.alone.entries()) {
        if (judge(event, null).filter !== null) tally.matched[i] = (tally.matched[i] ?? 0) + 1;
      }
    }
    if (page.length < pageRows) return tallies.values();
  }
};

const sayTally = (io: Io, { site, matched, events, kept }: Tally): void => {
  if (site.filters.conditions.length === 0) {
    say(io, listFilters(site));
    return;
  }
  const rows = site.filters.conditions.map((one, i) => [one.name, roleOf(one), String(matched[i] ?? 0)]);
  say(io, `${site.id}:\n${alignTable([["FILTER", "TYPE", "MATCHES"], ...rows])}`);
  say(io, `${kept} of ${events} stored events would be kept`);
  if (
    site.ipMasking > 0 &&
    site.filters.conditions.some(({ expression }) => /\bip_address\b/.test(expression))
  )
    say(
      io,
      "Stored addresses are masked: ranges finer than the mask match other events here than when they arrive.",
    );
};
