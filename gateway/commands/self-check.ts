import type { Command } from "commander";
import type { Config } from "../config/schema.ts";
import { kindPath } from "../document/scripts.ts";
import { type Context, say } from "./context.ts";
import { rulesMet } from "./filter-rules.ts";
import { type SettingsOptions, settingsFor, withConfigOption } from "./settings-options.ts";
import { alignTable } from "./table.ts";

/** `turnpike self-check`: which of the configured paths common filter lists would refuse. */
export const addSelfCheck = (program: Command, { io, run }: Context): void => {
  withConfigOption(
    program
      .command("self-check")
      .description("show which common filter-list rules match the configured paths"),
  ).action(
    run((options: SettingsOptions) => {
      const met = matchesOf(settingsFor(options));
      if (met.length === 0) {
        say(io, "None of the rules that we know matches the configured paths.");
        return 0;
      }
      say(io, alignTable([["SETTING", "PATH", "RULE"], ...met]));
      say(
        io,
        "Visitors with such a list are not counted. tracking.scriptPath and tracking.collectPath name other paths; who opted out is not counted at any.",
      );
      return 0;
    }),
  );
};

const matchesOf = ({ tracking, sites }: Config): readonly string[][] => {
  const { scriptPath, collectPath } = tracking;
  const scripts = new Set(sites.map(({ script }) => scriptOf(scriptPath, script)));
  return [
    ...[...scripts].flatMap((path) => rowsOf("tracking.scriptPath", path, "script")),
    ...rowsOf("tracking.collectPath", collectPath, "request"),
  ];
};

const scriptOf = (scriptPath: string, kind: string): string =>
  kind === "core" ? scriptPath : kindPath(scriptPath, kind);

const rowsOf = (setting: string, path: string, kind: "script" | "request"): string[][] =>
  rulesMet(path, kind).map((rule) => [setting, path, rule]);
