/** The origin of a target that is only a path. */
const here = "http://here.invalid";

/**
 * The origin that a target of the settings leads to, whatever the request is; null for a target that a request could lead
 * elsewhere, and for what is none.
 */
export const originOf = (to: string): string | null => {
  if (to.startsWith("/")) return /^\/[/\\]/.test(to) ? null : here;
  if (!/^https?:\/\/[^$/\\?#@\s]+(?:[/?#$]|$)/i.test(to) || !URL.canParse(to.replace(/\$.*$/s, "")))
    return null;
  return new URL(to.replace(/\$.*$/s, "")).origin;
};

/** Where a browser would go leads to the origin. Browsers read backslashes as slashes, and so does this. */
export const leadsTo = (location: string, origin: string): boolean =>
  URL.canParse(location, here) && new URL(location, here).origin === origin;
