/** The shop's products: generated, then changed and removed by hand. */
import { generateProduct, placeOf, type GenerateOptions, type WooProduct } from './generate.ts';

export interface WooStock {
  /** Undefined for a product that is gone, or never was. */
  find(id: number): WooProduct | undefined;
  /** In the order of their ids; made one by one. */
  all(): Iterable<WooProduct>;
  put(product: WooProduct): void;
  remove(id: number): void;
}

export function createWooStock(size: number, options: GenerateOptions): WooStock {
  const changed = new Map<number, WooProduct>();
  const removed = new Set<number>();
  const at = (place: number): WooProduct | undefined => {
    const made = generateProduct(place, options);
    return removed.has(made.product.id) ? undefined : (changed.get(made.product.id) ?? made);
  };
  return {
    find(id) {
      const place = placeOf(id);
      return Number.isInteger(place) && place >= 0 && place < size ? at(place) : undefined;
    },
    *all() {
      for (let place = 0; place < size; place++) {
        const found = at(place);
        if (found) yield found;
      }
    },
    put: (product) => void changed.set(product.product.id, product),
    remove: (id) => void removed.add(id),
  };
}
