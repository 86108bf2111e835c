/** Hashes of passwords: scrypt in the PHC form, `$scrypt$ln=15,r=8,p=3$SALT$HASH`. */
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";

export interface PasswordHash {
  readonly ln: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

export type HashCost = Pick<PasswordHash, "ln" | "r" | "p">;

// OWASP's figures for 32 MB of memory; about 200 ms here.
const ours = { ln: 15, r: 8, p: 3 };
const saltBytes = 16;
const hashBytes = 32;

const form =
  /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{16,88})\$([A-Za-z0-9+/]{22,88})$/;

/** The parts of a hash, null for what is none or would take too much memory. */
export const parseHash = (text: string): PasswordHash | null => {
  const found = form.exec(text);
  if (!found) return null;
  const [ln, r, p] = found.slice(1, 4).map(Number);
  if (ln === undefined || r === undefined || p === undefined) return null;
  if (ln < 10 || ln > 17 || r < 1 || r > 16 || p < 1 || p > 16) return null;
  return {
    ln,
    r,
    p,
    salt: Buffer.from(found[4] ?? "", "base64"),
    hash: Buffer.from(found[5] ?? "", "base64"),
  };
};

/** A hash of the password with a salt of its own, for the settings. */
export const hashPassword = async (password: string, cost: HashCost = ours): Promise<string> => {
  const salt = randomBytes(saltBytes);
  const { ln, r, p } = cost;
  const hash = await derive(password, { ...cost, salt, hash: Buffer.alloc(hashBytes) });
  return `$scrypt$ln=${ln},r=${r},p=${p}$${bare(salt)}$${bare(hash)}`;
};

/** The password is the one that was hashed; takes as long for a wrong one. */
export const isPassword = async (password: string, hash: PasswordHash): Promise<boolean> =>
  timingSafeEqual(await derive(password, hash), hash.hash);

/** A hash that no password has, which takes as long as the given one to find out. */
export const hashOfNobody = ({ ln, r, p, salt, hash }: PasswordHash): PasswordHash => ({
  ln,
  r,
  p,
  salt: randomBytes(salt.length),
  hash: randomBytes(hash.length),
});

const derive = (password: string, { ln, r, p, salt, hash }: PasswordHash): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const N = 2 ** ln;
    // The same text may be typed as several sequences of code points (RFC 8265 §4.2).
    scrypt(password.normalize("NFC"), salt, hash.length, { N, r, p, maxmem: 256 * N * r }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });

const bare = (bytes: Buffer): string => bytes.toString("base64").replace(/=+$/, "");
