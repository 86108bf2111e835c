/**
 * Reads `Forwarded` (RFC 7239 §4): a list of hops, each of `name=value` pairs, of which the last is the nearest proxy's. One
 * that is malformed anywhere is not read at all: a client's own beginning, with a quote that does not end, would swallow
 * what a proxy appends.
 */

/** The addresses of `for`, as `X-Forwarded-For` would list them; a hop without one is `unknown`. */
export const forwardedFor = (value: string): string | undefined =>
  hopsIn(value)
    ?.map((hop) => hop.get("for") ?? "unknown")
    .join(",");

/** `proto` of the last hop, which the proxy in front of us has written. */
export const forwardedProto = (value: string): string | undefined => hopsIn(value)?.at(-1)?.get("proto");

// A value is a token or a quoted text; addresses with a port often stand without the quotes they need.
const nextPair =
  /[ \t]*(?:([\w!#$%&'*+\-.^`|~]+)=(?:"((?:[^"\\]|\\[\t -~])*)"|([^\s",;]+)))?[ \t]*(?:([,;])|$)/y;

const hopsIn = (text: string): readonly ReadonlyMap<string, string>[] | null => {
  let hop = new Map<string, string>();
  const hops = [hop];
  for (let at = 0; at < text.length; at = nextPair.lastIndex) {
    nextPair.lastIndex = at;
    const found = nextPair.exec(text);
    if (!found) return null;
    const [, written, quoted, plain, sign] = found;
    const name = written?.toLowerCase();
    if (name !== undefined) {
      if (hop.has(name)) return null;
      hop.set(name, quoted?.replace(/\\(.)/g, "$1") ?? plain ?? "");
    }
    if (sign !== ",") continue;
    hop = new Map();
    hops.push(hop);
  }
  return hops.filter(({ size }) => size > 0);
};
