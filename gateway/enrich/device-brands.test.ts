import assert from "node:assert/strict";
import { test } from "node:test";
import { brandOf } from "./device-brands.ts";

const cases: readonly [model: string, brand: string | null][] = [
  ["SM-S918B", "Samsung"],
  ["iPhone14,5", "Apple"],
  ["Pixel 9 Pro", "Google"],
  ["Redmi Note 12", "Xiaomi"],
  ["22101316G", "Xiaomi"],
  ["M2101K6G", "Xiaomi"],
  ["2201117TY", "Xiaomi"],
  ["moto g(60)", "Motorola"],
  ["XT2175-2", "Motorola"],
  ["KB2003", "OnePlus"],
  ["CPH2451", "Oppo"],
  ["V2219", "Vivo"],
  ["RMX3630", "Realme"],
  ["VOG-L29", "Huawei"],
  ["XQ-DQ54", "Sony"],
  ["FP5", "Fairphone"],
  ["KFTRWI", "Amazon"],
  ["K", null],
  ["x86_64", null],
  ["", null],
];

test("the maker is known by the model", () => {
  for (const [model, brand] of cases) assert.equal(brandOf(model), brand, model);
  assert.equal(brandOf(null), null);
});
