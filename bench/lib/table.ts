/** Columns as wide as their widest cell; the first to the left, numbers to the right. */
export const formatTable = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ");
  return all.map(line).join("\n");
};

export const whole = (n: number): string => Math.round(n).toLocaleString("en");
export const ms = (n: number): string => `${n.toFixed(n < 10 ? 2 : 1)} ms`;
