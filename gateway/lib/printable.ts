/**
 * A text that somebody else wrote, safe to print on a terminal: control characters, with which it could move
 * the cursor, retitle the window or fake lines, become `?`.
 */
export const printable = (text: string): string =>
  text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, "?");
