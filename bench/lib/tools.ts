/** What a measurement needs beside Node: wrk and nginx. */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { root } from "../../test/gateway.ts";

const installer = join(root, "setup/test-tools.sh");

/** Makes sure of the tools. Throws one sentence that says what to install. */
export const needTools = (): void => {
  if (existsSync(installer)) {
    const { status } = spawnSync(installer, ["nginx", "wrk"], { stdio: "inherit" });
    if (status !== 0) throw new Error("bench: nginx and wrk are needed");
  }
  const missing = ["nginx", "wrk"].filter((tool) => findTool(tool) === null);
  if (missing.length > 0)
    throw new Error(`bench: install ${missing.join(" and ")} (apt-get install nginx-light wrk)`);
};

/** Makes sure of programs that one measurement needs beside. Throws one sentence that says what is missing. */
export const needPrograms = (names: readonly string[]): void => {
  const missing = names.filter((name) => findTool(name) === null);
  if (missing.length > 0) throw new Error(`bench: install ${missing.join(" and ")} (apt-get install)`);
};

/** The path of a program; those of the system's own folder are found without being on the user's path. */
export const findTool = (name: string): string | null => {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders.map((folder) => join(folder, name)).find(isProgram) ?? null;
};

const isProgram = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};
