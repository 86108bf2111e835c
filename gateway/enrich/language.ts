import { cleanText } from "../lib/clean-text.ts";
import { mayIdentify, type Pass } from "./pass.ts";

/**
 * The first language the browser asks for, where the client named none; of GA4's clients all that it asks for, as the
 * flat table has it.
 */
export const fillLanguage: Pass = (event, request) => {
  if (event.device_language != null || request.trusted || !mayIdentify(request)) return;
  const header = request.headers["accept-language"];
  if (!header) return;
  const isFlat = event.tracking_protocol === "ga4_gtag" || event.tracking_protocol === "d8a";
  const tag = isFlat ? cleanText(header.trim(), 256) : languageTag.exec(header)?.[1];
  if (tag) event.device_language = tag;
};

/** The shape of BCP 47 tags, up to the length of the longest in use. */
const languageTag = /^\s*([A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4})\s*(?:[,;]|$)/;
