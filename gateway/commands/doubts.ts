import { getDomain } from "tldts";
import type { Config } from "../config/schema.ts";
import { openCertificateFiles } from "../listen/tls/certificate-files.ts";
import { uncertified } from "../listen/tls/settings.ts";

/** What is allowed in settings and hardly meant, each in a sentence. */
export const doubtsOf = (config: Config): readonly string[] => doubts.flatMap((doubt) => [...doubt(config)]);

type Doubt = (config: Config) => Iterable<string>;

/** Tomorrow the same person would be somebody else, and be shown another variant. */
const idleExperiments: Doubt = function* ({ sites, experiments }) {
  for (const [i, { site, key, status }] of experiments.entries()) {
    if (status !== "running" || !sites.some(({ id, cookieless }) => id === site && cookieless)) continue;
    yield `experiments[${i}] (${key}) shows nobody a variant: site ${site} is cookieless, and a visitor has another id tomorrow; set its status to "draft", or cookieless to false`;
  }
};

/** The script that hands visitors over is the one with the calls of old pages. */
const unhandedVisitors: Doubt = function* ({ sites }) {
  for (const [i, { id, linkDomains, script, cookieless }] of sites.entries()) {
    if (linkDomains.length === 0) continue;
    if (cookieless)
      yield `sites[${i}].linkDomains (${id}) hands nobody over: a cookieless site has no visitors who last`;
    else if (script !== "legacy")
      yield `sites[${i}].linkDomains (${id}) takes visitors over, and hands none over: only the script "legacy" marks links`;
  }
};

/** Visitors would see it first. */
const bareHosts: Doubt = function* (config) {
  for (const sentence of uncertified(config.tls, hostsOf(config))) yield `tls: ${sentence}`;
};

/** What a start says of certificates in files; that they can be used was looked at before. */
const poorCertificates: Doubt = function* (config) {
  if (config.tls.mode !== "files") return;
  const said: string[] = [];
  const warn = (sentence: string): void => void said.push(sentence);
  const { files } = config.tls;
  void openCertificateFiles({ files, hosts: hostsOf(config), clock: Date.now, info: () => {}, warn }).close();
  yield* said;
};

const hostsOf = ({ sites, routes }: Config): readonly string[] =>
  [...sites, ...routes].flatMap((part) => part.hosts);

/** Browsers take no cookie for all of `co.uk`. */
const publicSuffixes: Doubt = function* ({ sites }) {
  for (const [i, { id, cookieDomain }] of sites.entries()) {
    if (cookieDomain === null || getDomain(cookieDomain, { allowPrivateDomains: true }) !== null) continue;
    yield `sites[${i}].cookieDomain (${id}): browsers refuse cookies for ${cookieDomain}, below which are sites of many owners; name the site's own domain, or null`;
  }
};

/** Then a request's address is what its sender writes: limits, bans and countries are his to choose. */
const trustedStrangers: Doubt = function* ({ trustedProxies }) {
  for (const [i, range] of trustedProxies.entries()) {
    if (!/\/0+$/.test(range)) continue;
    yield `trustedProxies[${i}]: ${range} is everybody, and everybody may then say which address he comes from; name the proxies alone`;
  }
};

const doubts = [
  idleExperiments,
  unhandedVisitors,
  bareHosts,
  poorCertificates,
  publicSuffixes,
  trustedStrangers,
] as const;
