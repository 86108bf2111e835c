import type { Store } from "./core-api.ts";
import { safe } from "./lib/safe.ts";
import { mayStore } from "./privacy.ts";

/**
 * In localStorage, shared by the site's tabs: each event is a key of its own. A list of them under one key would lose
 * what one tab writes while another, or a page that is just going, has read and not yet written.
 */
export const browserStore = safe((texts: readonly string[] = [], isKept?: boolean) => {
  if (!mayStore()) return;
  // biome-ignore lint/suspicious/noAssignInExpressions: shorter
  texts.map((text) => (isKept ? (localStorage["tp_q" + text] = 1) : delete localStorage["tp_q" + text]));
  // To one that is recorded nobody needs to know all the others.
  if (isKept) return;
  return Object.keys(localStorage).flatMap((key) => key.split(/^tp_q/)[1] || []);
}) satisfies Store;
