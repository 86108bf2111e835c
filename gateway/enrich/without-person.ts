import { cleanUrl } from "./clean-url.ts";
import { isPersonalParam } from "./click-ids.ts";

/** An address as it is kept of a visitor who has said no, whatever the site keeps of others. */
export const withoutPerson = (url: string): string => cleanUrl(url, isPersonalParam, isPersonalParam);
