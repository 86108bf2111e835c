/**
 * Whether a file's name carries a hash of its content, as bundlers write them: `app.3f2a9c01.js`, `index-BxK9f2aQ.css`,
 * `chunk-5XQ2ZK7A.js`. In doubt not: a file that is kept for a year under a name that stays cannot be taken back.
 */
export const hasHashedName = (name: string): boolean => {
  const parts = name.split(".");
  if (parts.length < 2) return false;
  return parts.slice(0, -1).some((part, i) => (i > 0 && isHash(part)) || endsInHash(part));
};

// A hash of the alphabet of URLs may have the sign in it that stands before it.
const endsInHash = (part: string): boolean => {
  const at = Math.max(part.lastIndexOf("-"), part.lastIndexOf("_"));
  if (at > 0 && isHash(part.slice(at + 1))) return true;
  const before = part.at(-9);
  return (before === "-" || before === "_") && part.length > 9 && isMixedHash(part.slice(-8));
};

const isHash = (text: string): boolean => isHexHash(text) || isBase32Hash(text) || isMixedHash(text);

// Digits alone are a date or a number, letters alone a word.
const isHexHash = (text: string): boolean =>
  /^[0-9a-f]{8,64}$/.test(text) && /\d/.test(text) && /[a-f]/.test(text);

const isBase32Hash = (text: string): boolean =>
  /^[A-Z2-7]{8}$/.test(text) && /\d[A-Z]/.test(text) && /[A-Z]\d/.test(text);

// `MyBrand2` is a name; in a hash a digit stands before a letter somewhere.
const isMixedHash = (text: string): boolean =>
  /^[A-Za-z0-9_-]{8}$/.test(text) && /[A-Z]/.test(text) && /[a-z]/.test(text) && /\d[A-Za-z]/.test(text);
