import { compileGlob } from "../lib/glob.ts";
import { hasHashedName } from "./hashed-name.ts";
import { isDocument } from "./mime.ts";
import type { StaticSettings } from "./settings.ts";

/** The `Cache-Control` of a file, by its path below the folder and its media type. */
export type CachePolicy = (segments: readonly string[], type: string) => string;

/**
 * The rules of the settings come first. Without one, documents are asked for again every time, names with a hash are
 * kept for good, and other files for five minutes.
 */
export const createCachePolicy = ({
  cacheControl,
  immutable,
}: Pick<StaticSettings, "cacheControl" | "immutable">): CachePolicy => {
  const rules = cacheControl.map(({ files, value }) => ({ fits: compileGlob(files), value }));
  return (segments, type) => {
    const rule = rules.find(({ fits }) => fits(segments));
    if (rule) return rule.value;
    if (isDocument(type)) return "no-cache";
    if (immutable && hasHashedName(segments.at(-1) ?? "")) return "public, max-age=31536000, immutable";
    return "public, max-age=300";
  };
};
