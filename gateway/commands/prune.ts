import { type Command, InvalidArgumentError, Option } from "commander";
import { systemClock } from "../lib/clock.ts";
import { countOf } from "../lib/count-of.ts";
import { openDatabaseReadOnly } from "../store/database.ts";
import { readManifest } from "../store/segments/manifest.ts";
import { dayOf } from "../store/segments/segment.ts";
import { isInCalendar } from "./calendar.ts";
import { CommandError, type Context, say, warn } from "./context.ts";
import { withKeeping } from "./keeping.ts";
import { needSite } from "./known-site.ts";
import { needData } from "./open-data.ts";
import { dataFolderFor, type SettingsOptions, settingsFor, withSettingsOptions } from "./settings-options.ts";

interface Flags extends SettingsOptions {
  readonly before?: string;
  readonly olderThan?: string;
  readonly site?: string;
  readonly dryRun?: true;
}

/** `turnpike prune`: removes old events for good. */
export const addPrune = (program: Command, { io, run }: Context): void => {
  withSettingsOptions(
    program
      .command("prune")
      .description("remove events and sessions before a day, for good; results of experiments stay")
      .option("--before <day>", "what happened before this day (UTC), such as 2026-01-31", readDay)
      .addOption(
        new Option("--older-than <days>", "what happened longer ago than so many days")
          .argParser(readDays)
          .conflicts("before"),
      )
      .option("--site <id>", "of this site only")
      .option("--dry-run", "only say how much it would be"),
  )
    .addHelpText(
      "after",
      "\nWho first saw an experiment's variant before that day stays in its results as he was, until its goals or variants\nchange: what he did can then not be counted anew. He leaves them, or begins with the first variant he saw since.\nLifetime values and agreements stay as well: who paid how much and when, and who agreed to what. `turnpike erase` takes\nthem, with the person.",
    )
    .action(
      run(async ({ before, olderThan, site: named, dryRun, ...options }: Flags) => {
        const site = named ?? null;
        const day = before ?? olderThan;
        if (day === undefined)
          throw new CommandError("prune: name --before DAY or --older-than DAYS", "used wrongly");
        needData(dataFolderFor(options));
        needSite("prune", site, options);
        const config = settingsFor(options);
        if (dryRun) {
          say(
            io,
            `before ${day}: ${countOf(countBefore(config.data.dir, day, site), "event")}; nothing was removed`,
          );
          return 0;
        }
        const pruned = await withKeeping(config, io, (keeping) => keeping.prune(day, site));
        say(
          io,
          `removed: ${countOf(pruned.events, "event")} before ${day}, ${countOf(pruned.files, "file")}`,
        );
        if (pruned.unsealed)
          warn(
            io,
            `prune: what is not sealed yet could not be, and stays until this is done again: ${pruned.unsealed}`,
          );
        if (pruned.uncounted) warn(io, `prune: ${pruned.uncounted}`);
        return 0;
      }),
    );
};

/** Sealed events, and those that pruning would seal. */
const countBefore = (dir: string, day: string, site: string | null): number => {
  const db = openDatabaseReadOnly(dir);
  const { segments, unsealed } = db.transaction(() => {
    const { segments, state } = readManifest(db);
    const rows = db.prepare(unsealedBefore).pluck();
    return { segments, unsealed: Number(rows.get(state.watermark, Date.parse(day), site, site)) };
  })();
  db.close();
  return segments
    .filter((segment) => segment.date < day && (site === null || segment.site === site))
    .reduce((sum, { rows }) => sum + rows, unsealed);
};

const unsealedBefore =
  "SELECT count(*) FROM events WHERE seq > ? AND timestamp_utc < ? AND (? IS NULL OR property_id = ?)";

const readDay = (text: string): string => {
  if (/^\d{4}-\d\d-\d\d$/.test(text) && isInCalendar(text)) return text;
  throw new InvalidArgumentError("expected a day such as 2026-01-31.");
};

/** The first day that stays. */
const readDays = (text: string): string => {
  if (/^[1-9]\d{0,4}d?$/.test(text)) return dayOf(systemClock() - Number.parseInt(text, 10) * 86_400_000);
  throw new InvalidArgumentError("expected a number of days, such as 395.");
};
