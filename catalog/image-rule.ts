/** What a channel wants of an image. Sizes in pixels and bytes. */
export interface ImageRule {
  minWidth: number;
  minHeight: number;
  maxWidth: number;
  maxHeight: number;
  maxBytes: number;
  /** In order of preference. */
  formats: readonly ('jpeg' | 'png')[];
  /** Width divided by height to pad to on white; absent: as it is. */
  aspect?: number;
}
