/** Reads `Forwarded` (RFC 7239): a list of hops, each of `name=value` pairs, of which the last is the nearest proxy's. */

/** The addresses of `for`, as `X-Forwarded-For` would list them; a hop without one is `unknown`. */
export const forwardedFor = (value: string): string =>
  hopsIn(value)
    .map((hop) => hop.get("for") ?? "unknown")
    .join(",");

/** `proto` of the last hop, which the proxy in front of us has written. */
export const forwardedProto = (value: string): string | undefined => hopsIn(value).at(-1)?.get("proto");

const hopsIn = (value: string): ReadonlyMap<string, string>[] =>
  split(value, ",").map((hop) => new Map(split(hop, ";").map(readPair)));

const readPair = (pair: string): [name: string, value: string] => {
  const end = pair.indexOf("=");
  const value = pair.slice(end + 1).trim();
  return [pair.slice(0, Math.max(0, end)).trim().toLowerCase(), value.replace(/^"(.*)"$/, "$1")];
};

/** At a sign that is not in quotes; empty parts are none. */
const split = (text: string, sign: "," | ";"): string[] => {
  const parts: string[] = [];
  let from = 0;
  let quoted = false;
  for (let i = 0; i <= text.length; i++) {
    if (i === text.length || (text[i] === sign && !quoted)) {
      if (text.slice(from, i).trim() !== "") parts.push(text.slice(from, i));
      from = i + 1;
    } else if (text[i] === '"') quoted = !quoted;
    else if (text[i] === "\\" && quoted) i++;
  }
  return parts;
};
