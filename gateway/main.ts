/** The program: reads the command line; `start.ts` builds every room and joins them. */
import { runCommandLine } from "./commands/program.ts";
import { boundOldGeneration } from "./lib/old-generation.ts";
import { startWriterAhead } from "./writer-ahead.ts";

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
