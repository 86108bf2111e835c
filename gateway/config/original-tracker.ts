/** Settings of the original tracker that no other program's file is likely to have. */
const itsKeys = [
  "ProxyPort",
  "ProxyPortTLS",
  "ProxyPortRedirect",
  "ProxyUrl",
  "ProxyUrlFilter",
  "ProxyDailyLimit",
  "Notify",
  "Consume",
  "StaticDirectory",
  "UseLocalTLS",
  "TLSCert",
  "TLSKey",
  "Domains",
  "AllowOrigin",
  "DefaultRedirect",
  "ApiVersion",
  "SchemaVersion",
  "PrefixPrivateHash",
  "MaximumConnections",
];

/** The keys by which a settings file of the original tracker is known, in the file's own spelling; else none. */
export const originalTrackerKeys = (input: unknown): readonly string[] => {
  if (typeof input !== "object" || input === null || Array.isArray(input)) return [];
  const known = new Set(itsKeys.map((key) => key.toLowerCase())); // it reads keys in any case
  const found = Object.keys(input).filter((key) => known.has(key.toLowerCase()));
  return found.length >= 2 ? found : [];
};
