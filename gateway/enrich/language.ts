import { mayIdentify, type Pass } from "./pass.ts";

/** The first language the browser asks for, where the client named none. */
export const fillLanguage: Pass = (event, request) => {
  if (event.device_language != null || request.trusted || !mayIdentify(request)) return;
  const header = request.headers["accept-language"];
  const tag = header && languageTag.exec(header)?.[1];
  if (tag) event.device_language = tag;
};

/** The shape of BCP 47 tags, up to the length of the longest in use. */
const languageTag = /^\s*([A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4})\s*(?:[,;]|$)/;
