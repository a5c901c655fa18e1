/** Every document that is sent to a shop, held against Shopify's own schema of 2025-01 (outside the repository). */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { buildClientSchema, parse, validate, type IntrospectionQuery } from 'graphql';
import * as documents from '../../../../catalog/sources/shopify/documents.ts';
import { optionsSchema } from '../../../../catalog/sources/shopify/options.ts';

const schemaFile = join(
  import.meta.dirname,
  '../../../../../shared/specs/official/shopify/admin_schema_2025-01.json.gz',
);
const withSchema = existsSync(schemaFile) ? describe : describe.skip;

const options = optionsSchema.parse({
  shop: 'my-shop.myshopify.com',
  accessToken: 't',
  apiSecret: 's',
  metafields: { 'custom.material': 'material' },
  market: 'DE',
  locale: 'de',
});
const plain = optionsSchema.parse({ shop: 'my-shop.myshopify.com', accessToken: 't', apiSecret: 's' });

const sent: [name: string, text: string][] = [
  ...Object.entries(documents as Record<string, unknown>).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  ),
  ['productsBulkQuery', documents.productsBulkQuery(options)],
  ['productsBulkQuery of changes', documents.productsBulkQuery(options, '2026-01-01T00:00:00Z')],
  ['productsBulkQuery, plain', documents.productsBulkQuery(plain)],
  ['productsDocument', documents.productsDocument(options)],
  ['variantsDocument', documents.variantsDocument(options)],
];

withSchema('a document sent to Shopify', () => {
  const load = () => {
    const { data, ...rest } = JSON.parse(gunzipSync(readFileSync(schemaFile)).toString()) as {
      data?: IntrospectionQuery;
    };
    return buildClientSchema(data ?? (rest as unknown as IntrospectionQuery));
  };
  const schema = existsSync(schemaFile) ? load() : undefined;
  const later = documents.laterArguments.map(
    ({ field, argument }) => `Unknown argument "${argument}" on field "${field}".`,
  );

  it.each(sent)('%s is valid, but for the arguments listed as later ones', (_name, text) => {
    if (!schema) throw new Error('no schema');
    const problems = validate(schema, parse(text)).map(({ message }) => message);
    expect(problems.filter((problem) => !later.includes(problem))).toEqual([]);
  });

  it('needs each of the later arguments that are listed, and the schema lacks each', () => {
    if (!schema) throw new Error('no schema');
    const problems = sent.flatMap(([, text]) => validate(schema, parse(text)).map(({ message }) => message));
    expect([...new Set(problems)].sort()).toEqual(later.toSorted());
  });
});

describe('a bulk query', () => {
  it('keeps to five connections, two deep', () => {
    const text = documents.productsBulkQuery(options);
    expect(text.match(/edges \{/g)?.length).toBeLessThanOrEqual(5);
  });
});
