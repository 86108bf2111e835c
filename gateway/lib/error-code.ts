/** Why something of the system failed: its code (`EACCES`), else the message, for use in a sentence. */
export const codeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
};
