/** An item's picture, or an empty place of the same size; the text beside it says what it is. */
import { IconPhotoOff } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';

export function Picture(props: { src?: string; size: number; alt?: string }): ReactNode {
  const { src, size, alt = '' } = props;
  const [broken, setBroken] = useState(false);
  if (src === undefined || broken)
    return (
      <span className="picture" style={{ width: size, height: size }}>
        <IconPhotoOff size={Math.min(20, size / 2)} aria-hidden />
      </span>
    );
  return (
    <img
      className="picture"
      src={toOwn(src)}
      width={size}
      height={size}
      loading="lazy"
      decoding="async"
      alt={alt}
      onError={() => setBroken(true)}
    />
  );
}

/** Our own files by their path: the public address may be another one than the page's. */
export function toOwn(address: string): string {
  const at = address.indexOf('/files/');
  return at < 0 ? address : address.slice(at);
}
