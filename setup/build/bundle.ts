import { basename } from "node:path";
import type { BuildFailure } from "esbuild";

/** One file for the browser, everything it imports inside. Throws a sentence that names file and line. */
export const bundle = async (entry: string, { target }: { readonly target: string }): Promise<Uint8Array> => {
  // Loaded here and not above: asking whether to build must not cost the start of esbuild.
  const { build } = await import("esbuild");
  try {
    const { outputFiles } = await build({
      entryPoints: [entry],
      bundle: true,
      minify: true,
      format: "iife",
      target,
      charset: "utf8",
      legalComments: "none",
      write: false,
      logLevel: "silent",
    });
    const [file] = outputFiles;
    if (!file) throw new Error("esbuild gave no file");
    return file.contents;
  } catch (error) {
    throw new Error(`build: ${basename(entry)} cannot be built: ${reason(error)}`, { cause: error });
  }
};

const reason = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const first = "errors" in error ? (error as BuildFailure).errors[0] : undefined;
  if (!first) return error.message;
  return first.location ? `${first.text} (${first.location.file}:${first.location.line})` : first.text;
};
