/** Every value of every cookie, in the order sent: one name may come several times from several paths. */
export const parseCookies = (header: string | undefined): ReadonlyMap<string, readonly string[]> => {
  const cookies = new Map<string, string[]>();
  if (!header) return cookies;
  for (const pair of header.split(";")) {
    const at = pair.indexOf("=");
    if (at < 1) continue;
    const name = pair.slice(0, at).trim();
    const value = decode(pair.slice(at + 1).trim());
    const values = cookies.get(name);
    if (values) values.push(value);
    else cookies.set(name, [value]);
  }
  return cookies;
};

const decode = (text: string): string => {
  const bare = text.startsWith('"') && text.endsWith('"') && text.length > 1 ? text.slice(1, -1) : text;
  if (!bare.includes("%")) return bare;
  try {
    return decodeURIComponent(bare);
  } catch {
    return bare; // not percent-encoded after all: the text as it stands
  }
};

export interface CookieOptions {
  readonly maxAgeSeconds?: number;
  readonly domain?: string | null;
  readonly secure: boolean;
  readonly httpOnly: boolean;
}

/**
 * A `Set-Cookie` value: Path=/, SameSite=Lax; no Max-Age makes it a cookie of the browser session. The value is
 * percent-encoded, so it may hold any text.
 */
export const setCookie = (name: string, value: string, options: CookieOptions): string => {
  let text = `${name}=${encodeURIComponent(value.toWellFormed())}; Path=/`;
  if (options.domain) text += `; Domain=${options.domain}`;
  if (options.maxAgeSeconds !== undefined) text += `; Max-Age=${options.maxAgeSeconds}`;
  if (options.httpOnly) text += "; HttpOnly";
  if (options.secure) text += "; Secure";
  return `${text}; SameSite=Lax`;
};
