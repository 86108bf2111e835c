/** Numbers as people read them. */
const integer = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const decimal = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** 12,345 */
export const count = (n: number): string => integer.format(n);

/** `1 visitor`, `2 visitors` */
export const countOf = (n: number, one: string, many: string): string =>
  `${count(n)} ${n === 1 ? one : many}`;

/** A share of 0…1 as `3.4 %`; small ones keep a digit more. */
export const percent = (share: number): string => {
  const value = share * 100;
  const digits = Math.abs(value) >= 10 || value === 0 ? 0 : 1;
  return `${value.toFixed(digits).replace("-", "−")} %`;
};

/** A relative change with its sign: `+12 %`, `−4.0 %`. */
export const change = (share: number): string => (share > 0 ? `+${percent(share)}` : percent(share));

/** `€22.00`; an unknown currency keeps its code behind the number. */
export const amount = (value: number, currency: string | null): string => {
  if (currency && /^[A-Za-z]{3}$/.test(currency)) {
    return new Intl.NumberFormat("en", { style: "currency", currency }).format(value);
  }
  return currency ? `${decimal.format(value)} ${currency}` : decimal.format(value);
};

/** What a client sent, without the signs that turn the letters after them around: `gpj.exe` would read `exe.jpg`. */
export const asSent = (text: string): string => text.replace(/[\u202a-\u202e\u2066-\u2069]/g, "\ufffd");

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
