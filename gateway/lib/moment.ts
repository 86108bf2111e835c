const written =
  /^\s*(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?) ?(?:([Zz])|([+-]\d\d):?(\d\d))?)?\s*$/;

/**
 * A day or an RFC 3339 time as milliseconds since 1970; NaN for any other text. Without a zone it is UTC: were it the
 * machine's own, a replay on another machine would give another time.
 */
export const parseMoment = (text: string): number => {
  const [, day, time = "00:00", , hours = "+00", minutes = "00"] = written.exec(text) ?? [];
  return day === undefined ? Number.NaN : Date.parse(`${day}T${time}${hours}:${minutes}`);
};
