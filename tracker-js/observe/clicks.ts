import { cleanUrl } from "../clean-url.ts";
import { nearest, textOf } from "../lib/element.ts";
import { on } from "../lib/on.ts";
import { safe } from "../lib/safe.ts";
import { tag } from "../tag.ts";
import { tell } from "./tell.ts";

const files = "pdf|zip|gz|rar|7z|dmg|exe|pkg|deb|rpm|apk|docx?|xlsx?|pptx?|csv|txt|mp[34]|mov|avi|wav|epub";
const interactive = "a,button,summary,label,select,input,[role=button],[role=link],[role=tab],[onclick]";

/** Outbound links, downloads, elements that name an event of their own, and where the tag says so every click. */
export const observeClicks = (): void => {
  let before: number;
  const file = RegExp(`\\.(${tag.downloads || files})$`, "i");
  const link = (event: MouseEvent): void => {
    const anchor = nearest(event, "a[href],area[href]") as HTMLAnchorElement | undefined;
    if (!anchor || !/^https?:/.test(anchor.protocol)) return; // one of SVG has no protocol
    const isFile = file.test(anchor.pathname);
    if (!isFile && anchor.host === location.host) return;
    tell(isFile ? "file_download" : "outbound_click", {
      // Without the user and the password that it may name.
      link_url: cleanUrl(anchor.origin + anchor.pathname + anchor.search),
      link_domain: anchor.hostname,
    });
  };
  // The page may stop the event on its way, but not before it came to the window.
  on("click auxclick", (event: MouseEvent) => {
    if (event.button > 1) return; // the context menu opens nothing
    // One on a label makes another on its field, of the same moment and with the same count.
    const moment = event.timeStamp + event.detail;
    const isAgain = moment === before;
    before = moment;
    link(event);
    named(event, isAgain);
    if ("clicks" in tag && !isAgain) any(event);
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

// The last two clicks.
let earlier = -1000;
let last = -1000;

const any = (click: MouseEvent): void => {
  const { timeStamp, target } = click;
  const element = nearest(click, interactive);
  const rage = timeStamp - earlier < 1000 || undefined;
  earlier = last;
  last = timeStamp;
  if (!element && !rage) return;
  const { tagName, id } = element ?? (target as HTMLElement); // a click's target is an element
  const href = element instanceof HTMLAnchorElement ? cleanUrl(element.href) : undefined;
  const text = element ? textOf(click, element) : undefined;
  const before = location.href;
  let changed = false;
  const observer = new MutationObserver(() => {
    changed = true;
  });
  observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  // Dead: nothing came of it within a second, neither on the page nor in its address.
  const end = (): void => {
    observer.disconnect();
    const dead = (!changed && !href && location.href === before) || undefined;
    tell("click", { text, tag: tagName.toLowerCase(), id: id || undefined, href, rage, dead });
  };
  if (href) end();
  else setTimeout(safe(end), 1000);
};
