/** The wait that a `Retry-After` asks for (RFC 9110 §10.2.3), ms; 0 where there is none that can be read. */
export const readRetryAfter = (value: string | undefined, now: number): number => {
  if (value === undefined) return 0;
  if (/^\s*\d{1,9}\s*$/.test(value)) return Number(value) * 1000;
  const at = /GMT\s*$/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? 0 : Math.max(0, at - now);
};
