/** Joins the links between visitors and sites with the visitors: codes of referral, and visitors handed over. */
import { join } from "node:path";
import { visitorLink } from "./collect/visitor-link.ts";
import type { Visitors } from "./document/visitor.ts";
import type { Enricher } from "./enrich/enrich.ts";
import type { Exchange, Handler, Layer } from "./http/exchange.ts";
import type { ReadBody } from "./http/read-body.ts";
import type { Clock } from "./lib/clock.ts";
import { createHandoverMarks } from "./links/handover-mark.ts";
import { handoverMs } from "./links/judge-handover.ts";
import { createOneUse } from "./links/one-use.ts";
import { readShareCode, sharedLink } from "./links/share.ts";
import type { ShareCodes } from "./links/share-code.ts";
import { handoverParam, takeOver } from "./links/take-over.ts";

export interface SiteLinks {
  /** `POST …/share`: an address with the visitor's code */
  readonly share: Handler;
  /** `POST …/handover`: the mark for a link to one of `linkDomains` */
  readonly handover: Handler;
  /** Takes over visitors who arrive with a mark. */
  readonly takeOver: Layer;
}

export interface LinkParts {
  readonly secret: Buffer;
  readonly codes: ShareCodes;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly visitors: Visitors;
  readonly readBody: ReadBody;
  readonly isBot: (userAgent: string | undefined) => boolean;
}

export const createSiteLinks = (parts: LinkParts): SiteLinks => {
  const { secret, codes, dataDir, clock, visitors, readBody, isBot } = parts;
  const marks = createHandoverMarks(secret);
  const resolve = (x: Exchange) => visitors.resolve(x, false);
  return {
    share: visitorLink({
      readBody,
      resolve,
      linkOf: (site, id, text, page) => sharedLink(text, page, codes.codeOf(site.id, id)),
    }),
    handover: visitorLink({
      readBody,
      resolve,
      linkOf(site, visitorId, to, page) {
        const from = page && URL.parse(page)?.hostname;
        if (!from || !site.linkDomains?.includes(to)) return null;
        return `${handoverParam}=${marks.seal(site, { visitorId, from, to, at: clock() })}`;
      },
    }),
    takeOver: takeOver({
      marks,
      // Marks that are over are refused by their time; a name is kept longer than that.
      used: createOneUse(join(dataDir, "handovers"), 2 * handoverMs, clock),
      resolve,
      issue: visitors.issue,
      isBot,
      now: clock,
    }),
  };
};

/** Enrichment that finds out first whose code an event names. */
export const readingCodes = (enrich: Enricher, codes: ShareCodes): Enricher => {
  const read: (...given: Parameters<Enricher>) => void = (event, request) => {
    readShareCode(event, codes);
    enrich(event, request);
  };
  return Object.assign(read, { keeps: enrich.keeps });
};
