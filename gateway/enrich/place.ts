import { countryCode, type Location, type Locator, locationOfCode } from "./geo.ts";
import { mayIdentify, type Pass } from "./pass.ts";
import { countryOfZone } from "./time-zones.ts";

/**
 * Country, region and city by the client's address; by its time zone where the address says nothing. What the client
 * says itself stays, a country's code as its name. Nothing for visitors who are not tracked.
 */
export const fillPlace =
  (locate: Locator): Pass =>
  (event, request) => {
    if (!mayIdentify(request) || event.type === "log") return;
    const said = countryCode(event.geo_country?.toUpperCase() ?? "");
    const location: Location | null =
      said !== null
        ? locationOfCode(said)
        : ((request.trusted ? null : locate(request.address ?? "")) ?? byZone(event.tz));
    if (location === null) return;
    if (said !== null) event.geo_country = location.country;
    if (location.code !== null) event.geo_country_code ??= location.code;
    if (location.country !== null) event.geo_country ??= location.country;
    if (location.continent !== null) event.geo_continent ??= location.continent;
    if (location.region !== null) event.geo_region ??= location.region;
    if (location.city !== null) event.geo_city ??= location.city;
  };

const byZone = (zone: string | null | undefined): Location | null => {
  const code = zone ? countryOfZone(zone) : null;
  return code === null ? null : locationOfCode(code);
};
