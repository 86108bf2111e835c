/** The paths that a route's events tell apart: as many as the settings allow, so that nobody can make more of them. */
import { templateOf } from "./path-template.ts";

export const otherPath = "(other)";

export interface PathList {
  /** The path as it stands in an event. */
  nameOf(path: string, status: number): string;
}

export const createPathList = (limit: number): PathList => {
  const known = new Set<string>();
  return {
    nameOf(path, status) {
      const template = templateOf(path);
      if (known.has(template)) return template;
      // What the site does not have is not worth a place: whoever tries paths out would take all of them.
      if (known.size >= limit || status === 404 || status === 405) return otherPath;
      known.add(template);
      return template;
    },
  };
};
