import type { createProductStore } from '../catalog/store/products.ts';

/** As `prepare-images` leaves products whose pictures are fine: they are to be checked next. */
export async function pretendPrepared(
  catalogId: string,
  products: ReturnType<typeof createProductStore>,
): Promise<void> {
  for (;;) {
    const page = await products.takeNeeding(catalogId, 'images', 1_000);
    if (page.length === 0) return;
    await products.savePrepared(
      page.map(({ id, revision, images }) => ({
        id,
        revision,
        prepared: images.map(({ url }, n) => ({
          url, key: `images/ab/${String(n).padStart(64, 'a')}.jpg`, width: 1024, height: 1024, bytes: 90_000, format: 'jpeg' as const,
          original: { width: 2000, height: 2000, format: 'jpeg', bytes: 400_000 }, sourceHash: 'a'.repeat(64), ruleKey: 'bench', checkedAt: new Date(),
        })),
      })),
    ); // prettier-ignore
  }
}
