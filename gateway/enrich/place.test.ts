import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { createLocator } from "./geo.ts";
import { enriched, untracked } from "./test-event.ts";
import { makeMmdb } from "./test-mmdb.ts";
import { countryOfZone } from "./time-zones.ts";

const google = "8.8.8.8";

describe("where a visitor is", () => {
  test("is the country of the address, by name, code and continent", () => {
    const event = enriched({}, { address: google });
    assert.equal(event.geo_country, "United States");
    assert.equal(event.geo_country_code, "US");
    assert.equal(event.geo_continent, "North America");
    assert.equal(event.geo_city, undefined);
  });

  test("is known for IPv6, and for IPv4 written as IPv6", () => {
    const locate = createLocator({ cityFile: null, cacheSize: 10 });
    assert.equal(locate("2a01:4f8::1")?.code, "DE");
    assert.equal(locate("::ffff:8.8.8.8")?.code, "US");
  });

  test("is nowhere for what is no public address", () => {
    const locate = createLocator({ cityFile: null, cacheSize: 10 });
    for (const address of ["", "127.0.0.1", "10.1.2.3", "::1", "fe80::1%eth0", "x".repeat(1000), "1.2.3"]) {
      assert.equal(locate(address), null, address);
    }
  });

  test("is the country of the time zone where the address says nothing", () => {
    const event = enriched({ tz: "Europe/Berlin" }, { address: "10.0.0.1" });
    assert.equal(event.geo_country, "Germany");
    assert.equal(enriched({ tz: "Europe/Berlin" }, { address: google }).geo_country, "United States");
    assert.equal(enriched({ tz: "UTC" }).geo_country, undefined);
  });

  test("is what the client says, a code as the name of its country", () => {
    const event = enriched({ geo_country: "fr", geo_city: "Lyon" }, { address: google });
    assert.equal(event.geo_country, "France");
    assert.equal(event.geo_country_code, "FR");
    assert.equal(event.geo_city, "Lyon");
  });

  test("is a country by another code of it, and none where the code is none", () => {
    const placeOf = (said: string) => {
      const event = enriched({ geo_country: said }, { trusted: true });
      return [event.geo_country, event.geo_country_code, event.geo_continent];
    };
    assert.deepEqual(placeOf("uk"), ["United Kingdom", "GB", "Europe"]);
    assert.deepEqual(placeOf("XK"), ["Kosovo", "XK", "Europe"]);
    for (const none of ["ZZ", "EU", "XA", "QQ"])
      assert.deepEqual(placeOf(none), [none, undefined, undefined]);
  });

  test("is not told of a visitor who is not tracked, nor is the address of the site's own server", () => {
    assert.equal(enriched({}, { address: google, privacy: untracked }).geo_country, undefined);
    assert.equal(enriched({}, { address: google, trusted: true }).geo_country, undefined);
  });
});

test("zones by their old and new names are of one country", () => {
  assert.equal(countryOfZone("Asia/Kolkata"), "IN");
  assert.equal(countryOfZone("Asia/Calcutta"), "IN");
  assert.equal(countryOfZone("Europe/Kyiv"), "UA");
  assert.equal(countryOfZone("nowhere"), null);
});

const inFolder = (work: (dir: string) => void): void => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-geo-"));
  try {
    work(dir);
  } finally {
    rmSync(dir, { recursive: true });
  }
};

const cityShapes = {
  "MaxMind's and DB-IP's": {
    country: { iso_code: "FR" },
    subdivisions: [{ names: { en: "Ile-de-France" } }, { names: { en: "Paris" } }],
    city: { names: { en: "Paris", fr: "Lutece" } },
  },
  "that of the ip-location-db packages": { country_code: "FR", state1: "Ile-de-France", city: "Paris" },
};

for (const [shape, record] of Object.entries(cityShapes)) {
  test(`a database with cities gives region and city, in the shape of ${shape}`, () =>
    inFolder((dir) => {
      const cityFile = join(dir, "city.mmdb");
      writeFileSync(cityFile, makeMmdb("8.8.0.0/16", record));
      const locate = createLocator({ cityFile, cacheSize: 10 });
      const paris = { country: "France", continent: "Europe", region: "Ile-de-France", city: "Paris" };
      assert.deepEqual(locate(google), { code: "FR", ...paris });
      assert.deepEqual(locate("1.1.1.1")?.country, "Australia", "others are found among the countries");
    }));
}

test("a city without its country is in the country of the address", () =>
  inFolder((dir) => {
    const cityFile = join(dir, "city.mmdb");
    writeFileSync(cityFile, makeMmdb("8.8.0.0/16", { city: "Mountain View" }));
    const place = createLocator({ cityFile, cacheSize: 10 })(google);
    assert.deepEqual([place?.country, place?.city], ["United States", "Mountain View"]);
  }));

test("a database that cannot be read is named once, and countries stay known", () =>
  inFolder((dir) => {
    const file = join(dir, "city.mmdb");
    writeFileSync(file, "no database");
    const troubles: string[] = [];
    const locate = createLocator({ cityFile: file, cacheSize: 10, onTrouble: (text) => troubles.push(text) });
    assert.equal(locate(google)?.code, "US");
    assert.equal(locate("1.1.1.1")?.city, null);
    assert.equal(troubles.length, 1);
    assert.match(troubles[0] ?? "", /city\.mmdb cannot be read/);
  }));
