/** The origin of a target that is only a path. */
const here = "http://here.invalid";

/**
 * The origin that a target of the settings leads to, whatever the request is; null for a target that a request could lead
 * elsewhere, and for what is none.
 */
export const originOf = (to: string): string | null => {
  if (to.startsWith("/")) return /^\/[/\\]/.test(to) ? null : here;
  if (!/^https?:\/\/[^$/\\?#@\s]+(?:[/?#$]|$)/i.test(to) || !URL.canParse(to.replace(/\$.*$/s, "")))
    return null;
  return new URL(to.replace(/\$.*$/s, "")).origin;
};

/** Where a browser would go leads to the origin. Browsers read backslashes as slashes, and so does this. */
export const leadsTo = (location: string, origin: string): boolean =>
  URL.canParse(location, here) && new URL(location, here).origin === origin;

/**
 * A repetition of a group that itself holds a repetition or a choice, as in `(a+)+` or `(a|aa)+`: for some paths such an
 * expression takes time that doubles with every character. Escapes and classes are stepped over.
 */
export const repeatsRepeats = (pattern: string): boolean => {
  const groups: boolean[] = [false];
  const bare = pattern.replace(/\\./gs, "x").replace(/\[[^\]]*\]/g, "x");
  for (let i = 0; i < bare.length; i++) {
    const c = bare.charAt(i);
    if (c === "(") groups.push(false);
    else if (c === "|") groups[groups.length - 1] = true;
    else if (c === ")") {
      const repeats = groups.pop() ?? false;
      if (repeats && isRepetition(bare, i + 1)) return true;
      if (repeats || isRepetition(bare, i + 1)) groups[groups.length - 1] = true;
    } else if (isRepetition(bare, i) && bare.charAt(i - 1) !== "(") groups[groups.length - 1] = true;
  }
  return false;
};

/** More than one time: `?` and `{0,1}` are no danger. */
const isRepetition = (text: string, at: number): boolean =>
  /^(?:[*+]|\{\d*,?\d*\})/.test(text.slice(at, at + 12));
