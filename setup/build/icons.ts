/** Draws the extension's icon, a raised toll bar, at a size: no image tool, and no binary file in the repository. */
import { encodePng } from "./png.ts";

type Color = readonly [red: number, green: number, blue: number];

const ground: Color = [11, 107, 79];
const white: Color = [255, 255, 255];
const amber: Color = [255, 190, 77];
/** points per pixel along each axis, for smooth edges */
const samples = 4;

export const drawIcon = (size: number): Buffer => {
  const pixels = Buffer.alloc(size * size * 4);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) pixels.set(pixelAt(x, y, size), (y * size + x) * 4);
  }
  return encodePng(size, size, pixels);
};

const pixelAt = (x: number, y: number, size: number): readonly number[] => {
  const sum = [0, 0, 0];
  let covered = 0;
  for (let i = 0; i < samples * samples; i++) {
    const u = (x + ((i % samples) + 0.5) / samples) / size;
    const v = (y + (Math.floor(i / samples) + 0.5) / samples) / size;
    const color = colorAt(u, v);
    if (!color) continue;
    covered++;
    color.forEach((part, k) => {
      sum[k] = (sum[k] ?? 0) + part;
    });
  }
  if (covered === 0) return [0, 0, 0, 0];
  return [...sum.map((part) => Math.round(part / covered)), Math.round((255 * covered) / samples ** 2)];
};

/** What is at a point of the unit square; null outside the rounded ground. */
const colorAt = (u: number, v: number): Color | null => {
  if (!inRoundedSquare(u, v)) return null;
  const bar = alongBar(u, v);
  if (bar !== null) return Math.floor(bar * 5) % 2 === 1 ? amber : white;
  const inPost = u > 0.2 && u < 0.34 && v > 0.5 && v < 0.8;
  const inFoot = u > 0.14 && u < 0.86 && v > 0.76 && v < 0.83;
  return inPost || inFoot ? white : ground;
};

const inRoundedSquare = (u: number, v: number): boolean => {
  const radius = 0.22;
  const dx = Math.max(Math.abs(u - 0.5) - (0.5 - radius), 0);
  const dy = Math.max(Math.abs(v - 0.5) - (0.5 - radius), 0);
  return dx * dx + dy * dy <= radius * radius;
};

/** How far along the bar a point lies, 0…1; null beside it. */
const alongBar = (u: number, v: number): number | null => {
  const [x, y, dx, dy, halfWidth] = [0.27, 0.6, 0.56, -0.38, 0.075];
  const along = ((u - x) * dx + (v - y) * dy) / (dx * dx + dy * dy);
  const t = Math.min(Math.max(along, 0), 1);
  return Math.hypot(u - x - t * dx, v - y - t * dy) <= halfWidth ? t : null;
};
