import { dashed, type HeaderPairs, without } from "./header-pairs.ts";
import type { HeaderRules } from "./settings.ts";

/** The pairs as the rules want them: first what is taken out, then what is put in. */
export const applyHeaderRules = (pairs: HeaderPairs, rules: CompiledRules | null): HeaderPairs => {
  if (!rules) return pairs;
  const kept = without(pairs, (name) => rules.gone.has(dashed(name)) || rules.gone.has(name));
  return rules.put.length === 0 ? kept : [...kept, ...rules.put];
};

export interface CompiledRules {
  readonly gone: ReadonlySet<string>;
  readonly put: HeaderPairs;
}

/** null where there is nothing to do. */
export const compileHeaderRules = ({ set, add, remove }: HeaderRules): CompiledRules | null => {
  const gone = new Set([...remove, ...Object.keys(set)]);
  const put = [...Object.entries(set), ...Object.entries(add)].flat();
  return gone.size === 0 && put.length === 0 ? null : { gone, put };
};
