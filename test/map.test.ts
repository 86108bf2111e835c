import assert from "node:assert/strict";
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { join, matchesGlob } from "node:path";
import { test } from "node:test";
import { root } from "./gateway.ts";

const architecture = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");

const quotedIn = (text: string): readonly string[] =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, quoted = ""]) => quoted).filter((quoted) => /[./]/.test(quoted));

/** The rows of the map: places, then what happens there. */
const rows = [...architecture.matchAll(/^\| (`[^|]+`) +\|(.*)\|$/gm)];
/** Files, folders and patterns; a bare name lies in `gateway/`. */
const places = rows.flatMap(([, cell = ""]) => quotedIn(cell));
const named = [...places, ...rows.flatMap(([, , what = ""]) => quotedIn(what))];

test("the map has every file and folder of the gateway", () => {
  const names = readdirSync(join(root, "gateway"), { withFileTypes: true })
    .filter(({ name }) => !/\.test\.ts$|^test-/.test(name))
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
  const isOnMap = (name: string) =>
    named.some(
      (place) =>
        matchesGlob(name, place.replace(/^gateway\//, "")) || place.endsWith(`/${name}`) || place === name,
    );
  assert.deepEqual(
    names.filter((name) => !isOnMap(name)),
    [],
  );
});

test("every place of the map is there", () => {
  const isThere = (place: string) =>
    [place, `gateway/${place}`].some(
      (path) => existsSync(join(root, path)) || globSync(path, { cwd: root }).length > 0,
    );
  assert.deepEqual(
    places.filter((place) => !isThere(place)),
    [],
  );
});
