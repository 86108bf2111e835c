/** The context menu: copies the tracked form of a link, a selected address or the page, with the tags last used. */
import { parseAddress, trackedLink } from "./grammar.ts";
import { loadLastUsed } from "./last-used.ts";

const badgeMs = 2000;

chrome.runtime.onInstalled.addListener(() => {
  chrome.contextMenus.create({
    id: "copy",
    title: "Copy tracked link",
    contexts: ["page", "link", "selection"],
  });
});

chrome.contextMenus.onClicked.addListener((info) => {
  copyTracked(chooseAddress(info)).then(showBadge, (error: unknown) => showBadge(String(error)));
});

const chooseAddress = ({ linkUrl, selectionText, pageUrl }: chrome.contextMenus.OnClickData): string => {
  if (linkUrl) return linkUrl;
  return selectionText && parseAddress(selectionText) ? selectionText : (pageUrl ?? "");
};

/** Resolves to null when the link is on the clipboard, else to what is wrong. */
const copyTracked = async (url: string): Promise<string | null> => {
  const made = trackedLink({ ...(await loadLastUsed()), url });
  if (made.kind === "mistake") return made.sentence;
  await copy(made.link);
  return null;
};

// A service worker has no clipboard, and a script in the page would need a permission for every site and
// fail on http pages: a hidden document of our own reaches it everywhere.
const copy = async (text: string): Promise<void> => {
  if (!(await chrome.offscreen.hasDocument())) {
    await chrome.offscreen.createDocument({
      url: "offscreen.html",
      reasons: ["CLIPBOARD"],
      justification: "to copy the tracked link",
    });
  }
  const copied = await chrome.runtime.sendMessage({ copy: text });
  await chrome.offscreen.closeDocument();
  if (copied !== true) throw new Error("The link could not be copied.");
};

const showBadge = async (mistake: string | null): Promise<void> => {
  await chrome.action.setBadgeBackgroundColor({ color: mistake ? "#b3261e" : "#0b6b4f" });
  await chrome.action.setBadgeText({ text: mistake ? "!" : "✓" });
  await chrome.action.setTitle({ title: mistake ?? "Make a tracked link" });
  setTimeout(() => void chrome.action.setBadgeText({ text: "" }), badgeMs);
};
