/**
 * A repetition of a group that itself holds a repetition or a choice, as in `(a+)+` or `(a|aa)+`: for some texts such an
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
