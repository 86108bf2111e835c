import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { IdentityLink } from "../model/projection.ts";
import { keyOfLink, limitsOf, rankClaims } from "./judge-claims.ts";

const link = (visitor: number, change: Partial<IdentityLink> = {}): IdentityLink => ({
  identity: 1,
  visitor,
  since: visitor,
  clientId: `v${String(visitor).padStart(3, "0")}`,
  claimed: "ada",
  verified: false,
  undone: false,
  applied: false,
  ...change,
});

const claims = (n: number, change: Partial<IdentityLink> = {}) =>
  Array.from({ length: n }, (_, i) => link(i, change));

const { visitors, identities, kept } = limitsOf.user;

const firstOf = (all: readonly IdentityLink[]): readonly number[] => {
  const { first } = rankClaims(all, visitors, kept);
  return all.filter((one) => first.has(keyOfLink(one))).map(({ visitor }) => visitor);
};

test("of claims that a visitor makes at one moment those come first whose names do, whichever number they have", () => {
  const names = ["u6", "u1", "u3", "ada", "u2", "u5"];
  const made = names.map((claimed, i) => link(1, { identity: i + 1, claimed, since: 5 }));
  const { first } = rankClaims(made, identities, kept);
  const placed = made.filter((one) => first.has(keyOfLink(one))).map(({ claimed }) => claimed);
  assert.deepEqual(placed, ["u1", "u3", "ada", "u2", "u5"]);
});

test("the twenty earliest claims to a user have a place", () => {
  assert.equal(firstOf(claims(20)).length, 20);
  assert.deepEqual(firstOf(claims(30)), firstOf(claims(20)));
});

test("a claim that was taken back leaves its place", () => {
  const all = claims(21).map((one) => (one.visitor === 3 ? { ...one, undone: true } : one));
  assert.deepEqual(
    firstOf(all),
    Array.from({ length: 21 }, (_, i) => i).filter((i) => i !== 3),
  );
});

test("a visitor has a place for the five users claimed first", () => {
  const ofVisitor = Array.from({ length: 8 }, (_, i) => link(1, { identity: i, since: 8 - i }));
  const { first } = rankClaims(ofVisitor, identities, kept);
  assert.deepEqual(
    ofVisitor.filter((one) => first.has(keyOfLink(one))).map(({ identity }) => identity),
    [3, 4, 5, 6, 7],
  );
});

test("of too many claims the latest go, whatever order they are in", () => {
  const all = [...claims(210), link(501, { undone: true })];
  fc.assert(
    fc.property(fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }), (shuffled) => {
      const { surplus } = rankClaims(shuffled, visitors, kept);
      assert.deepEqual(
        surplus.map(({ visitor }) => visitor),
        [200, 201, 202, 203, 204, 205, 206, 207, 208, 209],
      );
    }),
  );
});
