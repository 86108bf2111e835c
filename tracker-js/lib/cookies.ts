import { safe } from "./safe.ts";

/** The cookie's value, decoded; empty without it. Several of one name: the first, as servers read it. */
export const readCookie = (name: string, cookies = document.cookie): string => {
  const pair = cookies.split("; ").find((text) => text.startsWith(name + "="));
  const value = pair ? pair.slice(name.length + 1) : "";
  return safe(decodeURIComponent)(value) ?? value;
};

/** Sets a cookie for the whole site; `domain` is an attribute as `cookieDomain` gives it. */
export const writeCookie = (name: string, value: string, seconds: number, domain: string): void => {
  const secure = location.protocol === "https:" ? ";Secure" : "";
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser, and never on http
  document.cookie = `${name}=${value};Path=/;Max-Age=${seconds};SameSite=Lax${domain}${secure}`;
};

/**
 * The widest domain on which this host may set a cookie, as an attribute. The browser knows the public
 * suffixes: it refuses `co.uk` and takes `shop.co.uk`. Empty for addresses and single labels.
 */
export const cookieDomain = (): string => {
  const labels = location.hostname.split(".");
  for (let i = labels.length - 1; i--; ) {
    const domain = ";Domain=" + labels.slice(i).join(".");
    writeCookie("tp_d", "1", 9, domain);
    if (readCookie("tp_d")) {
      writeCookie("tp_d", "", 0, domain);
      return domain;
    }
  }
  return "";
};
