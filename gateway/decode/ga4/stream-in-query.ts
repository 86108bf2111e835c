/** The measurement id, or the app's id, that a query names; null for none. */
export const streamIn = (query: string): string | null => {
  const found = /(?:^|&)(?:tid|measurement_id|firebase_app_id)=([^&]+)/.exec(query)?.[1];
  if (found === undefined) return null;
  try {
    return decodeURIComponent(found);
  } catch {
    return found; // not encoded after all
  }
};
