import type { Command } from "commander";
import { listSettings, type Setting } from "../config/list-settings.ts";
import { configSchema } from "../config/schema.ts";
import { nearest } from "../lib/nearest.ts";
import { CommandError, type Context, say, warn } from "./context.ts";

/** `turnpike settings`: what may stand in the settings file. */
export const addSettings = (program: Command, { io, run }: Context): void => {
  program
    .command("settings")
    .description("print every key that the settings may have: what it is for, what it takes, its default")
    .argument("[key]", "this one alone, with its parts, such as limits or routes[].proxy")
    .action(
      run((key: string | undefined) => {
        const all = listSettings(configSchema);
        say(io, key === undefined ? pageOf(all) : describeSettings(partOf(all, key)));
        const alike = key === undefined ? null : roomAlike(all, plain(key));
        if (alike !== null) warn(io, `settings: there is also ${alike}`);
        return 0;
      }),
    );
};

const pageOf = (all: readonly Setting[]): string => {
  const parts = Object.groupBy(all, ({ path }) => /^\w+/.exec(path)?.[0] ?? "");
  const sections = Object.entries(parts).map(([key, own = []]) => `## ${key}\n\n${describeSettings(own)}`);
  return [head, ...sections].join("\n\n");
};

const head = `# Settings

Every key of \`config.json\`: what it is for, and in brackets what it takes and what stands for it where it is left out.
\`routes[]\` means each of a list, \`*\` a name of your own. Paths of files begin at the settings file's folder, and comments may
stand anywhere. \`turnpike check\` says all that is wrong with a file; \`production.jsonc\` beside this page is one to begin with.
\`turnpike settings KEY\` prints a part of this page.`;

/** The keys that are called so, wherever they stand, with their parts. */
const partOf = (all: readonly Setting[], key: string): readonly Setting[] => {
  const wanted = plain(key);
  const isMeant = (path: string) => path === wanted || path.endsWith(`.${wanted}`);
  const roots = all.map(({ path }) => plain(path)).filter(isMeant);
  const part = all.filter(({ path }) => roots.some((root) => `${plain(path)}.`.startsWith(`${root}.`)));
  if (part.length > 0) return part;
  const near = nearest(
    wanted,
    all.flatMap(({ path }) => [plain(path), plain(path).replace(/^.*\./, "")]),
  );
  const meant = near === null ? "`turnpike settings` prints all" : `did you mean ${near}?`;
  throw new CommandError(`settings: there is no key ${key}: ${meant}`, "used wrongly");
};

/** The key of the file itself that is nearly called so: whoever asks for `limit` of routes may mean `limits`. */
const roomAlike = (all: readonly Setting[], wanted: string): string | null => {
  const rooms = all.map(({ path }) => plain(path)).filter((path) => !path.includes("."));
  return rooms.includes(wanted) ? null : nearest(wanted, rooms);
};

/** People leave the signs of a list out, or write a number into them. */
const plain = (path: string): string => path.replaceAll(/\[\d*\]/g, "");

/** A list in Markdown, which is read as well on a terminal. */
const describeSettings = (settings: readonly Setting[]): string =>
  settings.map((setting) => `- \`${setting.path}\`: ${setting.about}${rest(setting)}`).join("\n");

const rest = ({ allowed, byDefault, isNeeded, hasParts }: Setting): string => {
  const words = [
    ...(hasParts ? [] : [allowed]),
    ...(isNeeded ? ["must be there"] : []),
    ...(byDefault === null ? [] : [`default \`${short(byDefault)}\``]),
  ];
  return words.length === 0 ? "" : ` (${words.join("; ")})`;
};

const longest = 100;

const short = (json: string): string => {
  const value: unknown = json.length > longest ? JSON.parse(json) : null;
  return Array.isArray(value) ? `[… ${value.length} of them]` : json;
};
