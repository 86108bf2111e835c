/** Replays requests into a data folder of their own and answers what the export then prints. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ran, run } from "../gateway/commands/run-for-test.ts";

export type ExportRow = Readonly<Record<string, unknown>>;

export interface ReplayResult {
  readonly replay: Ran;
  readonly events: readonly ExportRow[];
  readonly sessions: readonly ExportRow[];
}

/** Makes a folder for the length of `work`. */
export const withFolder = async <T>(work: (dir: string) => Promise<T>): Promise<T> => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-replay-"));
  try {
    return await work(dir);
  } finally {
    rmSync(dir, { recursive: true });
  }
};

/** Runs `turnpike replay` over the lines; the options go behind it. */
export const replayInto = async (
  dir: string,
  settings: unknown,
  lines: readonly string[],
  ...options: readonly string[]
): Promise<Ran> => {
  const config = join(dir, "config.json");
  const hits = join(dir, "hits.jsonl");
  writeFileSync(config, JSON.stringify(settings));
  writeFileSync(hits, lines.map((line) => `${line}\n`).join(""));
  return run(["replay", hits, "--data", join(dir, "data"), "--config", config, ...options]);
};

export const exported = async (dir: string, what: string): Promise<readonly ExportRow[]> => {
  const { code, out, err } = await run(["export", "--data", join(dir, "data"), "--what", what]);
  assert.deepEqual({ code, err }, { code: 0, err: "" });
  return out === "" ? [] : out.trimEnd().split("\n").map(parseRow);
};

const parseRow = (line: string): ExportRow => JSON.parse(line) as ExportRow; // the format of the export

export const replayed = (settings: unknown, lines: readonly string[]): Promise<ReplayResult> =>
  withFolder(async (dir) => {
    const replay = await replayInto(dir, settings, lines);
    if (replay.code !== 0) return { replay, events: [], sessions: [] };
    return { replay, events: await exported(dir, "events"), sessions: await exported(dir, "sessions") };
  });
