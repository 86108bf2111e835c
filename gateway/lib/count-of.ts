/** A number with its noun: `1 file`, `1,204 files`. */
export const countOf = (n: number, noun: string): string =>
  `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;
