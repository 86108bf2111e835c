import type { CollectAnswer } from "./request.ts";

/** The answer to frame `n` as a frame: the ids of what was stored, what could not be read, or why nothing was. */
export const frameAnswer = (n: number, { status, headers, body }: CollectAnswer): string => {
  const told: Record<string, unknown> = { n };
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const value = headers[i + 1] ?? "";
    if (headers[i] === "turnpike-event") told["eid"] = value.includes(", ") ? value.split(", ") : value;
    if (headers[i] === "turnpike-rejects") told["rejects"] = value;
    if (headers[i] === "retry-after") told["retryAfterSeconds"] = Number(value);
  }
  if (status !== 200) told["error"] = body.toString().trim();
  return JSON.stringify(told);
};
