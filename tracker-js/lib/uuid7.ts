/**
 * A UUIDv7 (RFC 9562 §5.7): 48 bits of time, the version, the variant, and 18 random digits. They are decimal, which
 * hexadecimal ones may be, and shorter to make: 60 bits within a millisecond.
 */
export const uuid7 = (agoMs = 0): string =>
  // The time has eleven digits until the year 2527. No method of Array: pages replace them.
  `0${(Date.now() - agoMs).toString(16)}${crypto.getRandomValues(new Uint32Array(5)).join("")}`.replace(
    /(.{8})(....)(...)(...)(.{12}).*/,
    "$1-$2-7$3-8$4-$5",
  );
