import { distDir, needsBuild } from "../setup/build/dist.ts";
import { CommandError } from "./commands/context.ts";
import { codeOf } from "./lib/error-code.ts";
import { shortPath } from "./lib/short-path.ts";

/** Builds script and dashboard where they are older than their sources. What builds them is loaded only then. */
export const buildPages = async (): Promise<void> => {
  if (!(await needsBuild())) return;
  try {
    await (await import("../setup/build.ts")).buildAll();
  } catch (cause) {
    if (!/^(EACCES|EPERM|EROFS)$/.test(codeOf(cause))) throw cause;
    const sentence = `${shortPath(distDir)} is older than its sources and may not be written by this user: run \`npm run build\` as its owner`;
    throw new CommandError(sentence, "failed", { cause });
  }
};
