/**
 * What the shop says of shipping costs, as groups. Shops write it in Google's form, of which other channels take a part:
 * https://support.google.com/merchants/answer/6324484
 */
export interface ShippingGroup {
  /** ISO 3166-1; empty: every country. */
  country: string;
  region: string;
  service: string;
  /** `9.99 USD` */
  price: string;
}

/** `US:CA:Ground:9.99 USD`, several between commas or on lines of their own; what has not this form is passed over. */
export function readShipping(text: string | undefined): ShippingGroup[] {
  if (text === undefined) return [];
  return text.split(/\n|[,;](?=\s*(?:[A-Z]{2})?:)/).flatMap((entry) => {
    const [country = '', region = '', service = '', price = ''] = entry.split(':').map((part) => part.trim());
    const isGood = /^(?:[A-Z]{2})?$/.test(country) && /^\d+(?:\.\d+)? [A-Z]{3}$/.test(price);
    return isGood ? [{ country, region, service, price }] : [];
  });
}

/** With all its colons, as Pinterest and TikTok want it. */
export const joinShipping = ({ country, region, service, price }: ShippingGroup): string =>
  [country, region, service, price].join(':');
