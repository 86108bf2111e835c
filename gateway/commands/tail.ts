import { setTimeout as wait } from "node:timers/promises";
import { type Command, InvalidArgumentError } from "commander";
import type { Event } from "../model/event.ts";
import type { Stored } from "../model/event-store.ts";
import type { Context } from "./context.ts";
import { eventLine } from "./event-line.ts";
import { needSite } from "./known-site.ts";
import { maskedEvent } from "./masked-event.ts";
import { openData } from "./open-data.ts";
import { createOutput, type Output } from "./output.ts";
import { type SettingsOptions, withSettingsOptions } from "./settings-options.ts";
import { untilStopped } from "./until-stopped.ts";

interface Flags extends SettingsOptions {
  readonly site?: string;
  readonly visitor?: string;
  readonly problems?: true;
  readonly debug?: true;
  readonly lines: number;
}

interface TailReader {
  read(after: number, limit: number): readonly Stored[];
  lastSeq(): number;
}

const pollMs = 250;
const pageRows = 500;

/** `turnpike tail`: follows the stored events, a line each. */
export const addTail = (program: Command, { io, run }: Context): void => {
  withSettingsOptions(
    program
      .command("tail")
      .description("follow the stored events, a line each, until Ctrl-C")
      .option("-n, --lines <count>", "begin with the newest so many", readCount, 10)
      .option("--site <id>", "of this site only")
      .option("--visitor <id>", "of this visitor only: the id, or its last characters")
      .option("--problems", "only what could not be read whole")
      .option("--debug", "show every column, with personal values masked"),
  ).action(
    run(async (flags: Flags) => {
      const reader = openData(flags);
      try {
        needSite("tail", flags.site, flags);
        await untilStopped(io, (signal) => follow(reader, flags, createOutput(io.stdout), signal));
      } finally {
        reader.close();
      }
      return 0;
    }),
  );
};

const readCount = (text: string): number => {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("expected a whole number from 0 to 999999.");
};

const follow = async (
  reader: TailReader,
  flags: Flags,
  output: Output,
  signal: AbortSignal,
): Promise<void> => {
  const isWanted = filterOf(flags);
  let after = Math.max(0, reader.lastSeq() - flags.lines);
  while (!signal.aborted) {
    const page = reader.read(after, pageRows);
    for (const { seq, event } of page) {
      after = seq;
      if (isWanted(event)) await output.write(`${linesOf(seq, event, flags)}\n`);
    }
    if (!(await output.flush())) return;
    if (page.length < pageRows) await wait(pollMs, undefined, { signal }).catch(stopped);
  }
  await output.end();
};

const filterOf = ({ site, visitor, problems }: Flags): ((event: Event) => boolean) => {
  return (event) =>
    (site === undefined || event.property_id === site) &&
    (visitor === undefined || (event.client_id ?? "").endsWith(visitor.replace(/^…/, ""))) &&
    (!problems || (event.problems ?? []).length > 0);
};

const linesOf = (seq: number, event: Event, { debug }: Flags): string =>
  debug ? `${eventLine(event)}\n${maskedEvent(seq, event)}` : eventLine(event);

const stopped = (): void => {}; // the signal ends the wait with an error, the loop's condition sees it
