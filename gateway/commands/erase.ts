import { type Command, Option } from "commander";
import { countOf } from "../lib/count-of.ts";
import { shortPath } from "../lib/short-path.ts";
import type { EraseReport, VisitorToErase } from "../store/segments/keeper-reports.ts";
import { CommandError, type Context, say, warn } from "./context.ts";
import { withKeeping } from "./keeping.ts";
import { needSite } from "./known-site.ts";
import { needData } from "./open-data.ts";
import { dataFolderFor, type SettingsOptions, settingsFor, withSettingsOptions } from "./settings-options.ts";

interface Flags extends SettingsOptions {
  readonly visitor?: string;
  readonly user?: string;
  readonly site?: string;
}

/** `turnpike erase`: takes a visitor or a user out of everything that is stored. */
export const addErase = (program: Command, { io, run }: Context): void => {
  withSettingsOptions(
    program
      .command("erase")
      .description("erase all that is stored of a visitor or a user, for good")
      .option("--visitor <id>", "the visitor's id, as in the column client_id")
      .addOption(
        new Option("--user <id>", "the user's id, and the visitors who came as that user").conflicts(
          "visitor",
        ),
      )
      .option("--site <id>", "on this site only"),
  )
    .addHelpText(
      "after",
      "\nVisitors who are known to be the same person go together: `turnpike identity show` lists them.\nNo read shows the visitor from the first moment on; when the command ends, no byte is left in the data folder.\nWhom the visitor sent stays, and was sent by somebody `(erased)`; links that the visitor shared lead to nobody any more.\nBackups made before still hold it, and what was exported does. So does a recording (`recordHits`), whose hits are removed\nonce they are as old as its setting `days`.",
    )
    .action(
      run(async ({ visitor, user, site, ...options }: Flags) => {
        const value = visitor ?? user;
        if (value === undefined || value === "") {
          throw new CommandError("erase: name --visitor ID or --user ID", "used wrongly");
        }
        needData(dataFolderFor(options));
        needSite("erase", site, options);
        const column = visitor === undefined ? ("user_id" as const) : ("client_id" as const);
        const who = { column, value, site: site ?? null };
        const config = settingsFor(options);
        const erased = await withKeeping(config, io, (keeping) => keeping.erase(who));
        say(io, outcomeOf(who, erased));
        if (erased.uncounted) warn(io, `erase: ${erased.uncounted}`);
        if (config.recordHits) warn(io, recordingLeft(config.recordHits));
        return 0;
      }),
    );
};

const outcomeOf = (
  { column, value, site }: VisitorToErase,
  { found, others, sessions, files }: EraseReport,
): string => {
  const who = `${column === "client_id" ? "visitor" : "user"} ${value}${site === null ? "" : ` on site ${site}`}`;
  const more = column === "client_id" ? "other visitor" : "visitor";
  const same = others > 0 ? `, who came as ${countOf(others, more)} too` : "";
  return found
    ? `erased: ${countOf(sessions, "session")} and all events of ${who}${same}; ${countOf(files, "sealed file")} written anew`
    : `nothing is stored of ${who}, so nothing was erased: the id must be whole, as in the column ${column} of an export`;
};

/** What is recorded is text in which a person's ids may stand anywhere, packed or not. */
const recordingLeft = ({ file, days }: { readonly file: string; readonly days: number }): string =>
  `erase: ${shortPath(file)} and the files beside it are not searched: their hits go after ${days} days; delete the files to be rid of them now`;
