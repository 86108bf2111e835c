/** What commander says of a wrong command line, in the words of the rest of the program: place, what was expected, what came. */

type Rule = readonly [said: RegExp, told: (...parts: string[]) => string];

const rules: readonly Rule[] = [
  [
    /^option '(.*?)' argument '(.*)' is invalid\. (.*)$/s,
    (flags, got, why) => wrong(flagOf(flags), why, got),
  ],
  [
    /^command-argument value '(.*)' is invalid for argument '(.*?)'\. (.*)$/s,
    (got, name, why) => wrong(`<${name}>`, why, got),
  ],
  [/^option '(.*?)' argument missing$/, (flags) => `${flagOf(flags)}: expected ${valueIn(flags)} behind it`],
  [/^missing required argument '(.*?)'$/, (name) => `<${name}> is missing`],
  [
    /^option '(.*?)' cannot be used with option '(.*?)'$/,
    (one, other) => `${flagOf(one)} and ${flagOf(other)} exclude each other`,
  ],
  [
    /^too many arguments for '(.*?)'\. Expected (\d+) arguments? but got \d+: (.*)\.$/s,
    (name, taken, given) => `${name} takes ${amountOf(Number(taken))}, got ${given}`,
  ],
  [/^unknown (option|command) '(.*?)'(?:\n\(Did you mean (.*)\?\))?$/s, unknown],
];

/** One sentence; what no rule knows is told as it was said. */
export const tellMisuse = (message: string): string => {
  const said = message.trim().replace(/^error: /, "");
  for (const [pattern, told] of rules) {
    const match = pattern.exec(said);
    if (match) return `command line: ${told(...match.slice(1))}`;
  }
  return `command line: ${said}`;
};

const wrong = (place = "", why = "", got = ""): string =>
  `${place}: ${why.replace(/^Allowed choices are /, "expected one of ").replace(/\.$/, "")}, got ${JSON.stringify(got)}`;

/** `-n, --lines <count>` is called --lines. */
const flagOf = (flags = ""): string => /--[\w-]+/.exec(flags)?.[0] ?? flags;

const valueIn = (flags = ""): string => /<.*>/.exec(flags)?.[0] ?? "a value";

const amountOf = (taken: number): string => {
  if (taken === 0) return "no arguments";
  return taken === 1 ? "one argument" : `${taken} arguments`;
};

function unknown(what = "", name = "", near?: string): string {
  return `there is no ${what} ${name}${near === undefined ? "" : `: did you mean ${near.replace(/^one of /, "")}?`}`;
}
