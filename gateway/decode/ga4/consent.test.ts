import assert from "node:assert/strict";
import { test } from "node:test";
import type { Privacy } from "../../model/hit.ts";
import { privacyBy, readConsent } from "./consent.ts";

const consentOf = (query: string) => readConsent(new Map(new URLSearchParams(query)));

test("gcs says what is allowed of storage, whatever its length", () => {
  for (const [gcs, ads, analytics] of [
    ["G111", true, true],
    ["G100", false, false],
    ["G101", false, true],
    ["G110", true, false],
    ["G1-1", null, true],
    ["G11", true, null],
    ["G1", null, null],
    ["G", null, null],
    ["", null, null],
    ["G111111", true, true],
    ["💩💩💩💩💩💩", null, null],
  ] as const) {
    const { adsStorage, analyticsStorage } = consentOf(`gcs=${encodeURIComponent(gcs)}`);
    assert.deepEqual([adsStorage, analyticsStorage], [ads, analytics], gcs);
  }
});

test("gcd says it of four purposes, and fills in what gcs leaves open", () => {
  assert.deepEqual(consentOf("gcd=13r3q2t2l1"), {
    adsStorage: true,
    analyticsStorage: false,
    adsUserData: true,
    adsPersonalization: null,
  });
  assert.equal(consentOf("gcs=G111&gcd=13q3q3q3q1").analyticsStorage, true);
  assert.equal(consentOf("gcd=nonsense").analyticsStorage, null);
});

test("npa takes personal advertising back", () => {
  assert.equal(consentOf("gcd=13t3t3t3t1&npa=1").adsPersonalization, false);
  assert.equal(consentOf("gcd=13t3t3t3t1&npa=0").adsPersonalization, true);
});

test("the client's word is obeyed, and cannot take back what the visitor refused here", () => {
  const unasked: Privacy = { tracking: "full", consent: null, reason: null };
  const required: Privacy = { tracking: "none", consent: null, reason: "consent" };
  const refused: Privacy = { tracking: "none", consent: "denied", reason: "consent" };
  const gpc: Privacy = { tracking: "none", consent: null, reason: "gpc" };
  assert.equal(privacyBy(null, unasked).tracking, "full");
  assert.equal(privacyBy(false, unasked).tracking, "none");
  assert.equal(privacyBy(false, unasked).consent, "denied");
  assert.equal(privacyBy(null, required).tracking, "none");
  assert.equal(privacyBy(true, required).tracking, "full");
  assert.equal(privacyBy(true, refused).tracking, "none");
  for (const reason of ["gpc", "dnt", "optout"] as const)
    assert.equal(privacyBy(true, { ...gpc, reason }).tracking, "none", reason);
});
