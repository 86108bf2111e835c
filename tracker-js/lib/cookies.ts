import { pick } from "./pick.ts";

/** The cookie's value as it was sent; empty without it. Several of one name: the first, as servers read it. */
export const readCookie = (name: string): string => pick(document.cookie, name + "=", "; ") ?? "";

let domain: string | undefined;

/** Sets a cookie for the site and all its subdomains; no seconds remove it. */
export const writeCookie = (name: string, value: string | number = "", seconds = 0): void => {
  if (!domain) {
    // The widest domain on which this host may set a cookie. The browser knows the public suffixes: it refuses
    // `co.uk` and takes `shop.co.uk`. Not before the first cookie: until then nothing may be stored.
    for (const label of location.hostname.split(".").reverse()) {
      if (readCookie("tp_d")) break;
      domain = label + (domain ? "." + domain : "");
      writeCookie("tp_d", 1, 9);
    }
    writeCookie("tp_d");
  }
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser, and never on http
  document.cookie = `${name}=${value};Max-Age=${seconds};Path=/;${
    location.protocol[5] && "Secure" // of http: an attribute that no browser knows (RFC 6265 §5.2)
  };SameSite=Lax;Domain=${domain}`;
};
