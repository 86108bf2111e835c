/** A tag's value: spaces become `_`, only letters, digits and `_` stay, in lower case. */
export const cleanWord = (text: string): string => cleanKey(text).replaceAll("-", "").toLowerCase();

/** A value that has to equal another one exactly (an experiment's key, a referrer's id): `-` and the case stay. */
export const cleanKey = (text: string): string =>
  text
    .trim()
    .replace(/\s+/g, "_")
    .replace(/[^\w-]/g, "");

export const isUuid = (text: string): boolean => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text);
