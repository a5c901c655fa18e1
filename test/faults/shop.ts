/** A shop that changes all the time, drawn by a seed, and what of it should be at the channel. */
const header =
  'Handle,Title,Body (HTML),Vendor,Option1 Name,Option1 Value,Variant SKU,Variant Price,Image Src,Status';

export interface ShopState {
  /** Offer id → price in cents; undefined: no price, so that no channel may have it. */
  items: Map<string, number | undefined>;
}

export interface Shop {
  state: ShopState;
  /** Ids that are in every version, with a price: nobody may ever take them down. */
  immortal: ReadonlySet<string>;
  /** How often each id changed, its first sight included. */
  changes: Map<string, number>;
  change(): void;
  toCsv(): string;
  /** Offer id → price as the channel writes it. */
  valid(): Map<string, string>;
}

export function createShop(prefix: string, products: number, random: () => number): Shop {
  const items = new Map<string, number | undefined>();
  const changes = new Map<string, number>();
  let made = 0;
  const price = (): number => 100 + Math.floor(random() * 90_000);
  const count = (id: string): void => void changes.set(id, (changes.get(id) ?? 0) + 1);
  const add = (cents: number | undefined): string => {
    const id = `${prefix}-${made++}`;
    items.set(id, cents);
    count(id);
    return id;
  };
  const immortal = new Set<string>();
  for (let n = 0; n < products; n++) {
    const bad = n % 8 === 7;
    const id = add(bad ? undefined : price());
    if (!bad && n % 2 === 0) immortal.add(id);
  }
  return {
    state: { items },
    immortal,
    changes,
    change() {
      for (const id of items.keys()) {
        const chance = random();
        if (chance < 0.15) {
          items.set(id, price());
          count(id);
        } else if (chance < 0.18 && !immortal.has(id)) {
          items.delete(id);
          count(id);
        }
      }
      if (random() < 0.7) add(price());
    },
    toCsv() {
      const rows = [...items].map(([id, cents]) => {
        const shown = cents === undefined ? '' : (cents / 100).toFixed(2);
        const image = `images/${Number(id.split('-').at(-1)) % 4}.jpg`;
        return `${id.toLowerCase()},Thing ${id},<p>A thing of use named ${id}.</p>,Maker,Title,Default Title,${id},${shown},${image},active`;
      });
      return [header, ...rows].join('\n');
    },
    valid() {
      const found = new Map<string, string>();
      for (const [id, cents] of items)
        if (cents !== undefined) found.set(id, `${(cents / 100).toFixed(2)} EUR`);
      return found;
    },
  };
}
