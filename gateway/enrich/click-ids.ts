/** Whose click brought somebody here, by the parameters that advertisers' links carry. Edit freely. */

export interface Click {
  readonly source: string;
  readonly medium: string;
}

/** In order: the first parameter that is there wins. Names in lower case. */
const clickParams: readonly (readonly [name: string, source: string, medium: string])[] = [
  ["gclid", "google", "cpc"],
  ["gbraid", "google", "cpc"],
  ["wbraid", "google", "cpc"],
  ["msclkid", "bing", "cpc"],
  ["twclid", "twitter", "cpc"],
  ["li_fat_id", "linkedin", "cpc"],
  ["ttclid", "tiktok", "cpc"],
  ["sccid", "snapchat", "cpc"],
  ["yclid", "yandex", "cpc"],
  ["rdt_cid", "reddit", "cpc"],
  ["qclid", "quora", "cpc"],
  ["irclickid", "impact", "affiliate"],
  ["dclid", "google", "display"],
  ["fbclid", "facebook", "social"],
  ["srsltid", "google", "organic"],
];

/** Facebook puts `fbclid` on every link that leaves it; these are on links of its advertisements alone. */
const adParams: readonly string[] = [
  "ad_id",
  "adset_id",
  "campaign_id",
  "fb_ad_id",
  "fbadid",
  "hsa_ad",
  "hsa_cam",
];

/** What a page's parameters say of a click, by their names in lower case; null for nothing. */
export const readClick = (params: ReadonlyMap<string, string>): Click | null => {
  for (const [name, source, medium] of clickParams) {
    if (!params.get(name)) continue;
    const isPaid = name === "fbclid" && adParams.some((one) => params.get(one));
    return { source, medium: isPaid ? "cpc" : medium };
  }
  const campaignManager = params.get("gclsrc");
  if (campaignManager === "aw.ds") return { source: "google", medium: "cpc" };
  return campaignManager === "3p.ds" ? { source: "google", medium: "display" } : null;
};

/** A page without any of these names in its address says nothing of a click: most pages do not. */
export const mayHoldClick = (query: string): boolean => clickHint.test(query);

const clickHint = new RegExp(
  clickParams
    .map(([name]) => name)
    .concat("gclsrc")
    .join("|"),
  "i",
);

/** Of one person as click ids are: who gets this mail, whose browser comes from another site. Names in lower case. */
const personParams: readonly string[] = [
  "_ga",
  "_gl",
  "_hsenc",
  "_kx",
  "epik",
  "igsh",
  "igshid",
  "mc_eid",
  "mkt_tok",
  "oly_anon_id",
  "oly_enc_id",
  "vero_id",
];

const personal: ReadonlySet<string> = new Set([...clickParams.map(([name]) => name), ...personParams]);

/** Does a parameter of this name, in lower case, tell one visitor from others? */
export const isPersonalParam = (name: string): boolean => personal.has(name);
