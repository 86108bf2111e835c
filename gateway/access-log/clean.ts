/** What of a request must not get into a log: secrets, and who somebody is. */
import { contactNames, secretNames } from "../lib/secret-names.ts";

/** Query parameters that say who asks, in the protocols that are spoken here. */
const personNames = new Set([
  "cid",
  "client_id",
  "code",
  "fbclid",
  "key",
  "phone",
  "sid",
  "sig",
  "signature",
  "uid",
  "user",
  "user_id",
  "userid",
  "username",
  "vid",
]);
const hidden = "***";

/** The query with the values of secrets and of people hidden; names stay as they came. */
export const cleanQuery = (query: string): string =>
  query === "" ? "" : query.split("&").map(cleanPair).join("&");

const cleanPair = (pair: string): string => {
  const equals = pair.indexOf("=");
  if (equals < 0) return isContact(pair) ? hidden : pair;
  const name = pair.slice(0, equals);
  return isHidden(name) || isContact(pair) ? `${isContact(name) ? hidden : name}=${hidden}` : pair;
};

/** `user[email]`, `u%73er`: what a server would read as the name counts. */
const isHidden = (written: string): boolean =>
  decode(written)
    .toLowerCase()
    .split(/[^a-z0-9_]+/)
    .some(
      (part) =>
        secretNames.has(part) ||
        contactNames.has(part) ||
        personNames.has(part) ||
        /(?:^|_)(?:secret|token|password|passwd|e?mail|apikey)$/.test(part),
    );

/** An address of mail, written in any way. */
const isContact = (text: string): boolean =>
  text.includes("@") || /%40/.test(text) || decode(text).includes("@");

/** The path with what looks like an address of mail hidden. */
export const cleanPath = (path: string): string =>
  isContact(path)
    ? path
        .split("/")
        .map((part) => (isContact(part) ? hidden : part))
        .join("/")
    : path;

/** Where somebody came from, without what a query tells of him. */
export const cleanReferrer = (referrer: string | undefined): string | null => {
  if (referrer === undefined || !URL.canParse(referrer)) return null;
  const { protocol, host, pathname } = new URL(referrer);
  return protocol === "http:" || protocol === "https:" ? `${protocol}//${host}${cleanPath(pathname)}` : null;
};

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text; // not UTF-8: compared as it stands
  }
};
