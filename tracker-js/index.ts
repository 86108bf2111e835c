/** The script that a visitor's browser runs. This file only joins the parts. */
import { createApi, type Tr } from "./api.ts";
import { createIdentity } from "./identity.ts";
import { safe } from "./lib/safe.ts";
import { whenLeaving } from "./lib/when-leaving.ts";
import { isPrerendering, watchPageViews } from "./page-view.ts";
import { createRecorder } from "./record.ts";
import { createSender } from "./send.ts";
import { browserStore } from "./store.ts";
import { readTag } from "./tag.ts";
import { browserTransport } from "./transport.ts";

declare global {
  interface Window {
    tr?: Tr;
  }
  interface Navigator {
    readonly globalPrivacyControl?: boolean;
  }
}

safe(() => {
  const script = document.currentScript as HTMLScriptElement | null; // this file is never inside an SVG
  const early = window.tr;
  // A page with two tags still has one visitor and one view.
  if (!script || early?.flush) return;

  const tag = readTag(script);
  const isPrivate = navigator.globalPrivacyControl === true;
  let consented = !tag.needsConsent;
  const sender = createSender(tag.site, browserTransport(tag), isPrivate ? null : browserStore());
  const identity = tag.site && !isPrivate ? createIdentity() : null;
  const recorder = createRecorder(sender.add, identity, () => !consented || isPrerendering());
  const view = watchPageViews(tag.pageLoad, recorder.record);
  const tr = createApi({
    recorder,
    sender,
    view,
    setConsent: (given) => {
      consented = given;
    },
  });
  window.tr = tr;
  for (const call of early?.q ?? []) Reflect.apply(tr, null, call);

  document.addEventListener("prerenderingchange", recorder.release);
  addEventListener("pageshow", sender.resume);
  whenLeaving(
    () => {
      view();
      sender.hide();
    },
    () => {
      view();
      sender.leave();
    },
  );
})();
