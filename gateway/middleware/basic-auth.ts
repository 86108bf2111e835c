import { createHmac, randomBytes } from "node:crypto";
import { requestHeader, type Upgrade } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { createCache } from "../lib/cache.ts";
import type { Guard } from "./guard.ts";
import { hashOfNobody, isPassword, type PasswordHash, parseHash } from "./password-hash.ts";
import type { BasicAuthSettings } from "./settings.ts";

/** Lets in who sends a name and its password (RFC 7617); others get 401 and are asked for them. */
export const guardByPassword = (settings: BasicAuthSettings): Guard => {
  const check = createChecker(settings.users);
  const headers = { "www-authenticate": `Basic realm="${settings.realm}", charset="UTF-8"` };
  const admit = (x: Upgrade, name: string): null => {
    if (!settings.passOn) x.requestEdits.set("authorization", null);
    if (settings.userHeader !== null) x.requestEdits.set(settings.userHeader, headerText(name));
    return null;
  };
  const ask = (): never => {
    throw new HttpError(401, "a name and a password are needed here", { headers });
  };
  return (x) => {
    const given = credentialsIn(requestHeader(x, "authorization"));
    if (!given) return ask();
    const verdict = check(given);
    if (verdict === true) return admit(x, given.name);
    return verdict.then((isRight) => (isRight ? admit(x, given.name) : ask()));
  };
};

interface Credentials {
  readonly name: string;
  readonly password: string;
}

const credentialsIn = (field: string | undefined): Credentials | null => {
  const token = /^basic +([A-Za-z0-9+/_-]+={0,2}) *$/i.exec(field ?? "")?.[1];
  if (token === undefined || token.length > 4096) return null;
  const text = Buffer.from(token, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? null : { name: text.slice(0, colon), password: text.slice(colon + 1) };
};

// A header is latin1: other letters go as RFC 3986 writes them.
const headerText = (name: string): string => name.replace(/[^\x20-\x7e]/gu, encodeURIComponent);

const remembered = 1000;
/** Hashing takes threads that also read files, and 32 MB each. */
const atOnce = 2;
const maxWaiting = 64;

/**
 * Answers true at once for what was right before, else a promise. A name that nobody has takes as long as a wrong
 * password. What is remembered is a keyed hash, of what was right only.
 */
const createChecker = (
  users: BasicAuthSettings["users"],
): ((given: Credentials) => true | Promise<boolean>) => {
  const hashes = new Map<string, PasswordHash>();
  for (const [name, text] of Object.entries(users)) {
    const hash = parseHash(text);
    if (hash) hashes.set(name, hash);
  }
  const [some] = hashes.values();
  const nobody = some && hashOfNobody(some);
  const right = createCache<string, true>(remembered);
  const running = new Map<string, Promise<boolean>>();
  const key = randomBytes(32);
  const run = createTurns(atOnce, maxWaiting);

  const verify = async ({ name, password }: Credentials, mark: string): Promise<boolean> => {
    const hash = hashes.get(name) ?? nobody;
    const isRight = hash !== undefined && (await run(() => isPassword(password, hash))) && hashes.has(name);
    if (isRight) right.set(mark, true);
    return isRight;
  };
  return (given) => {
    const mark = createHmac("sha256", key)
      .update(JSON.stringify([given.name, given.password]))
      .digest("base64");
    if (right.get(mark)) return true;
    // A page's files are asked for all at once, with the same password.
    const same = running.get(mark);
    if (same) return same;
    const verdict = verify(given, mark).finally(() => running.delete(mark));
    running.set(mark, verdict);
    return verdict;
  };
};

/** Runs work a few at a time; refuses with 503 where too much waits already. */
const createTurns = (most: number, waiting: number) => {
  let running = 0;
  const line: (() => void)[] = [];
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= most) {
      if (line.length >= waiting) {
        throw new HttpError(503, "too many passwords are being checked: try again in a moment", {
          headers: { "retry-after": "1" },
        });
      }
      await new Promise<void>((resolve) => line.push(resolve));
    } else running++;
    try {
      return await work();
    } finally {
      // The place goes to who waits longest, and is free only if nobody does.
      const next = line.shift();
      if (next) next();
      else running--;
    }
  };
};
