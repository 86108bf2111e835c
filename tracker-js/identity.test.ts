import assert from "node:assert/strict";
import { test } from "node:test";
import { isId } from "./identity.ts";

test("ids of old scripts count as ids, a site's own session cookie does not", () => {
  const ids = [
    "3d0be300-cbd2-11e8-aa59-ffd128a54d91",
    "3D0BE300CBD211E8AA59FFD128A54D91",
    "{3d0be300-cbd2-11e8-aa59-ffd128a54d91}",
  ];
  for (const id of ids) assert.ok(isId(id), id);
  for (const other of ["", "s:abc.def", "42", "PHPSESSID", "3d0be300-cbd2-11e8-aa59-ffd128a54dzz"]) {
    assert.ok(!isId(other), other);
  }
});
