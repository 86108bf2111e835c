/**
 * A path with what names one thing or one person taken out of it, so that requests for the same kind of thing are one
 * kind of event: `/users/42/mails/ann@example.com` is `/users/:id/mails/:email`. In doubt a segment loses its value:
 * a path that says too little is a report that is coarse, one that says too much is a leak.
 */

const mostSegments = 12;
const longest = 48;

/** `path` is as received: percent-encoded. Never throws. */
export const templateOf = (path: string): string => {
  const segments = path.split("/").slice(1);
  const kept = segments.slice(0, mostSegments).map(templateSegment);
  if (segments.length > mostSegments) kept.push(":more");
  return `/${kept.join("/")}`;
};

const templateSegment = (encoded: string): string => {
  const text = decode(bare(encoded));
  if (text === "") return "";
  if (text === null) return ":text";
  for (const [shape, name] of wholes) if (shape.test(text)) return name;
  if (text.length > longest) return ":long";
  return text
    .split(/([._~+,=-]+)/)
    .map(templatePart)
    .join("");
};

/** Without the parameters that a segment may have (RFC 3986 §3.3), such as `;jsessionid=…`. */
const bare = (segment: string): string => segment.replace(/(;|%3b).*$/is, "");

const decode = (text: string): string | null => {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return null; // not UTF-8
  }
};

const wholes: readonly (readonly [shape: RegExp, name: string])[] = [
  [/^[-+]?\d+$/, ":id"],
  [/^\{?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\}?$/i, ":uuid"],
  [/^[^@\s]+@[^@\s]+$/, ":email"],
  [/^\d{4}-\d\d(-\d\d)?(T[\d:.]+Z?)?$/, ":date"],
  [/^[-+]?\d+([.,:]\d+)+$/, ":number"],
  [/^\+?[\d() -]{6,}$/, ":id"], // a telephone number, or one in groups
  [/^[0-9A-HJKMNP-TV-Z]{26}$/i, ":id"], // ULID
  [/^eyJ[\w-]+\.[\w-]*/, ":token"], // JWT
  [/[^\p{L}\p{M}\p{N}._~+,=:!$*-]/u, ":text"], // what no route is called by: somebody typed it
];

/** A word of a segment: `order-1042` is a word and an id, `app.3f9a1c7e.js` has a hash in the middle. */
const templatePart = (part: string, _index: number, all: readonly string[]): string => {
  if (/^\d+$/.test(part)) return part.length > 2 || all.length === 1 ? ":id" : part;
  if (part.length >= 8 && /^[0-9a-f]+$/i.test(part) && (/\d/.test(part) || part.length >= 16)) return ":hash";
  return isToken(part) ? ":token" : part;
};

/** Letters and digits mixed as nobody writes a word: `cus9s6XKzkNRiz8i3` is, `oauth2` and `iphone14pro` are not. */
const isToken = (part: string): boolean => {
  if (part.length < 6) return false;
  const switches = part.match(/\d(?=\D)|\D(?=\d)/g)?.length ?? 0;
  const digits = part.match(/\d/g)?.length ?? 0;
  if (switches >= 3 || digits >= 4) return true;
  // Random letters change their case more often than words joined together do.
  return (
    part.length >= 16 && (part.match(/[a-z](?=[A-Z])|[A-Z](?=[a-z])/g)?.length ?? 0) > part.length * 0.42
  );
};
