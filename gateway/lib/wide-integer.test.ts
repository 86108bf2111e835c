import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { addWide, joinWide } from "./wide-integer.ts";

const zero = { hi: 0n, lo: 0n };

test("a wide integer holds sums beyond 64 bits exactly, negative ones too", () => {
  const deltas = fc.array(fc.bigInt({ min: -(2n ** 98n), max: 2n ** 98n }), { maxLength: 20 });
  fc.assert(
    fc.property(deltas, (numbers) => {
      const wide = numbers.reduce(addWide, zero);
      assert.equal(
        joinWide(wide),
        numbers.reduce((a, b) => a + b, 0n),
      );
      assert.ok(wide.lo >= 0n && wide.lo < 2n ** 60n);
      assert.ok(wide.hi >= -(2n ** 63n) && wide.hi < 2n ** 63n);
    }),
  );
});

test("a sum beyond 124 bits wraps and comes back", () => {
  const most = addWide(zero, 2n ** 123n - 1n);
  const over = addWide(most, 1n);
  assert.equal(joinWide(over), -(2n ** 123n));
  assert.deepEqual(addWide(over, -1n), most);
});
