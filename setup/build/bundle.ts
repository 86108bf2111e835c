import { basename } from "node:path";
import type { BuildFailure } from "esbuild";

export interface BundleOptions {
  readonly target: string;
  /** The script ends without a word where it cannot run: nothing is thrown into a page that is not ours. */
  readonly quiet?: boolean;
  /** A module that others import, whole and readable: their own build packs it. */
  readonly module?: boolean;
}

/** One file for the browser, everything it imports inside. Throws a sentence that names file and line. */
export const bundle = async (
  entry: string,
  { target, quiet = false, module = false }: BundleOptions,
): Promise<Uint8Array> => {
  // Loaded here and not above: asking whether to build must not cost the start of esbuild.
  const { build, transform } = await import("esbuild");
  try {
    const { outputFiles } = await build({
      entryPoints: [entry],
      bundle: true,
      ...(quiet || module ? { minifySyntax: quiet, format: "esm" } : { minify: true, format: "iife" }),
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
    if (!quiet) return file.contents;
    const minify = { minify: true, target, charset: "utf8", legalComments: "none" } as const;
    const { code } = await transform(`try{${enclosed(file.text)}}catch{}`, minify);
    return Buffer.from(code.trim().replace(/;$/, ""));
  } catch (error) {
    throw new Error(`build: ${basename(entry)} cannot be built: ${reason(error)}`, { cause: error });
  }
};

/**
 * The text of a bundle as it may stand in the block of a `try`. What is declared there by `let` stays out of the page,
 * needs no function around it, and gets short names; esbuild declares what was outside of functions by `var`. Functions
 * by name would get out, and keep one around them.
 */
const enclosed = (text: string): string =>
  /^(async )?function\b/m.test(text)
    ? `(()=>{${text}})()`
    : text.replace(/^var /gm, "let ").replace(/\bconst /g, "let ");

const reason = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const first = "errors" in error ? (error as BuildFailure).errors[0] : undefined;
  if (!first) return error.message;
  return first.location ? `${first.text} (${first.location.file}:${first.location.line})` : first.text;
};
