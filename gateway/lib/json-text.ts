/** A value that was read as JSON, as JSON again; null where it is nested too deeply for that: it can be read all the same. */
export const jsonText = (value: unknown): string | null => {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
};
