import type { Json } from "./json.ts";

/** How much a count message adds by its `n`: one where it says nothing, null where what it says is no whole number. */
export const countIn = (n: Json | undefined): number | null => {
  if (n === undefined || n === null) return 1;
  const isWritten = typeof n === "number" || (typeof n === "string" && n.trim() !== "");
  return isWritten && Number.isSafeInteger(Number(n)) ? Number(n) : null;
};
