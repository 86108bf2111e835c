// biome-ignore assist/source/organizeImports: in this order the script packs best
import { safe } from "./safe.ts";
import { pick } from "./pick.ts";

/**
 * The cookie's value as it was sent; nothing without it, and where none may be read, as in a sandboxed frame. Several of
 * one name: the first, as servers read it.
 */
export const readCookie = safe((name: string) => pick(document.cookie, name + "=", "; "));

let domain: string | undefined;

/** Sets a cookie for the site and all its subdomains; no seconds remove it. */
export const writeCookie = safe((name: string, value?: string | number, seconds = 0): void => {
  // Empty is a domain, too: that of a page without a host.
  if (domain == null) {
    // The widest domain on which this host may set a cookie. The browser knows the public suffixes: it refuses
    // `co.uk` and takes `shop.co.uk`. Not before the first cookie: until then nothing may be stored.
    location.hostname
      .split(".")
      .reverse()
      .map(
        (label) =>
          readCookie("tp_d") ||
          // biome-ignore lint: shorter
          ((domain = label + (domain ? "." + domain : "")), writeCookie("tp_d", 1, 9)),
      );
    writeCookie("tp_d");
  }
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser, and never on http
  document.cookie = `${name}=${value};Max-Age=${seconds};Path=/;Domain=${domain};SameSite=Lax;${
    location.protocol[5] && "Secure" // of http: an attribute that no browser knows (RFC 6265 §5.2)
  }`;
});
