import { HttpError } from "../http/http-error.ts";
import { type Reach, reaches } from "../model/token.ts";

/** Throws 403 for a token of some sites, where what is asked for is of all of them. */
export const demandAll = (reach: Reach): void => {
  if (reach !== null)
    throw new HttpError(403, `this needs a token for all sites; yours is for ${reach.join(", ")}`);
};

/** Throws 403 where the token is not for the site; no site means all of them. */
export const demandSite = (reach: Reach, site: string | null): void => {
  if (site === null ? reach === null : reaches(reach, site)) return;
  throw new HttpError(403, `site: your token is for ${reach?.join(", ")}: name one of these`);
};
