/** The program: reads the command line; `start.ts` builds every room and joins them. */
import { goLast } from "./lib/go-last.ts";
import { boundOldGeneration } from "./lib/old-generation.ts";
import { bearSignals } from "./signals.ts";
import { startWriterAhead } from "./writer-ahead.ts";

/** Commands that may read all that is stored: a gateway that runs beside them goes first, and so does the site. */
const patient: ReadonlySet<string> = new Set(["export", "filters", "sql", "verify"]);
if (process.argv[2] === "start") bearSignals(process.stdout.isTTY === true);
if (patient.has(process.argv[2] ?? "")) goLast();
const { runCommandLine } = await import("./commands/program.ts"); // most of what there is to load

const { stdout, stderr, env } = process;
const io = { stdout, stderr, env, isTerminal: stdout.isTTY === true };
process.exitCode = await runCommandLine(process.argv.slice(2), io, {
  async start(options) {
    boundOldGeneration(); // before the first collection, which sets the bound of the next
    const writer = startWriterAhead();
    const { start } = await import("./start.ts"); // most of the program, which no other command needs
    return start(options, io, writer);
  },
});
