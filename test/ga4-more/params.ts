/** Parameters: their columns, by name and type, and the list of all that were sent. */
import { paramTypes } from "../../gateway/model/params.ts";
import { type MoreCase, one, type Query } from "./case.ts";

const namesOf = (type: string): readonly string[] =>
  [...paramTypes].filter(([, one]) => one === type).map(([name]) => name);

const columnOf = (name: string): string =>
  name === "content" ? "params_content_description" : `params_${name}`;

/** Every parameter of a type with one text, and what all their columns must read of it. */
const each = (type: string, prefix: "ep" | "epn", text: string, value: unknown): MoreCase =>
  one(
    `parameters that are ${type} read ${JSON.stringify(text)} as ${JSON.stringify(value)}`,
    Object.fromEntries(namesOf(type).map((name) => [`${prefix}.${name}`, text])),
    Object.fromEntries(namesOf(type).map((name) => [columnOf(name), value])),
  );

const bools: readonly (readonly [text: string, value: unknown])[] = [
  ["1", true],
  ["TRUE", true],
  [" on ", true],
  ["y", true],
  ["0", false],
  ["No", false],
  ["oFF", false],
  ["f", false],
  ["2", null],
  ["yess", null],
  ["", null],
];

const ints: readonly (readonly [text: string, value: unknown])[] = [
  ["42", 42],
  ["-7", -7],
  ["9007199254740991", Number.MAX_SAFE_INTEGER],
  ["1.5", null],
  ["1e3", null],
  ["0x10", null],
  ["1_000", null],
  ["99999999999999999999", null],
  ["", null],
];

const floats: readonly (readonly [text: string, value: unknown])[] = [
  ["42", 42],
  ["-7.25", -7.25],
  ["1e3", 1000],
  [".5", 0.5],
  ["NaN", null],
  ["Inf", null],
  ["-Infinity", null],
  ["1e999", null],
  ["0x1p-2", null],
  ["", null],
];

const types: readonly MoreCase[] = [
  each("text", "ep", "a b", "a b"),
  each("text", "ep", "", null),
  ...bools.map(([text, value]) => each("bool", "ep", text, value)),
  ...ints.map(([text, value]) => each("int", "epn", text, value)),
  ...ints.map(([text, value]) => each("int", "ep", text, value)),
  ...floats.map(([text, value]) => each("float", "epn", text, value)),
];

const text = (name: string, value_string: string) => ({ name, value_string, value_number: null });
const number = (name: string, value_number: number) => ({ name, value_string: null, value_number });
const listed = (name: string, query: Query, params: readonly object[]): MoreCase =>
  one(name, query, { params });

const lists: readonly MoreCase[] = [
  listed(
    "the list stands in the order of names, capitals first",
    { "ep.b": "1", "ep.A": "2", "ep._x": "3" },
    [text("A", "2"), text("_x", "3"), text("b", "1")],
  ),
  listed(
    "what is sent as a number and is none is not in the list",
    { "epn.a": "x", "epn.b": "NaN", "epn.c": "", "epn.d": "1.50" },
    [number("d", 1.5)],
  ),
  listed(
    "the list has texts as texts and numbers as numbers, whatever their columns are",
    { "ep.level": "3", "ep.fatal": "1", "ep.value": "12.5", "epn.transaction_id": "7", "epn.score": "5" },
    [
      text("fatal", "1"),
      text("level", "3"),
      number("score", 5),
      number("transaction_id", 7),
      text("value", "12.5"),
    ],
  ),
  listed(
    "what a column cannot hold is in the list",
    { "ep.fatal": "maybe", "ep.level": "high", "epn.renewal_count": "1.5" },
    [text("fatal", "maybe"), text("level", "high"), number("renewal_count", 1.5)],
  ),
  listed("a name that comes as text and as number is there twice", { "ep.foo": "x", "epn.foo": "2" }, [
    text("foo", "x"),
    number("foo", 2),
  ]),
  listed(
    "what a tag says of itself and of the user is no parameter",
    { _ee: "1", tfd: "9", "up.plan": "gold" },
    [],
  ),
];

const long = (length: number): string => "a".repeat(length);

const lengths: readonly MoreCase[] = [
  one(
    "texts are cut at 8,096 bytes",
    { "ep.method": long(9000), uid: long(9000) },
    {
      params_method: long(8096),
      user_id: long(8096),
    },
  ),
  one(
    "but never within a character",
    { "ep.method": `a${"é".repeat(4500)}` },
    {
      params_method: `a${"é".repeat(4047)}`,
    },
  ),
  one(
    "titles and referrers are not cut",
    { dt: long(9000), dr: `https://r.test/${long(9000)}` },
    {
      page_title: long(9000),
      page_referrer: `https://r.test/${long(9000)}`,
    },
  ),
];

export const params: readonly MoreCase[] = [...types, ...lists, ...lengths];
