import { compileGlob } from "../lib/glob.ts";

/** True for the paths, as received, that one of the patterns includes and none excludes. */
export const createPathFilter = (
  include: readonly string[],
  exclude: readonly string[],
): ((path: string) => boolean) => {
  if (exclude.length === 0 && include.includes("/**")) return () => true;
  const included = include.map(compileGlob);
  const excluded = exclude.map(compileGlob);
  return (path) => {
    const segments = path.slice(1).split("/").map(decode);
    return included.some((test) => test(segments)) && !excluded.some((test) => test(segments));
  };
};

const decode = (segment: string): string => {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment; // not UTF-8: compared as it stands
  }
};
