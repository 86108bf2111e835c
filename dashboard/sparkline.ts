/** Sixty bars, one a second, newest at the right. */
import { makeSvg } from "./dom.ts";

const height = 64;
const step = 10;
const barWidth = 7;

/** Builds the bars once; the returned function sets their heights. */
export const createSparkline = (parent: HTMLElement, seconds: number) => {
  const bars = Array.from({ length: seconds }, (_, i) =>
    makeSvg("rect", { x: i * step, y: height - 2, width: barWidth, height: 2, rx: 1.5, class: "quiet" }),
  );
  const picture = makeSvg(
    "svg",
    {
      class: "spark",
      viewBox: `0 0 ${seconds * step - (step - barWidth)} ${height}`,
      preserveAspectRatio: "none",
      role: "img",
    },
    ...bars,
  );
  parent.replaceChildren(picture);

  return (perSecond: readonly number[]): void => {
    const heights = barHeights(perSecond, seconds);
    bars.forEach((bar, i) => {
      const tall = heights[i] ?? 0;
      bar.setAttribute("height", String(Math.max(tall, 2)));
      bar.setAttribute("y", String(height - Math.max(tall, 2)));
      bar.setAttribute("class", tall > 0 ? "" : "quiet");
    });
    const total = perSecond.reduce((sum, n) => sum + n, 0);
    picture.setAttribute("aria-label", `${total} stored in the last ${seconds} seconds`);
  };
};

/** Heights of the last `seconds` counts; the highest fills the picture, one event alone does not. */
export const barHeights = (perSecond: readonly number[], seconds: number): readonly number[] => {
  const last = perSecond.slice(-seconds);
  const padded = [...Array.from({ length: seconds - last.length }, () => 0), ...last];
  const top = Math.max(4, ...padded);
  return padded.map((n) => Math.round((n / top) * height * 10) / 10);
};
