import { cleanUrl } from "../clean-url.ts";
import { nearest, textOf } from "../lib/element.ts";
import { on } from "../lib/on.ts";
import { safe } from "../lib/safe.ts";
import { tell } from "../start.ts";
import { tag } from "../tag.ts";

const files = "avi|txt|exe|wav|xlsx?|7z|rar|zip|gz|deb|mp[34]|rpm|epub|pkg|dmg|csv|mov|docx?|pptx?|pdf|apk";
const interactive = "a,input,select,summary,[role=link],[role=button],[role=tab],label,[onclick],button";

/** Outbound links, downloads, elements that name an event of their own, and where the tag says so every click. */
export const observeClicks = (): void => {
  let before: number;
  const link = (event: MouseEvent): void => {
    const anchor = nearest(event, "a[href],area[href]") as HTMLAnchorElement | undefined;
    if (!anchor || !/^https?:/.test(anchor.protocol)) return; // one of SVG has no protocol
    const isFile = RegExp(`\\.(${tag.downloads || files})$`, "i").test(anchor.pathname);
    if (anchor.host === location.host && !isFile) return;
    tell(isFile ? "file_download" : "outbound_click", {
      link_domain: anchor.hostname,
      // Without the user and the password that it may name.
      link_url: cleanUrl(anchor.origin + anchor.pathname + anchor.search),
    });
  };
  // The page may stop the event on its way, but not before it came to the window.
  on("click auxclick", (event: MouseEvent) => {
    if (1 < event.button) return; // the context menu opens nothing
    // One on a label makes another on its field, of the same moment and with the same count.
    const moment = event.timeStamp + event.detail;
    const isAgain = moment === before;
    before = moment;
    named(event, isAgain);
    if ("clicks" in tag && !isAgain) any(event);
    link(event); // last, because what the tag names as downloads may be no expression
  });
};

let told: Element | undefined;

/** `<button data-tr-event="signup" data-tr-plan="pro">` → the event `signup` with `plan`. */
const named = (click: MouseEvent, isAgain: boolean): void => {
  const element = nearest(click, "[data-tr-event]");
  if (!element || (isAgain && element === told)) return;
  told = element;
  const params: Record<string, string> = {};
  for (const { name, value } of element.attributes) {
    if (name.startsWith("data-tr-")) params[name.slice(8)] = value;
  }
  const { event = "", ...own } = params;
  tell(event, own);
};

// The last two clicks; a difference to none is no number, and below nothing.
let earlier: number;
let last: number;

const any = (click: MouseEvent): void => {
  const { timeStamp, target } = click;
  const element = nearest(click, interactive);
  const rage = timeStamp - earlier < 1000 || undefined;
  earlier = last;
  last = timeStamp;
  if (!element && !rage) return;
  const { localName: tag, id } = element ?? (target as HTMLElement); // a click's target is an element
  const href = element instanceof HTMLAnchorElement ? cleanUrl(element.href) : undefined;
  const text = element ? textOf(click, element) : undefined;
  const before = location.href;
  let changed = false;
  const observer = new MutationObserver(() => {
    changed = true;
  });
  observer.observe(document, { subtree: true, attributes: true, childList: true, characterData: true });
  // Dead: nothing came of it within a second, neither on the page nor in its address.
  const end = (): void => {
    observer.disconnect();
    const dead = (location.href === before && !changed && !href) || undefined;
    tell("click", { href, id: id || undefined, rage, text, tag, dead });
  };
  if (href) end();
  else setTimeout(safe(end), 1000);
};
