/** Who made a phone or tablet, by how its model is called; the first that fits. */
const brands: readonly (readonly [model: RegExp, brand: string])[] = [
  [/^(?:SM|GT|SCH|SGH|SHV)-|^SAMSUNG/i, "Samsung"],
  [/^(?:iPhone|iPad|iPod)/, "Apple"],
  [/^(?:Pixel|Nexus)\b/, "Google"],
  [/^(?:Redmi|POCO|Mi\b|MI\b|MIX\b|Xiaomi|HM NOTE|M2\d{3}[A-Z]|2\d{3,8}[A-Z][0-9A-Z]*$)/, "Xiaomi"],
  [/^(?:moto|Moto|motorola|XT\d{4})/, "Motorola"],
  [/^(?:ONEPLUS|OnePlus|(?:HD|IN|KB|LE|NE|MT|GM|AC|BE|DN|EB|CPH25)\d{2,4}\b)/, "OnePlus"],
  [/^(?:OPPO|CPH\d{4})/i, "Oppo"],
  [/^(?:vivo|V\d{4}[A-Z]?\b)/i, "Vivo"],
  [/^(?:realme|RMX\d{4})/i, "Realme"],
  [/^(?:Nokia|TA-\d{4})/, "Nokia"],
  [/^(?:HUAWEI|[A-Z]{3}-(?:L|AL|TL|LX|AN|NX|W)\d)/, "Huawei"],
  [/^(?:HONOR)/i, "Honor"],
  [/^(?:LM-|LG-|LGE)/, "LG"],
  [/^(?:XQ-|SO-\d|SOV|[CDEFG]\d{4}$|Xperia)/, "Sony"],
  [/^(?:ASUS|ZS\d{3}|ZB\d{3}|ZC\d{3})/, "Asus"],
  [/^(?:Lenovo|TB-|TB\d{3})/, "Lenovo"],
  [/^(?:Infinix)/i, "Infinix"],
  [/^(?:TECNO)/i, "Tecno"],
  [/^(?:itel)/i, "Itel"],
  [/^(?:FP\d)/, "Fairphone"],
  [/^(?:KF[A-Z]{2,6}$|AFT)/, "Amazon"],
  [/^(?:A06[35]|A142|A15\d$|Nothing)/, "Nothing"],
  [/^(?:ZTE)/i, "ZTE"],
  [/^(?:HTC)/i, "HTC"],
];

/** Null for a model that nobody here knows. */
export const brandOf = (model: string | null): string | null =>
  model === null ? null : (brands.find(([pattern]) => pattern.test(model))?.[1] ?? null);
