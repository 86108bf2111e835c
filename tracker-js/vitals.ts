/** track.vitals.js: what the page felt like, measured after it has loaded. */
import { type Metric, onCLS, onFCP, onINP, onLCP, onTTFB } from "web-vitals";

const tell = ({ name, value, rating }: Metric): void => {
  window.tr?.("web_vital", { metric: name, amount: Math.round(value * 1000) / 1000, rating });
  // What is measured until the page is left comes after the script has sent what waited.
  if (document.hidden) void window.tr?.flush();
};
for (const observe of [onCLS, onFCP, onINP, onLCP, onTTFB]) observe(tell);
