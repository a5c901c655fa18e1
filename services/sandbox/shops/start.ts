/** The shops' servers for the demo and the tests, on this machine only. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { createShopifySandbox, type ShopifySandbox, type ShopifySandboxOptions } from './shopify/index.ts';
import { createWooCommerceSandbox, type WooCommerceSandbox, type WooCommerceSandboxOptions } from './woocommerce/index.ts'; // prettier-ignore

export interface Shops {
  url: string;
  shopify: ShopifySandbox & { connect: Record<string, unknown> };
  woocommerce: WooCommerceSandbox & { connect: Record<string, unknown> };
  stop(): Promise<void>;
}

export async function startShops({
  shopify: options,
  woocommerce: wooOptions,
}: { shopify?: ShopifySandboxOptions; woocommerce?: WooCommerceSandboxOptions } = {}): Promise<Shops> {
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
  const woocommerce = createWooCommerceSandbox({
    imageUrl: (product, image) => `${url}/woocommerce/images/${product}/${image}.jpg`,
    ...wooOptions,
  });
  app.use('/woocommerce', woocommerce.router);
  const { shop: wooShop, consumerKey, consumerSecret } = woocommerce;
  return {
    url,
    shopify: { ...shopify, connect: { shop, accessToken, apiSecret, baseUrl: `${url}/shopify` } },
    woocommerce: {
      ...woocommerce,
      connect: { shop: wooShop, consumerKey, consumerSecret, baseUrl: `${url}/woocommerce` },
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
