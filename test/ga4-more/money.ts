/** Goods, amounts and currencies. */
import { hit, type MoreCase } from "./case.ts";

export const money: readonly MoreCase[] = [
  {
    name: "the tag's currency is that of its goods",
    config: { usd_rate: 0.5 },
    hits: [hit(0, { en: "purchase", cu: "EUR", pr1: "idA~pr10~qt2" })],
    rows: [
      {
        ecommerce_purchase_revenue: 20,
        ecommerce_purchase_revenue_in_usd: 10,
        params_currency: "EUR",
        currency: "EUR",
      },
    ],
  },
  {
    name: "a piece that is not counted is one",
    hits: [hit(0, { en: "purchase", "ep.currency": "USD", pr1: "idA~pr10" })],
    rows: [
      { ecommerce_purchase_revenue_in_usd: 10, ecommerce_items_total_quantity: 1, ecommerce_unique_items: 1 },
    ],
  },
  {
    name: "without goods the value is the revenue",
    hits: [hit(0, { en: "purchase", "epn.value": "12.5" })],
    rows: [{ ecommerce_purchase_revenue: 12.5, params_value: 12.5 }],
  },
  {
    name: "a refund is no revenue",
    hits: [hit(0, { en: "refund", "ep.currency": "USD", pr1: "idA~pr10~qt3" })],
    rows: [{ ecommerce_purchase_revenue: 0, ecommerce_refund_value: 30 }],
  },
  {
    name: "shipping and tax are converted, too",
    config: { usd_rate: 0.5 },
    hits: [
      hit(0, { en: "purchase", "ep.currency": "EUR", pr1: "idA~pr10", "epn.shipping": "4", "epn.tax": "2" }),
    ],
    rows: [{ ecommerce_shipping_value_in_usd: 2, ecommerce_tax_value_in_usd: 1 }],
  },
  {
    name: "half a cent goes to the even one, below zero as above",
    config: { usd_rate: 0.5 },
    hits: ["0.05", "0.03", "-0.05"].map((price, i) =>
      hit(i, { en: "purchase", cu: "EUR", pr1: `idA~pr${price}` }),
    ),
    rows: [0.02, 0.02, -0.02].map((ecommerce_purchase_revenue_in_usd) => ({
      ecommerce_purchase_revenue_in_usd,
    })),
  },
  {
    name: "a currency without a rate has no dollars",
    config: { usd_rate: "unavailable" },
    hits: [hit(0, { en: "purchase", cu: "XXX", pr1: "idA~pr10" })],
    rows: [{ ecommerce_purchase_revenue: 10, ecommerce_purchase_revenue_in_usd: null }],
  },
  {
    name: "each field of an item is read",
    hits: [
      hit(0, {
        en: "view_item",
        "ep.item_list_id": "L",
        pr1: "idA~nmN~afF~cpC~ds1.5~lp3~brB~caK~c22~vaV~loO~pr9.99~qt2",
      }),
    ],
    rows: [
      {
        ecommerce_items: [
          {
            item_id: "A",
            item_name: "N",
            affiliation: "F",
            coupon: "C",
            discount: 1.5,
            index: 3,
            item_brand: "B",
            item_category: "K",
            item_category2: "2",
            item_variant: "V",
            location_id: "O",
            item_list_id: "L",
            price: 9.99,
            quantity: 2,
            item_revenue: 19.98,
            item_refund: 0,
          },
        ],
      },
    ],
  },
  {
    name: "what only begins like an item is none",
    hits: [hit(0, { en: "purchase", promo: "SALE", pr1: "idA" })],
    rows: [{ ecommerce_unique_items: 1 }],
  },
  {
    name: "in a currency nothing is worth nothing, and without one it is not known",
    config: { usd_rate: 0.5 },
    hits: [hit(0, { en: "add_to_cart", cu: "EUR" }), hit(1, { en: "add_to_cart" })],
    rows: [
      {
        ecommerce_purchase_revenue_in_usd: 0,
        ecommerce_refund_value_in_usd: 0,
        ecommerce_shipping_value_in_usd: 0,
        ecommerce_tax_value_in_usd: null,
      },
      { ecommerce_purchase_revenue: 0, ecommerce_purchase_revenue_in_usd: null },
    ],
  },
  {
    name: "amounts of goods are converted each for itself",
    config: { usd_rate: 0.5 },
    hits: [hit(0, { en: "purchase", cu: "EUR", pr1: "idA~pr10.01~qt3", pr2: "idB~pr10.02~qt4" })],
    rows: [
      {
        ecommerce_purchase_revenue: 70.11,
        ecommerce_purchase_revenue_in_usd: 35.06,
        ecommerce_refund_value_in_usd: 0,
        ecommerce_items: [
          { item_id: "A", price_in_usd: 5, item_revenue_in_usd: 15.02, item_refund_in_usd: 0 },
          { item_id: "B", price_in_usd: 5.01, item_revenue_in_usd: 20.04 },
        ],
      },
    ],
  },
  {
    name: "shipping counts where something is bought or given back alone, tax everywhere",
    hits: ["purchase", "refund", "add_to_cart"].map((en, i) =>
      hit(i, { en, "ep.currency": "USD", "epn.shipping": "5", "epn.tax": "2" }),
    ),
    rows: [5, 5, 0].map((shipping) => ({
      ecommerce_shipping_value: shipping,
      ecommerce_shipping_value_in_usd: shipping,
      ecommerce_tax_value: 2,
      params_shipping: 5,
    })),
  },
  {
    name: "what an item says itself comes before what the event says of all",
    hits: [hit(0, { "ep.item_list_id": "E", "ep.promotion_id": "EP", pr1: "idA~liI", pr2: "idB" })],
    rows: [
      {
        ecommerce_items: [
          { item_id: "A", item_list_id: "I", promotion_id: "EP" },
          { item_id: "B", item_list_id: "E" },
        ],
      },
    ],
  },
  {
    name: "goods without id and name are left out, one of them is enough",
    hits: [hit(0, { en: "purchase", pr1: "brB~pr5~qt1", pr2: "nmName~pr2~qt3", pr3: "", pr4: "id~nm~pr3" })],
    rows: [{ ecommerce_items: [{ item_name: "Name", item_revenue: 6 }], ecommerce_purchase_revenue: 6 }],
  },
  {
    name: "prices that are no numbers are none, and cost no other item",
    hits: [hit(0, { en: "purchase", pr1: "idA~prNaN~qt1", pr2: "idB~prInfinity~qt1", pr3: "idC~pr2~qt1" })],
    rows: [{ ecommerce_purchase_revenue: 2, ecommerce_unique_items: 3 }],
  },
  {
    name: "goods beat the value, of goods without prices the value counts",
    hits: [
      hit(0, { en: "purchase", "epn.value": "99", pr1: "idA~pr10~qt1" }),
      hit(1, { en: "purchase", "epn.value": "30", pr1: "idA~qt2", pr2: "idB" }),
      hit(2, { en: "refund", "epn.value": "12.5" }),
      hit(3, { en: "add_to_cart", "epn.value": "99" }),
    ],
    rows: [
      { ecommerce_purchase_revenue: 10 },
      { ecommerce_purchase_revenue: 30, ecommerce_items_total_quantity: 3 },
      { ecommerce_purchase_revenue: 0, ecommerce_refund_value: 12.5 },
      { ecommerce_purchase_revenue: 0, ecommerce_refund_value: 0 },
    ],
  },
];
