/** What a browser says of itself in client hints: in headers (`Sec-CH-UA-…`), or in the query of a GA4 hit. */

export interface Hints {
  /** lists of brands with versions, the full one where there is one */
  readonly brands: string;
  readonly platform: string;
  readonly platformVersion: string;
  readonly model: string;
  readonly mobile: boolean | null;
}

type Headers = Readonly<Record<string, string | undefined>>;

/** Null where the browser gives none: Safari and Firefox send nothing. */
export const readHints = (headers: Headers, query: string): Hints | null => {
  const brands = headers["sec-ch-ua-full-version-list"] ?? headers["sec-ch-ua"];
  const platform = headers["sec-ch-ua-platform"];
  const model = headers["sec-ch-ua-model"];
  if (brands === undefined && platform === undefined && model === undefined) {
    return query.includes("uap=") || query.includes("uafvl=") ? fromQuery(query) : null;
  }
  const mobile = headers["sec-ch-ua-mobile"];
  return {
    brands: cut(brands),
    platform: unquote(platform),
    platformVersion: unquote(headers["sec-ch-ua-platform-version"]),
    model: unquote(model),
    mobile: mobile === undefined ? null : mobile.includes("1"),
  };
};

/** GA4 writes brands as `Google%20Chrome;124.0.6367.60|…`. */
const fromQuery = (query: string): Hints => {
  const params = new URLSearchParams(query);
  const mobile = params.get("uamb");
  return {
    brands: cut(brandList(params.get("uafvl") ?? "")),
    platform: unquote(params.get("uap") ?? undefined),
    platformVersion: unquote(params.get("uapv") ?? undefined),
    model: unquote(params.get("uam") ?? undefined),
    mobile: mobile === null ? null : mobile === "1",
  };
};

const brandList = (text: string): string =>
  text
    .split("|")
    .map((pair) => {
      const [brand = "", version = ""] = pair.split(";");
      return `"${decodeBrand(brand)}";v="${version}"`;
    })
    .join(", ");

const decodeBrand = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // not encoded after all
  }
};

/** Longer ones are noise, and they are keys of a cache. */
const maxLength = 300;

const cut = (text: string | undefined): string => text?.slice(0, maxLength) ?? "";

const unquote = (text: string | undefined): string => {
  if (!text) return "";
  const inner = text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
  return inner.length > maxLength ? inner.slice(0, maxLength) : inner;
};

/** The brand that is neither the engine nor the made-up one that keeps servers from relying on the list. */
export const readBrand = (brands: string): { readonly name: string; readonly version: string } | null => {
  let engine: { name: string; version: string } | null = null;
  for (const [, name = "", version = ""] of brands.matchAll(/"([^"]{1,60})"\s*;\s*v="([^"]{0,40})"/g)) {
    if (/not.{0,3}a.{0,3}brand/i.test(name)) continue;
    if (name !== "Chromium") return { name: brandNames[name] ?? name, version };
    engine = { name, version };
  }
  return engine;
};

const brandNames: Readonly<Record<string, string>> = {
  "Google Chrome": "Chrome",
  HeadlessChrome: "Chrome",
  "Opera GX": "Opera",
  YaBrowser: "Yandex Browser",
  Yandex: "Yandex Browser",
};

/** The version people know: Windows 11 calls itself 13 and more. */
export const readPlatformVersion = (platform: string, version: string): string | null => {
  const major = Number.parseInt(version, 10);
  if (Number.isNaN(major)) return null;
  if (platform !== "Windows") return version.replace(/(\.0)+$/, "");
  if (major >= 13) return "11";
  return major > 0 ? "10" : null;
};
