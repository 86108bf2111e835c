import { countryCodes } from "./continents.ts";

/** Zones by country, as the runtime's own time-zone data has them; made at the first question (about 10 ms). */
let countryByZone: ReadonlyMap<string, string> | null = null;

/** The country whose clocks a time zone is; null for zones of none (`UTC`), of several, and unknown ones. */
export const countryOfZone = (zone: string): string | null => {
  countryByZone ??= readZones();
  return countryByZone.get(zone) ?? null;
};

const readZones = (): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  for (const code of countryCodes) {
    for (const zone of zonesOf(code)) found.set(zone, code);
  }
  for (const [zone, code] of Object.entries(renamed)) found.set(zone, code);
  return found;
};

/** Not in TypeScript's library yet (ES2025 has it; Node has since 18). */
const zonesOf = (code: string): readonly string[] =>
  (new Intl.Locale(`und-${code}`) as { getTimeZones?: () => string[] }).getTimeZones?.() ?? [];

/** The same zones by the names that browsers give today. */
const renamed: Readonly<Record<string, string>> = {
  "Asia/Kolkata": "IN",
  "Asia/Kathmandu": "NP",
  "Asia/Yangon": "MM",
  "Asia/Ho_Chi_Minh": "VN",
  "Europe/Kyiv": "UA",
  "Atlantic/Faroe": "FO",
  "America/Nuuk": "GL",
  "America/Argentina/Buenos_Aires": "AR",
  "Pacific/Pohnpei": "FM",
  "Pacific/Chuuk": "FM",
  "Africa/Asmara": "ER",
  "America/Indiana/Indianapolis": "US",
  "America/Kentucky/Louisville": "US",
};
