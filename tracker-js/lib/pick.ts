/** What follows `start` in the one of the parts of `text` that begins with it, if there is a text; parts end with `end`. */
export const pick = (text: string | undefined, start: string, end: string): string | undefined =>
  (end + text).split(end + start)[1]?.split(end)[0];
