/**
 * The command line. One file a command; `start` is given by `main.ts`, which alone sees all rooms.
 * Exit codes: 0, 1 (it failed), 2 (used wrongly).
 */
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { addBackup } from "./backup.ts";
import { addCheck } from "./check.ts";
import { type Actions, CommandError, type Context, type Io, warn } from "./context.ts";
import { addDemo } from "./demo.ts";
import { addErase } from "./erase.ts";
import { addExperiment } from "./experiment.ts";
import { addExport } from "./export.ts";
import { addFilters } from "./filters.ts";
import { addHashPassword } from "./hash-password.ts";
import { addIdentity } from "./identity.ts";
import { addImportConfig } from "./import-config.ts";
import { isClosedPipe } from "./output.ts";
import { addPrune } from "./prune.ts";
import { addReload } from "./reload.ts";
import { addReplay } from "./replay.ts";
import { addRoutes } from "./routes.ts";
import { addSeal } from "./seal.ts";
import { addSelfCheck } from "./self-check.ts";
import { addSinks } from "./sinks.ts";
import { addSql } from "./sql.ts";
import { addStart } from "./start.ts";
import { addTail } from "./tail.ts";
import { addToken } from "./token.ts";
import { addVerify } from "./verify.ts";

const commands = [
  addStart,
  addCheck,
  addRoutes,
  addSelfCheck,
  addReload,
  addImportConfig,
  addTail,
  addSinks,
  addExport,
  addReplay,
  addFilters,
  addSql,
  addSeal,
  addVerify,
  addBackup,
  addPrune,
  addErase,
  addIdentity,
  addExperiment,
  addToken,
  addHashPassword,
  addDemo,
] as const;

/** Runs one command line (`argv` without the program's own name) and answers the exit code; never throws. */
export const runCommandLine = async (argv: readonly string[], io: Io, actions: Actions): Promise<number> => {
  // Whoever reads may leave at any time (`| head`): that is no failure, and without a listener it is a crash. The
  // listener stays, because the error may come after the command's end.
  io.stdout.on("error", ignoreClosedPipe);
  let exitCode = 0;
  const context: Context = {
    io,
    actions,
    run:
      (work) =>
      async (...args) => {
        exitCode = await work(...args);
      },
  };
  try {
    await buildProgram(context).parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (error) {
    return tell(error, io);
  }
};

const buildProgram = (context: Context): Command => {
  const { io } = context;
  const program = new Command("turnpike")
    .description("One program in front of a site: gateway, event collector and A/B experiments.")
    .version(ownVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showHelpAfterError("(--help shows what can be said)")
    .exitOverride();
  for (const add of commands) add(program, context);
  return program;
};

const ownVersion = (): string => {
  const file = new URL("../../package.json", import.meta.url);
  return String((JSON.parse(readFileSync(file, "utf8")) as { version: unknown }).version); // our own file
};

const ignoreClosedPipe = (error: Error): void => {
  if (!isClosedPipe(error)) throw error;
};

/** Tells a failure on stderr and answers its exit code. */
const tell = (error: unknown, io: Io): number => {
  // Commander has printed its message already. Help that was asked for is no misuse; help for want of a command is.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof CommandError) {
    warn(io, error.message);
    return error.exitCode;
  }
  const told = error instanceof Error && (error.constructor === Error || "code" in error);
  warn(io, told ? error.message : String(error instanceof Error ? error.stack : error));
  return 1;
};
