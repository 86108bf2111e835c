/**
 * The tails of Student's t and of chi-square. Written here because the packages that have them bring
 * some 240 others and 28 MB with them for these three functions.
 */

/** P(|T| ≥ |t|) for Student's t. */
export const studentTails = (t: number, degrees: number): number => {
  const square = t * t;
  if (square === Number.POSITIVE_INFINITY) return 0;
  // Near the normal the fraction below loses digits; what this leaves out is of the order of 1 / ν².
  if (degrees > 1e6) return chiSquareTail((degrees - 0.5) * Math.log1p(square / degrees), 1);
  // The regularised incomplete beta function I_x(a, ½) at x = ν / (ν + t²), a = ν / 2 (DLMF 8.17).
  const a = degrees / 2;
  const y = square / (degrees + square);
  const x = degrees / (degrees + square);
  const front = Math.exp(logGammaStep(a) - a * Math.log1p(square / degrees)) * Math.sqrt(y / Math.PI);
  // Either fraction is right everywhere, and quick only on its own side.
  if (x < (a + 1) / (a + 2.5)) return (front / a) * betaFraction(x, a, 0.5);
  return 1 - (front / 0.5) * betaFraction(y, 0.5, a);
};

/** The t that both tails together leave `tails` beyond: 1.96 for 0.05 and many degrees. */
export const studentQuantile = (tails: number, degrees: number): number => {
  // The tail is convex, so Newton's method from 0 climbs to the root and never passes it.
  let t = 0;
  for (let step = 0; step < 200; step++) {
    const next = t + (studentTails(t, degrees) - tails) / (2 * studentDensity(t, degrees));
    if (!(next - t > 1e-15 * next)) return next;
    t = next;
  }
  return t;
};

/** P(X ≥ x) for chi-square. */
export const chiSquareTail = (x: number, degrees: number): number => {
  const a = degrees / 2;
  const y = x / 2;
  if (!(y > 0)) return 1;
  const front = Math.exp(a * Math.log(y) - y) / gammaOfHalves(degrees);
  return y < a + 1 ? 1 - front * gammaSeries(y, a) : front * gammaFraction(y, a);
};

const studentDensity = (t: number, degrees: number): number =>
  Math.exp(logGammaStep(degrees / 2) - ((degrees + 1) / 2) * Math.log1p((t * t) / degrees)) /
  Math.sqrt(Math.PI * degrees);

/** ln Γ(a + ½) − ln Γ(a). As a difference of two logarithms it would lose its digits for large a. */
const logGammaStep = (a: number): number => {
  let shift = 0;
  let z = a;
  for (; z < 20; z++) shift += Math.log(z / (z + 0.5));
  const s = 1 / (z * z);
  const series = (-1 / 8 + s * (1 / 192 + s * (-1 / 640 + s * (17 / 14336 - (s * 31) / 18432)))) / z;
  return shift + Math.log(z) / 2 + series;
};

/** Γ(degrees / 2) */
const gammaOfHalves = (degrees: number): number => {
  let gamma = degrees % 2 === 0 ? 1 : Math.sqrt(Math.PI);
  for (let z = degrees % 2 === 0 ? 1 : 0.5; z < degrees / 2; z++) gamma *= z;
  return gamma;
};

/** The continued fraction of DLMF 8.17.22, without its factor in front. */
const betaFraction = (x: number, a: number, b: number): number =>
  evaluateFraction(1, (k) => {
    const m = k >> 1;
    const over = (a + k - 1) * (a + k);
    const part = k % 2 === 1 ? -((a + m) * (a + b + m)) : m * (b - m);
    return [(part * x) / over, 1];
  });

/** The continued fraction of DLMF 8.9.2, without its factor in front. */
const gammaFraction = (y: number, a: number): number =>
  evaluateFraction(y + 1 - a, (k) => [-k * (k - a), y + 1 - a + 2 * k]);

const gammaSeries = (y: number, a: number): number => {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= y / (a + n);
    sum += term;
  }
  return sum;
};

/** 1 / (b₀ + a₁ / (b₁ + a₂ / (b₂ + …))) by the modified Lentz method; `next` gives aₖ and bₖ. */
const evaluateFraction = (b0: number, next: (k: number) => readonly [number, number]): number => {
  let f = awayFromZero(b0);
  let c = f;
  let d = 0;
  for (let k = 1; k < 100_000; k++) {
    const [a, b] = next(k);
    d = 1 / awayFromZero(b + a * d);
    c = awayFromZero(b + a / c);
    f *= c * d;
    if (Math.abs(c * d - 1) < 1e-16) break;
  }
  return 1 / f;
};

const awayFromZero = (x: number): number => (x === 0 ? 1e-300 : x);
