/**
 * A pure function of one text that keeps its last answers. Variants of a product share their texts, and every channel asks
 * the same of them again. Holds up to twice `most` texts; those of the older half that nobody asked for go first. A long
 * text is not held: a catalog of such would fill the memory.
 */
export function remember<V>(find: (text: string) => V, most: number): (text: string) => V {
  let young = new Map<string, V>();
  let old = new Map<string, V>();
  return (text) => {
    if (text.length > longest) return find(text);
    const known = young.get(text);
    if (known !== undefined || young.has(text)) return known as V;
    const value = old.has(text) ? (old.get(text) as V) : find(text);
    if (young.size >= most) [old, young] = [young, new Map()];
    young.set(text, value);
    return value;
  };
}

/** Characters; twice what the channels take of a description. */
const longest = 10_000;
