/**
 * The command line. One file a command; `start` is given by `main.ts`, which alone sees all rooms.
 * Exit codes: 0, 1 (it failed), 2 (used wrongly).
 */
import { readFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { Command, CommanderError } from "commander";
import { codeOf } from "../lib/error-code.ts";
import { type Actions, CommandError, type Context, type Io, warn } from "./context.ts";
import { tellMisuse } from "./misuse.ts";
import { isClosedPipe } from "./output.ts";

type Add = (program: Command, context: Context) => void;

/** In the order of the help. What a command needs is loaded when it runs, so that a gateway starts sooner. */
const commands: Readonly<Record<string, () => Promise<Add>>> = {
  start: async () => (await import("./start.ts")).addStart,
  check: async () => (await import("./check.ts")).addCheck,
  settings: async () => (await import("./settings.ts")).addSettings,
  routes: async () => (await import("./routes.ts")).addRoutes,
  "self-check": async () => (await import("./self-check.ts")).addSelfCheck,
  reload: async () => (await import("./reload.ts")).addReload,
  "import-config": async () => (await import("./import-config.ts")).addImportConfig,
  tail: async () => (await import("./tail.ts")).addTail,
  sinks: async () => (await import("./sinks.ts")).addSinks,
  export: async () => (await import("./export.ts")).addExport,
  replay: async () => (await import("./replay.ts")).addReplay,
  filters: async () => (await import("./filters.ts")).addFilters,
  sql: async () => (await import("./sql.ts")).addSql,
  seal: async () => (await import("./seal.ts")).addSeal,
  verify: async () => (await import("./verify.ts")).addVerify,
  backup: async () => (await import("./backup.ts")).addBackup,
  prune: async () => (await import("./prune.ts")).addPrune,
  erase: async () => (await import("./erase.ts")).addErase,
  identity: async () => (await import("./identity.ts")).addIdentity,
  experiment: async () => (await import("./experiment.ts")).addExperiment,
  token: async () => (await import("./token.ts")).addToken,
  "hash-password": async () => (await import("./hash-password.ts")).addHashPassword,
  demo: async () => (await import("./demo.ts")).addDemo,
};

/** Runs one command line (`argv` without the program's own name) and answers the exit code; never throws. */
export const runCommandLine = async (argv: readonly string[], io: Io, actions: Actions): Promise<number> => {
  // Whoever reads may leave at any time (`| head`): that is no failure, and without a listener it is a crash. The
  // listeners stay, because the error may come after the command's end.
  let unwritten: Error | null = null;
  io.stdout.on("error", (error) => {
    if (!isClosedPipe(error)) unwritten ??= error;
  });
  io.stderr.on("error", () => {}); // there is nowhere left to say it
  let exitCode = 0;
  let served = false;
  const context: Context = {
    io,
    actions: {
      start(options) {
        served = true;
        return actions.start(options);
      },
    },
    run:
      (work) =>
      async (...args) => {
        exitCode = await work(...args);
      },
  };
  try {
    const program = buildProgram(context);
    for (const add of await loadCommands(argv[0])) add(program, context);
    await program.parseAsync(meantBy(argv), { from: "user" });
    await setImmediate(); // a stream tells its error after the write
    // A gateway serves on where its log cannot be written; a command's output is all there is of it.
    if (unwritten !== null && !served) throw unwrittenOutput(unwritten);
    return exitCode;
  } catch (error) {
    return tell(error, io);
  }
};

/** Help of a command that there is not is told as the command itself would be, with what is nearest to it. */
const meantBy = (argv: readonly string[]): string[] => {
  const [first, name = ""] = argv;
  return first === "help" && name !== "" && !Object.hasOwn(commands, name) ? argv.slice(1) : [...argv];
};

const buildProgram = ({ io }: Context): Command => {
  const program = new Command("turnpike")
    .description("One program in front of a site: gateway, event collector and A/B experiments.")
    .version(ownVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: (message, write) => write(`${tellMisuse(message)}\n`),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showHelpAfterError("(--help shows what can be said)")
    .exitOverride();
  return program;
};

/** The command of that name; all of them where there is none: for the help, and for what is nearest to it. */
const loadCommands = (name = ""): Promise<readonly Add[]> => {
  const own = Object.hasOwn(commands, name) ? commands[name] : undefined;
  return Promise.all((own ? [own] : Object.values(commands)).map((load) => load()));
};

const ownVersion = (): string => {
  const file = new URL("../../package.json", import.meta.url);
  return String((JSON.parse(readFileSync(file, "utf8")) as { version: unknown }).version); // our own file
};

const unwrittenOutput = (cause: Error): CommandError =>
  new CommandError(
    `the output could not be written whole (${codeOf(cause)}): make room, or send it elsewhere`,
    "failed",
    { cause },
  );

/** Tells a failure on stderr and answers its exit code. */
const tell = (error: unknown, io: Io): number => {
  // Commander has printed its message already. Help that was asked for is no misuse; help for want of a command is.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof CommandError) {
    warn(io, error.message);
    return error.exitCode;
  }
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(codeOf(error))) {
    warn(io, "turnpike.db is damaged: `turnpike verify` says where; put a backup in its place");
    return 1;
  }
  if (codeOf(error) === "SQLITE_FULL") {
    warn(io, "store: the disk of the data folder is full: make room on it, then try again");
    return 1;
  }
  const told = error instanceof Error && (error.constructor === Error || "code" in error);
  warn(io, told ? error.message : String(error instanceof Error ? error.stack : error));
  return 1;
};
