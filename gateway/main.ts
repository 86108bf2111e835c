/** The program: reads the command line; `start.ts` builds every room and joins them. */
import { runCommandLine } from "./commands/program.ts";
import { start } from "./start.ts";

const { stdout, stderr, env } = process;
const io = { stdout, stderr, env, isTerminal: stdout.isTTY === true };
process.exitCode = await runCommandLine(process.argv.slice(2), io, {
  start: (options) => start(options, io),
});
