/** What amounts are worth in USD, by a table of the settings: one rate a currency, or rates by date from a file. */
import { readFileSync } from "node:fs";
import type { Site } from "../model/site.ts";

type Rates = Readonly<Record<string, number>>;

/** The worth of one unit of a currency in USD on the day of a moment; null where no rate is known. */
export type RateReader = (currency: string, at: number) => number | null;

/** Rates of a site's settings. A file that cannot be read throws one sentence. */
export const createRates = (setting: Site["currencyRates"]): RateReader => {
  if (typeof setting !== "string") return (currency) => rateIn(setting, currency);
  const days = readDays(setting);
  const dates = [...days.keys()].sort();
  return (currency, at) => {
    if (currency === "USD") return 1;
    const newest = lastUpTo(dates, new Date(at).toISOString().slice(0, 10));
    // Days without rates (weekends) go by the day before.
    for (let i = newest; i >= 0 && newest - i < maxGapDates; i--) {
      const rate = days.get(dates[i] ?? "")?.[currency];
      if (rate !== undefined) return rate;
    }
    return null;
  };
};

/** How many dates are looked through for a currency that the newest ones lack. */
const maxGapDates = 10;

const rateIn = (rates: Rates, currency: string): number | null =>
  currency === "USD" ? 1 : (rates[currency] ?? null);

const lastUpTo = (dates: readonly string[], day: string): number => {
  let low = 0;
  let high = dates.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((dates[middle] ?? "") <= day) low = middle + 1;
    else high = middle;
  }
  return low - 1;
};

/** `{"2026-01-31": {"EUR": 1.08}}`. Throws one sentence for anything else. */
export const readDays = (file: string): ReadonlyMap<string, Rates> => {
  const read = parse(file);
  const days = new Map<string, Rates>();
  for (const [date, rates] of Object.entries(read)) {
    if (!/^\d{4}-\d\d-\d\d$/.test(date) || !isRates(rates)) {
      throw new Error(
        `${file}, ${JSON.stringify(date)}: expected a date such as "2026-01-31" with rates such as {"EUR": 1.08}`,
      );
    }
    days.set(date, rates);
  }
  return days;
};

const parse = (file: string): object => {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${file} cannot be read (${reason})`, { cause });
  }
  throw new Error(`${file}: expected an object of rates by date`);
};

const isRates = (value: unknown): value is Rates =>
  typeof value === "object" &&
  value !== null &&
  Object.values(value).every((rate) => typeof rate === "number" && rate > 0 && Number.isFinite(rate));

/** Rounded to cents, halves to the even cent, as banks do; what binary fractions add is no part of the amount. */
export const roundCents = (amount: number): number => {
  const cents = amount * 100;
  const below = Math.floor(cents);
  const rest = cents - below;
  const tolerance = Math.max(1e-9, Math.abs(cents) * 2 ** -50);
  if (Math.abs(rest - 0.5) > tolerance) return Math.round(cents) / 100;
  return (below % 2 === 0 ? below : below + 1) / 100;
};
