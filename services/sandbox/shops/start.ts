/** The shops' servers for the demo and the tests, on this machine only. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { createShopifySandbox, type ShopifySandbox, type ShopifySandboxOptions } from './shopify/index.ts';

export interface Shops {
  url: string;
  shopify: ShopifySandbox & { connect: Record<string, unknown> };
  stop(): Promise<void>;
}

export async function startShops({
  shopify: options,
}: { shopify?: ShopifySandboxOptions } = {}): Promise<Shops> {
  const app = express();
  app.disable('x-powered-by');
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const shopify = createShopifySandbox({
    imageUrl: (product, image) => `${url}/shopify/images/${product}/${image}.jpg`,
    ...options,
  });
  app.use('/shopify', shopify.router);
  const { shop, accessToken, apiSecret } = shopify;
  return {
    url,
    shopify: { ...shopify, connect: { shop, accessToken, apiSecret, baseUrl: `${url}/shopify` } },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
