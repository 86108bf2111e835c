/** Is there such a day, written 2026-01-31? `Date` takes February 31 for a day of March. */
export const isInCalendar = (day: string): boolean => {
  const at = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(day);
};
