import { printable } from "./printable.ts";

/** What an error says in its first line, for use in a sentence: the lines below are for who wrote the code. */
export const firstLine = (error: unknown): string =>
  printable(String(error instanceof Error ? error.message : error).split("\n", 1)[0] ?? "");
