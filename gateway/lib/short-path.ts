import { relative } from "node:path";

/** As a person would write it: from the working folder where it lies inside. */
export const shortPath = (path: string): string => {
  const near = relative(process.cwd(), path);
  return near === "" || near.startsWith("..") ? path : near;
};
