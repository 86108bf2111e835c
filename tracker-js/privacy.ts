/** What this visitor allows: asked again each time, because it changes while the page is open. */
import { readCookie } from "./lib/cookies.ts";
import { tag } from "./tag.ts";

/** A page that the browser loads ahead may never be looked at; and after `tr.stop()` nobody looks for us. */
export const isUnseen = (): unknown =>
  (document as Document & { readonly prerendering: boolean }).prerendering || // not in the DOM types yet
  tag.stop;

/** Events go without anything that says who it is, and nothing is stored. */
export const isNobody = (): unknown =>
  readCookie("tp_optout") ||
  navigator.globalPrivacyControl ||
  // The tag names the property, `doNotTrack`, which is "1", or no number.
  (navigator[tag.dnt as "doNotTrack"] as unknown as number) > 0;

/** Nothing leaves, and nothing is stored: nobody looks at the page yet, or the visitor has not said yes. */
export const isSilent = (said = readCookie("tp_consent")): unknown =>
  // biome-ignore lint/suspicious/noDoubleEquals: shorter
  isUnseen() || ((said || tag.consent) && "granted" != said);

export const mayStore = (): boolean => !(isSilent() || isNobody() || "cookieless" in tag);
