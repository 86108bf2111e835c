export const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A list of files as DuckDB's functions take it. The names are our own and hold no wildcard. */
export const quoteFiles = (files: readonly string[]): string => `[${files.map(quote).join(", ")}]`;
