/** What the script's own tag says. */
export interface Tag {
  /** where events go */
  readonly collect: string;
  /** present on a site that is not fronted: this script keeps the visitor's ids there */
  readonly site: string | undefined;
  /** page-load id, joins the served document and its page view */
  readonly pageLoad: string | undefined;
  /** nothing leaves before `tr.consent(true)` */
  readonly needsConsent: boolean;
}

export const readTag = (script: HTMLScriptElement): Tag => {
  const { site, pageLoad, consent, collect } = script.dataset;
  return {
    collect: new URL(collect || "/tr/v1/", script.src || location.href).href,
    site,
    pageLoad,
    needsConsent: consent === "required",
  };
};
