/** A UUIDv7 (RFC 9562 §5.7): 48 bits of time, the version, then random but for the two bits of the variant. */
export const uuid7 = (now: number): string => {
  const random = Array.from(crypto.getRandomValues(new Uint16Array(5)), (word, i) => {
    const marked = i === 0 ? (word & 0xfff) | 0x7000 : i === 1 ? (word & 0x3fff) | 0x8000 : word;
    return hex(marked, 4);
  });
  return (hex(now, 12) + random.join("")).replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
};

/** The time inside a UUIDv7, ms since 1970; NaN for what is none. */
export const uuidTime = (id: string): number => Number("0x" + id.slice(0, 8) + id.slice(9, 13));

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");
