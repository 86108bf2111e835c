import { createReadStream, statSync } from "node:fs";
import { createInterface } from "node:readline";
import { type Command, InvalidArgumentError } from "commander";
import { countOf } from "../lib/count-of.ts";
import { shortPath } from "../lib/short-path.ts";
import { readRecordedRequest } from "../model/recorded-request.ts";
import type { Replay, Replayed } from "../replay-hits.ts";
import { type Ownership, takeOrFind } from "../store/owner.ts";
import { CommandError, type Context, type Io, say, warn } from "./context.ts";
import { busyFolder } from "./owner-call.ts";
import { readPath, type SettingsOptions, settingsFor, withSettingsOptions } from "./settings-options.ts";

interface Flags extends SettingsOptions {
  readonly batch: number;
}

/** Faulty lines that are told one by one; the rest is counted. */
const toldLines = 20;

/** `turnpike replay`: what was recorded goes through once more, as it did when it was received. */
export const addReplay = (program: Command, { io, run }: Context): void => {
  withSettingsOptions(
    program
      .command("replay")
      .argument("<file>", "recorded requests, one JSON object a line; - reads standard input", readPath)
      .description("send recorded requests through the program into a data folder, each at its own time")
      .option("--batch <count>", "requests that are committed together", readCount, 1000),
  )
    .addHelpText(
      "after",
      `
A line: {"at": "2026-01-31T08:00:00.000Z", "method": "POST", "url": "/tr/v1/", "headers": {"host": "shop.example"},
"body": "…" or "body_base64": "…", "remote_address": "203.0.113.7"}. Only "at" and "url" must be there.
An event that is stored already is not stored again, so a replay that was broken off can be repeated.`,
    )
    .action(
      run(async (file: string, flags: Flags) => {
        const config = settingsFor(flags);
        if (file !== "-") needFile(file);
        const ownership = await takeFolder(config.data.dir);
        // The whole program comes with it, which other commands need not wait for.
        const { openReplay } = await import("../replay-hits.ts");
        const replay = openReplay(config, ownership, flags.batch);
        const started = performance.now();
        let faulty = 0;
        try {
          faulty = await replayFile(file, replay, io);
        } finally {
          await replay.close();
        }
        say(io, summary(replay.done, performance.now() - started));
        return faulty > 0 ? 1 : 0;
      }),
    );
};

const needFile = (file: string): void => {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) throw new CommandError(`replay: there is no file ${shortPath(file)}`);
  if (found.isDirectory())
    throw new CommandError(`replay: ${shortPath(file)} is a folder: name a file of recorded requests`);
};

const readCount = (text: string): number => {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= 100_000) return count;
  throw new InvalidArgumentError("expected a whole number from 1 to 100000.");
};

const takeFolder = async (dir: string): Promise<Ownership> => {
  const found = await takeOrFind(dir);
  if (found.kind === "ours") return found.ownership;
  const { owner } = found;
  const whose =
    owner.admin === ""
      ? busyFolder(shortPath(dir), owner)
      : `a gateway is running on ${shortPath(dir)} (pid ${owner.pid})`;
  throw new CommandError(`replay: ${whose}: stop it, or replay into another folder with --data`);
};

/** Sends the lines through in order; answers how many could not be read. */
const replayFile = async (file: string, replay: Replay, io: Io): Promise<number> => {
  const lines = createInterface({
    input: file === "-" ? process.stdin : createReadStream(file, "utf8"),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  let number = 0;
  let faulty = 0;
  for await (const line of lines) {
    number++;
    if (line.trim() === "") continue;
    const read = readRecordedRequest(number === 1 ? line.replace(/^\uFEFF/, "") : line);
    if (read.kind === "request") await replay.take(read.request);
    else if (++faulty <= toldLines) warn(io, `replay: line ${number} of ${shortPath(file)}: ${read.reason}`);
    if (io.isTerminal && number % 1000 === 0)
      io.stderr.write(`\r${number.toLocaleString("en")} lines\u001b[K`);
  }
  if (io.isTerminal) io.stderr.write("\r\u001b[K");
  if (faulty > toldLines) warn(io, `replay: ${faulty.toLocaleString("en")} lines could not be read in all`);
  return faulty;
};

const summary = ({ requests, stored, doubles, rejects, refused }: Replayed, tookMs: number): string => {
  const seconds = Math.max(tookMs / 1000, 0.001);
  const parts = [
    `${countOf(requests, "request")} in ${seconds.toFixed(1)} s (${Math.round(requests / seconds)} a second)`,
    `${countOf(stored, "event")} stored`,
  ];
  if (doubles > 0) parts.push(`${doubles.toLocaleString("en")} stored before`);
  if (rejects > 0) parts.push(countOf(rejects, "reject"));
  for (const [status, n] of [...refused].sort(([a], [b]) => a - b)) parts.push(`${n} refused with ${status}`);
  return parts.join(", ");
};
