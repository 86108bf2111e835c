import { basename } from "node:path";
import type { BuildFailure } from "esbuild";

export interface BundleOptions {
  readonly target: string;
  /** The script ends without a word where it cannot run: nothing is thrown into a page that is not ours. */
  readonly quiet?: boolean;
}

/** One file for the browser, everything it imports inside. Throws a sentence that names file and line. */
export const bundle = async (
  entry: string,
  { target, quiet = false }: BundleOptions,
): Promise<Uint8Array> => {
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
      // Of the settings only `strict` would matter, which costs the bytes of its directive.
      tsconfigRaw: {},
      logLevel: "silent",
    });
    const [file] = outputFiles;
    if (!file) throw new Error("esbuild gave no file");
    return quiet ? Buffer.from(`try{${file.text.trim().replace(/;$/, "")}}catch{}`) : file.contents;
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
