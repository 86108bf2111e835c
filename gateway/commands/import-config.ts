import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Command } from "commander";
import { checkSettings } from "../config/load.ts";
import { formatMistakes } from "../config/mistakes.ts";
import { type ImportNote, importOriginal } from "../config/original/import-original.ts";
import { originalTrackerKeys } from "../config/original-tracker.ts";
import { readJson } from "../config/read-json.ts";
import { codeOf } from "../lib/error-code.ts";
import { writeFirst } from "../lib/write-whole.ts";
import { CommandError, type Context, say, warn } from "./context.ts";
import { readPath } from "./settings-options.ts";

interface Flags {
  readonly output?: string;
}

/** `turnpike import-config`: makes settings of those of the original tracker, and says what it could not carry over. */
export const addImportConfig = (program: Command, { io, run }: Context): void => {
  program
    .command("import-config")
    .argument("<file>", "the settings of the original tracker", readPath)
    .description("turn a settings file of the original tracker into one of Turnpike")
    .option(
      "-o, --output <file>",
      "write the settings there, and never over a file that is there; else print them",
      readPath,
    )
    .action(
      run((file: string, { output }: Flags) => {
        const { settings, notes } = importOriginal(readOld(file));
        const text = `${JSON.stringify(settings, null, 2)}\n`;
        if (output === undefined) io.stdout.write(text);
        else write(output, text);
        const tell = (line: string): void => (output === undefined ? warn(io, line) : say(io, line));
        for (const line of [...listOf(notes), ...alsoDifferent]) tell(line);
        if (output !== undefined) tell(`\n${output} is written: turnpike start --config ${output}`);
        const loaded = checkSettings(settings, resolve(dirname(output ?? "config.json")));
        if (loaded.kind === "wrong") {
          tell(`\n${formatMistakes("what is left to do", loaded.mistakes)}`);
        }
        return 0;
      }),
    );
};

const readOld = (file: string): Readonly<Record<string, unknown>> => {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new CommandError(`${file} ${unreadable(codeOf(cause))}`, "failed", { cause });
  }
  const read = readJson(text);
  if (read.kind === "wrong")
    throw new CommandError(`${file}: line ${read.line}, column ${read.column}: ${read.message}`);
  if (originalTrackerKeys(read.value).length === 0) {
    throw new CommandError(`${file} is no settings file of the original tracker: none of its keys are in it`);
  }
  return read.value as Readonly<Record<string, unknown>>; // what has keys is an object
};

const unreadable = (code: string): string => {
  if (code === "ENOENT") return "is not there: name the settings file of the original tracker";
  if (code === "EISDIR") return "is a folder: name the settings file in it";
  return `cannot be read (${code}): see that you may read it`;
};

const write = (file: string, text: string): void => {
  let isNew: boolean;
  try {
    isNew = writeFirst(file, text, 0o666);
  } catch (cause) {
    throw new CommandError(`${file} cannot be written (${codeOf(cause)})`, "failed", { cause });
  }
  if (!isNew) throw new CommandError(`${file} is there already: choose another name`);
};

/** What no key of the old file says. */
const alsoDifferent = [
  "\nDifferent whatever the file says, please look at it:",
  "  Servers need a key of sites[0].writeKeys: for payments (/tlv/v1/) always, for /str/v1/ unless trustServerEvents names their addresses.",
  "  Headers that name the client's address count only from trustedProxies: name the proxies in front.",
];

const titles = [
  ["carried", "Carried over:"],
  ["changed", "Changed, please look at it:"],
  ["dropped", "Not carried over:"],
] as const;

/** What became of the keys, by kind, the most harmless first. */
const listOf = (notes: readonly ImportNote[]): readonly string[] =>
  titles.flatMap(([kind, title]) => {
    const own = notes.filter((note) => note.kind === kind);
    const width = Math.min(34, Math.max(...own.map(({ key }) => key.length)));
    const lines = own.map(({ key, sentence }) => `  ${key.padEnd(width)}  ${sentence}`);
    return own.length === 0 ? [] : [`\n${title}`, ...lines];
  });
