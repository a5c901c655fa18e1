/** A picture for each product of a sandbox shop, drawn when it is asked for. */
import type { Request, Response } from 'express';
import sharp from 'sharp';

export async function drawImage(req: Request, res: Response): Promise<void> {
  const { product, image } = req.params;
  const hue = (Number(product) * 47 + Number.parseInt(String(image), 10) * 120) % 360;
  const background = `hsl(${hue}, 60%, 60%)`;
  const drawn = sharp({ create: { width: 640, height: 640, channels: 3, background } });
  res.type('jpeg').send(await drawn.jpeg().toBuffer());
}
