/** What answers Turnpike's own paths, each by the name of its claim. */

import type { Collector } from "./collect/collector.ts";
import { me } from "./collect/me.ts";
import { createSiteNamer, forNamedSite } from "./collect/named-site.ts";
import { payments } from "./collect/payments.ts";
import { type PrivacyOptions, privacyEndpoints } from "./collect/privacy-endpoints.ts";
import { privacyNotice } from "./collect/privacy-notice.ts";
import { clear, ping, status } from "./collect/status.ts";
import { type VariantsOptions, variants } from "./collect/variants.ts";
import type { Config } from "./config/schema.ts";
import { entityOfPage } from "./document/referrer-entity.ts";
import { serveScripts } from "./document/scripts.ts";
import { consentCookie, optOutCookie, type Visitors } from "./document/visitor.ts";
import { formatXid } from "./experiment/variant-cookie.ts";
import type { Handler } from "./http/exchange.ts";
import type { EventStore } from "./model/event-store.ts";
import type { Site } from "./model/site.ts";
import { type ClaimKey, duplicatorPaths, legacyScripts } from "./public-paths.ts";
import { publicFiles } from "./route-answers.ts";
import type { SiteLinks } from "./site-links.ts";

export interface ClaimParts
  extends Pick<VariantsOptions, "assign" | "expose">,
    Pick<PrivacyOptions, "locate" | "readBody"> {
  readonly sites: readonly Site[];
  readonly scriptFile: string;
  readonly collector: Collector;
  /** takes hits over HTTP */
  readonly take: Handler;
  readonly visitors: Visitors;
  readonly links: SiteLinks;
  readonly report: EventStore["report"];
}

export const claimHandlers = (
  { tracking }: Config,
  parts: ClaimParts,
): Readonly<Record<ClaimKey, Handler>> => {
  const { sites, visitors, links, take, readBody, report } = parts;
  const { scriptPath, collectPath } = tracking;
  const resolve: VariantsOptions["resolve"] = (x) => visitors.resolve(x, false);
  const nameSite = createSiteNamer(sites);
  const ofNamedSite = (handler: Handler): Handler => forNamedSite(handler, nameSite);
  return {
    script: serveScripts(parts.scriptFile, scriptPath, [
      ...duplicatorPaths(sites),
      ...legacyScripts(tracking),
    ]),
    notice: ofNamedSite(privacyNotice),
    events: take,
    variants: ofNamedSite(
      variants({
        readBody,
        resolve,
        assign: parts.assign,
        formatXid,
        expose: parts.expose,
        entityOf: entityOfPage,
      }),
    ),
    share: ofNamedSite(links.share),
    handover: ofNamedSite(links.handover),
    payments: payments({ take, report, paths: [`${collectPath}ltv/`, "/tlv/v1/"] }),
    privacy: privacyEndpoints({
      collector: parts.collector,
      readBody,
      resolve,
      report,
      locate: parts.locate,
      jurisdictions: tracking.jurisdictions,
    }),
    public: publicFiles(tracking.publicDir, [`${collectPath}pub/`, "/pub/v1/"]),
    ping,
    status: status(openConnections),
    clear: clear(visitors.forget),
    wishes: ofNamedSite(
      me({
        readBody,
        forget: visitors.forget,
        cookieScope: visitors.cookieScope,
        consentCookie,
        optOutCookie,
      }),
    ),
  };
};

const openConnections = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap" || name === "TLSWrap").length;
