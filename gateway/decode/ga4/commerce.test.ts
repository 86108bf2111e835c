import assert from "node:assert/strict";
import { test } from "node:test";
import { eventOf, problemsOf } from "./test-hit.ts";

const totalsOf = (query: Readonly<Record<string, string>>) => {
  const event = eventOf(query);
  return {
    revenue: event.ecommerce_purchase_revenue,
    refund: event.ecommerce_refund_value,
    shipping: event.ecommerce_shipping_value,
    tax: event.ecommerce_tax_value,
    unique: event.ecommerce_unique_items,
    pieces: event.ecommerce_items_total_quantity,
    value: event.value,
  };
};

test("an item is read field by field, with the site's own fields beside them", () => {
  const event = eventOf({
    en: "view_item",
    pr1: "idSKU_1~nmTee~afStore~cpSUMMER~ds2.22~lp5~brBrand~caApparel~c2Adult~c3Shirts~c4Crew~c5Short~lirelated~lnRelated~vagreen~loL1~pr10.01~qt3~cnCr~csSlot~piP1~pnPromo~k0size~v0XL~k1color~v1",
  });
  assert.deepEqual(event.ecommerce_items, [
    {
      item_id: "SKU_1",
      item_name: "Tee",
      affiliation: "Store",
      coupon: "SUMMER",
      discount: 2.22,
      index: 5,
      item_brand: "Brand",
      item_category: "Apparel",
      item_category2: "Adult",
      item_category3: "Shirts",
      item_category4: "Crew",
      item_category5: "Short",
      item_list_id: "related",
      item_list_name: "Related",
      item_variant: "green",
      location_id: "L1",
      price: 10.01,
      quantity: 3,
      creative_name: "Cr",
      creative_slot: "Slot",
      promotion_id: "P1",
      promotion_name: "Promo",
      item_params: { size: "XL" },
      item_revenue: 30.03,
      item_refund: 0,
    },
  ]);
});

test("items come in the order of their numbers, and what only looks like one is none", () => {
  const event = eventOf({ pr10: "idJ", pr2: "idB", pr1: "idA", promo: "idX", price: "idY", prx: "idZ" });
  const items = event.ecommerce_items as readonly { item_id: string }[];
  assert.deepEqual(
    items.map((item) => item.item_id),
    ["A", "B", "J"],
  );
  assert.deepEqual(event.protocol_fields, { promo: "idX", price: "idY", prx: "idZ" });
});

test("a doubled ~ is a ~ of the value", () => {
  const event = eventOf({ pr1: "idA~~1~nmx~~~~y~pr2" });
  assert.deepEqual(event.ecommerce_items, [
    { item_id: "A~1", item_name: "x~~y", price: 2, quantity: 1, item_revenue: 2, item_refund: 0 },
  ]);
});

test("an item without id and name is left out and named", () => {
  const event = eventOf({ pr1: "pr5~qt1", pr2: "idB~prx" });
  assert.equal((event.ecommerce_items as unknown[]).length, 1);
  assert.deepEqual(problemsOf(event), ["pr1", "pr2.price"]);
});

test("what the event says of all its goods fills in what an item leaves open", () => {
  const event = eventOf({ "ep.item_list_id": "l1", "ep.creative_name": "c1", pr1: "idA~lil2" });
  const [item] = event.ecommerce_items as readonly Record<string, unknown>[];
  assert.deepEqual([item?.["item_list_id"], item?.["creative_name"]], ["l2", "c1"]);
});

test("a number of pieces that is not said is one where goods are sold, and none where they are only named", () => {
  for (const [query, pieces] of [
    [{ en: "page_view", pr1: "idA" }, 0],
    [{ en: "page_view", pr1: "idA~pr5" }, 1],
    [{ en: "view_item", pr1: "idA" }, 1],
    [{ en: "purchase", pr1: "idA~pr5~qt0" }, 0],
  ] as const)
    assert.equal(eventOf(query).ecommerce_items_total_quantity, pieces, JSON.stringify(query));
});

test("a purchase is worth its goods, a refund gives back, and no dust of binary fractions is left", () => {
  const goods = { pr1: "idA~pr10.01~qt3", pr2: "idA~pr10.02~qt4" };
  assert.deepEqual(totalsOf({ en: "purchase", ...goods, "epn.tax": "2", "epn.shipping": "4.5" }), {
    revenue: 70.11,
    refund: 0,
    shipping: 4.5,
    tax: 2,
    unique: 1,
    pieces: 7,
    value: 70.11,
  });
  assert.deepEqual(totalsOf({ en: "refund", ...goods }), {
    revenue: 0,
    refund: 70.11,
    shipping: 0,
    tax: undefined,
    unique: 1,
    pieces: 7,
    value: undefined,
  });
  const cart = totalsOf({ en: "add_to_cart", ...goods, "epn.shipping": "4.5" });
  assert.deepEqual([cart.revenue, cart.refund, cart.shipping], [0, 0, 0]);
});

test("without goods, or without their prices, the event's own value is the worth", () => {
  assert.equal(totalsOf({ en: "purchase", "epn.value": "12.5" }).revenue, 12.5);
  assert.equal(totalsOf({ en: "purchase", "epn.value": "12.5", pr1: "idA" }).revenue, 12.5);
  assert.equal(totalsOf({ en: "refund", "epn.value": "12.5" }).refund, 12.5);
  assert.equal(totalsOf({ en: "purchase", "epn.value": "12.5", pr1: "idA~pr3" }).revenue, 3);
  assert.equal(totalsOf({ en: "purchase" }).revenue, 0);
});

test("an event that sells nothing carries no empty totals", () => {
  assert.deepEqual(
    Object.keys(eventOf({})).filter((name) => name.startsWith("ecommerce_")),
    [],
  );
});
