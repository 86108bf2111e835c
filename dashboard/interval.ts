/** A lift and its interval on a line around zero. */
import { makeSvg } from "./dom.ts";

const width = 240;
const height = 22;
const middle = height / 2;

// Early intervals reach to infinity; a scale that followed them would show every later one as a dot.
const widest = 1;
const steps = [0.1, 0.2, 0.5, widest] as const;

/** The end of a scale that shows these intervals, the same for all rows of a table. */
export const scaleEnd = (intervals: readonly (readonly [number, number] | null)[]): number => {
  const reach = Math.max(0, ...intervals.flatMap((interval) => interval?.map(Math.abs) ?? []));
  return steps.find((step) => reach <= step) ?? widest;
};

/** Where a share lies on the line, 0…`width`; what is beyond the scale lies at its end. */
export const position = (share: number, end: number): number => {
  const held = Math.min(end, Math.max(-end, share));
  return Math.round((held / end + 1) * (width / 2) * 10) / 10;
};

/** An interval that excludes zero is drawn in the accent colour. */
export const drawInterval = (lift: number, interval: readonly [number, number], end: number): SVGElement => {
  const [low, high] = interval;
  const left = position(low, end);
  const sure = low > 0 || high < 0;
  return makeSvg(
    "svg",
    { class: sure ? "interval sure" : "interval", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
    makeSvg("line", { class: "scale", x1: 0, x2: width, y1: middle, y2: middle }),
    makeSvg("rect", {
      class: "range",
      x: left,
      y: middle - 5,
      width: Math.max(2, position(high, end) - left),
      height: 10,
      rx: 2,
    }),
    makeSvg("line", { class: "zero", x1: width / 2, x2: width / 2, y1: 1, y2: height - 1 }),
    makeSvg("circle", { class: "point", cx: position(lift, end), cy: middle, r: 5 }),
  );
};
