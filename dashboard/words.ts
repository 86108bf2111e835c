/** Numbers as people read them. */
const integer = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** 12,345 */
export const count = (n: number): string => integer.format(n);

/** `1 visitor`, `2 visitors` */
export const countOf = (n: number, one: string, many: string): string =>
  `${count(n)} ${n === 1 ? one : many}`;

/** A share of 0…1 as `3.4 %`; small ones keep a digit more, and what is more than nothing never reads as nothing. */
export const percent = (share: number): string => {
  const value = share * 100;
  const size = Math.abs(value);
  const digits = size >= 10 || size === 0 ? 0 : Math.min(Math.max(1, Math.ceil(-Math.log10(size))), 20);
  return `${value.toFixed(digits).replace("-", "−")} %`;
};

/** A relative change with its sign: `+12 %`, `−4.0 %`. */
export const change = (share: number): string => (share > 0 ? `+${percent(share)}` : percent(share));

/** `€22.00`; an unknown currency keeps its code behind the number, and what is more than nothing a digit that says so. */
export const amount = (value: number, currency: string | null): string => {
  const isKnown = currency !== null && /^[A-Za-z]{3}$/.test(currency);
  const shape = isKnown
    ? ({ style: "currency", currency } as const)
    : { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  const text = new Intl.NumberFormat("en", shape).format(value);
  const told =
    value === 0 || /[1-9]/.test(text)
      ? text
      : new Intl.NumberFormat("en", { ...shape, maximumSignificantDigits: 1 }).format(value);
  const signed = told.replace("-", "−");
  return !currency || isKnown ? signed : `${signed} ${currency}`;
};

/** A name as it was sent; of one that shows nothing, that it does not. */
export const nameInWords = (name: string): string => (/[^\s\p{C}]/u.test(name) ? asSent(name) : "(blank)");

/** What a client sent, without the signs that turn the letters after them around: `gpj.exe` would read `exe.jpg`. */
export const asSent = (text: string): string => text.replace(/[\u202a-\u202e\u2066-\u2069]/g, "\ufffd");

/** A path as a person wrote it, `/über`, where it can be read so. */
export const pathInWords = (path: string): string => {
  try {
    return asSent(decodeURI(path));
  } catch {
    return asSent(path); // percent signs that are no UTF-8
  }
};

/** The beginning of a long name, for where its end is of no use. */
export const shortened = (text: string, most = 80): string => {
  const letters = [...text];
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : text;
};

/** `34 ms`, `1.2 s`, `5 min` */
export const duration = (ms: number): string => {
  if (ms < 1000) return `${count(ms)} ms`;
  return ms < 120_000 ? `${(ms / 1000).toFixed(1)} s` : `${count(ms / 60_000)} min`;
};

/** Time of day in the reader's zone, `14:03:09`. */
export const timeOfDay = (ms: number): string => {
  const date = new Date(ms);
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
};
