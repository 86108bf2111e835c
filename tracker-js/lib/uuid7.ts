/** A UUIDv7 (RFC 9562 §5.7): 48 bits of time, the version, the variant, and 72 random bits. */
export const uuid7 = (now = Date.now()): string => {
  let digits = now.toString(16).padStart(12, "0");
  // No method of Array: pages replace them, and some give `Array.from` another meaning.
  for (const word of crypto.getRandomValues(new Uint16Array(5))) {
    digits += (word + 0x1_0000).toString(16).slice(1); // four digits
  }
  return digits.replace(/(.{8})(.{4}).(...).(...)/, "$1-$2-7$3-8$4-");
};
