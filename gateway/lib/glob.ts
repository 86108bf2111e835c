/**
 * A test for the paths that a pattern names. `*` stands for anything within a folder's or file's name, `**` for anything
 * at all, `?` for one character, `{a,b}` for one of several. A pattern without `/` is about the file's name,
 * wherever it lies; one with `/` about the whole path.
 */
export const compileGlob = (pattern: string): ((segments: readonly string[]) => boolean) => {
  const whole = pattern.includes("/");
  const regex = new RegExp(`^${toRegex(whole ? pattern.replace(/^\//, "") : pattern)}$`, "s");
  return (segments) => regex.test(whole ? segments.join("/") : (segments.at(-1) ?? ""));
};

const toRegex = (pattern: string): string =>
  (pattern.match(/\*\*\/|\*\*|\*|\?|\{[^{}]*\}|[^*?{]+|\{/g) ?? []).map(partToRegex).join("");

const partToRegex = (part: string): string => {
  if (part === "**/") return "(?:.*/)?"; // also no folder at all
  if (part === "**") return ".*";
  if (part === "*") return "[^/]*";
  if (part === "?") return "[^/]";
  if (part.length > 1 && part.startsWith("{")) {
    return `(?:${part.slice(1, -1).split(",").map(literal).join("|")})`;
  }
  return literal(part);
};

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
