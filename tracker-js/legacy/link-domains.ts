/**
 * Hands the visitor over to the owner's other sites (`data-link-domains`): a link to one of them leaves with a mark of
 * the gateway that counts once, within a minute, for that site. It is asked for when the pointer or the keyboard comes to
 * the link, so that no click waits, and stands in the link during the click alone: who copies it, copies himself not.
 */
import { nearest } from "../lib/element.ts";
import { safe } from "../lib/safe.ts";
import { common, enquire } from "../start.ts";
import { tag } from "../tag.ts";

/** A mark counts for a minute: one that is older than this is asked for anew. */
const freshMs = 45_000;

const domains = tag.linkDomains?.split("|") ?? [];
let asked: { readonly host: string; readonly at: number; mark?: string | undefined } | undefined;

const linkOf = (event: Event): HTMLAnchorElement | undefined => {
  const link = nearest(event, "a[href]") as HTMLAnchorElement | undefined; // or one of SVG, which has no host
  return link && domains.includes(link.hostname) ? link : undefined;
};

const isFresh = (host: string): boolean => asked?.host === host && Date.now() - asked.at < freshMs;

const prepare = safe((event: Event) => {
  const host = linkOf(event)?.hostname;
  if (!host || isFresh(host)) return;
  const who = common({});
  if (!who) return;
  const mine: typeof asked = { host, at: Date.now() };
  asked = mine;
  void enquire(`handover?vid=${who.vid}&`, host).then((mark) => {
    mine.mark = mark;
  });
});

const mark = safe((event: Event) => {
  const link = linkOf(event);
  if (!link || !isFresh(link.hostname) || !asked?.mark) return;
  const { href } = link;
  link.search += (link.search ? "&" : "?") + asked.mark;
  asked = undefined; // it counts once
  setTimeout(() => {
    link.href = href;
  });
});

if (domains[0]) {
  for (const type of ["pointerover", "pointerdown", "focusin"]) addEventListener(type, prepare, true);
  for (const type of ["click", "auxclick"]) addEventListener(type, mark, true);
}
