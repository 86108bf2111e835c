/** Rows of text as aligned columns; numbers stand to the right. The first row is the heading. */
export const alignTable = (rows: readonly (readonly string[])[]): string => {
  const columns = rows[0]?.map((_, i) => rows.map((row) => row[i] ?? "")) ?? [];
  const widths = columns.map((cells) => Math.max(...cells.map((cell) => cell.length)));
  const toRight = columns.map((cells) => cells.length > 1 && cells.slice(1).every(isNumber));
  const line = (row: readonly string[]) =>
    widths
      .map((width, i) => (toRight[i] ? (row[i] ?? "").padStart(width) : (row[i] ?? "").padEnd(width)))
      .join("  ")
      .trimEnd();
  return rows.map(line).join("\n");
};

const isNumber = (text: string): boolean => text === "" || /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text);
