/** Where the program is to write: a folder in the place of a file is known before the first line is lost. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { Mistake } from "./mistakes.ts";
import type { Config } from "./schema.ts";

interface Writing {
  readonly data: Config["data"] | null;
  readonly accessLog: Config["accessLog"];
  readonly recordHits: Config["recordHits"];
  readonly sinks: readonly (Pick<Config["sinks"][number], "path"> | null)[];
}

export const checkWritten = function* (
  { data, accessLog, recordHits, sinks }: Writing,
  folder: string,
): Iterable<Mistake> {
  if (data && kindOf(resolve(folder, data.dir)) === "file") {
    yield { path: "data.dir", message: `${resolve(folder, data.dir)} is a file: expected a folder` };
  }
  const files: readonly (readonly [path: string, file: string | undefined])[] = [
    ["accessLog.file", accessLog?.file === "stdout" ? undefined : accessLog?.file],
    ["recordHits.file", recordHits?.file],
    ...sinks.map((sink, i) => [`sinks[${i}].path`, sink?.path] as const),
  ];
  for (const [path, file] of files) {
    if (file === undefined || kindOf(resolve(folder, file)) !== "folder") continue;
    yield { path, message: `${resolve(folder, file)} is a folder: expected the name of a file` };
  }
};

const kindOf = (path: string): "file" | "folder" | null => {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return null;
  return found.isDirectory() ? "folder" : "file";
};
