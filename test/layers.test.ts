/** The plan of the house (style.md 2.1), kept by a test: who may import whom, and which library has which door. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '..');
/** Each imports only from itself and from those before it. */
const layers = ['catalog', 'feeds', 'jobs', 'services'];
/** Folders whose children never meet. */
const siblings = ['catalog/sources', 'feeds/channels'];

/** Library → the only files that import it. Tests and benchmarks stand outside: they compare with the bare libraries. */
const doors: Record<string, RegExp> = {
  express: /^services\/(web|sandbox)\//,
  'express-rate-limit': /^services\/(web|sandbox)\//,
  helmet: /^services\/web\//,
  'swagger-ui-express': /^services\/web\//,
  '@asteasolutions/zod-to-openapi': /^services\/web\//,
  'prom-client': /^services\/web\/metrics\.ts$/,
  mongoose: /^((catalog|feeds)\/store\/|jobs\/queues\/|services\/database\.ts$)/,
  mongodb: /^((catalog|feeds)\/store\/|jobs\/queues\/|services\/(database\.ts$|embedded-store\/))/,
  sharp: /^(catalog\/image[^/]*\.ts$|services\/sandbox\/shops?\/)/,
  'csv-parse': /^(catalog\/tables|feeds\/formats|services\/sandbox)\//,
  bullmq: /^jobs\/queues\/bullmq\.ts$/,
  ioredis: /^(jobs\/queues\/bullmq|services\/doctor)\.ts$/,
  nodemailer: /^services\/notify\.ts$/,
  'node-cron': /^jobs\/schedule\.ts$/,
  'cron-parser': /^jobs\/cron-line\.ts$/,
  cronstrue: /^jobs\/cron-line\.ts$/,
  '@shopify/shopify-api': /^catalog\/sources\/shopify\//,
  yauzl: /^catalog\/address\/zip\.ts$/,
  'basic-ftp': /^catalog\/address\/ftp\.ts$/,
  ssh2: /^catalog\/address\/sftp\.ts$/,
  graphql: /^services\/sandbox\/shops\//,
  lmdb: /^services\/embedded-store\//,
  mingo: /^services\/embedded-store\//,
  winston: /^services\/log\.ts$/,
  undici: /^services\/http-client\.ts$/,
  '@aws-sdk/client-s3': /^services\/s3-file-store\.ts$/,
  '@aws-sdk/lib-storage': /^services\/s3-file-store\.ts$/,
  '@opentelemetry/api': /^services\/tracing\.ts$/,
  '@opentelemetry/sdk-trace': /^services\/tracing\.ts$/,
  '@opentelemetry/resources': /^services\/tracing\.ts$/,
  '@opentelemetry/exporter-trace-otlp-http': /^services\/tracing\.ts$/,
  commander: /^services\/cli\//,
  react: /^services\/admin\//,
  '@mantine/core': /^services\/admin\//,
  '@tanstack/react-query': /^services\/admin\/(?!build)/,
  'intl-messageformat': /^services\/admin\/messages\/text\.ts$/,
  vite: /^services\/admin\/(build|vite\.config)\.ts$/,
};
const environmentDoor = /^services\/config\.ts$/;
/** Nobody else looks inside, and it looks at nobody. */
const embeddedStore = 'services/embedded-store/';
const embeddedStoreDoor = 'services/embedded-store/start.ts';

/** Path → text of every TypeScript file of the four folders; editors' and engineers' dot files are no part of it. */
function readTree(): Record<string, string> {
  const paths = layers.flatMap((layer) =>
    readdirSync(join(root, layer), { recursive: true, encoding: 'utf8' })
      .map((path) => join(layer, path))
      .filter((path) => /\.tsx?$/.test(path) && !/\/\.|\/dist\//.test(path)),
  );
  return Object.fromEntries(paths.flatMap((path) => readIfThere(path)));
}

/** A file that another test made and took away again between the listing and the reading is no part of the tree either. */
function readIfThere(path: string): [path: string, text: string][] {
  try {
    return [[path, readFileSync(join(root, path), 'utf8')]];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** What a file imports: libraries by name, files by their path from the root. */
function findImports(path: string, text: string): string[] {
  const found = text.matchAll(/\b(?:from|import)\s*\(?\s*'([^'\n]+)'/g);
  return [...found].map(([, name = '']) => (name.startsWith('.') ? join(dirname(path), name) : name));
}

const layerOf = (path: string): number => layers.indexOf(path.split('/')[0] ?? '');
const isDoorOf = (library: string, name: string): boolean =>
  name === library || name.startsWith(`${library}/`);

/** One sentence per breach. */
function findBreaches(tree: Record<string, string>): string[] {
  return Object.entries(tree).flatMap(([path, text]) => {
    const imports = findImports(path, text).flatMap((name) =>
      layerOf(name) >= 0 ? judgeFile(path, name) : judgeLibrary(path, name),
    );
    const code = text.replace(/^\s*(?:\/\/|\*|\/\*).*$/gm, '');
    const reads = /\bprocess\s*\.\s*env\b|\bprocess\.loadEnvFile\b/.test(code) && !environmentDoor.test(path);
    return reads ? [...imports, `${path} reads the environment`] : imports;
  });
}

function judgeFile(path: string, name: string): string[] {
  const breaches: string[] = [];
  if (layerOf(name) > layerOf(path)) breaches.push(`${path} looks to the right, at ${name}`);
  for (const folder of siblings) {
    const [mine, other] = [path, name].map((one) => one.startsWith(`${folder}/`) && one.split('/')[2]);
    if (mine && other && mine !== other) breaches.push(`${path} meets its sibling ${name}`);
  }
  const inside = [path, name].map((one) => one.startsWith(embeddedStore));
  if (inside[0] !== inside[1] && name !== embeddedStoreDoor)
    breaches.push(`${path} and ${name} meet past the door of the embedded store`);
  return breaches;
}

function judgeLibrary(path: string, name: string): string[] {
  const door = Object.entries(doors).find(([library]) => isDoorOf(library, name));
  return door && !door[1].test(path) ? [`${path} imports ${name}, which has another door`] : [];
}

describe('the layers', () => {
  const tree = readTree();

  it('import only to the left, no sibling, and no library past its door', () => {
    expect(findBreaches(tree)).toEqual([]);
  });

  it('hold every door that is named, so that no rule watches over nothing', () => {
    const used = new Set(Object.entries(tree).flatMap(([path, text]) => findImports(path, text)));
    const unused = Object.keys(doors).filter((library) => ![...used].some((name) => isDoorOf(library, name)));
    expect(unused).toEqual([]);
    expect(tree['services/config.ts']).toMatch(/process\.env/);
    expect(used).toContain(embeddedStoreDoor);
  });
});

describe('the watch over the layers', () => {
  it.each([
    ['a look to the right', 'catalog/a.ts', "import { b } from '../feeds/b.ts';"],
    ['a type from the right', 'feeds/a.ts', "import type { B } from '../services/config.ts';"],
    ['an import that comes late', 'jobs/a.ts', "await import('../services/log.ts');"],
    ['a re-export from the right', 'catalog/store/a.ts', "export { b } from '../../jobs/job.ts';"],
    ['a channel in another', 'feeds/channels/meta/a.ts', "import { b } from '../google/b.ts';"],
    ['a source in another', 'catalog/sources/csv/a.ts', "import { b } from '../shopify/b.ts';"],
    ['express in a job', 'jobs/a.ts', "import express from 'express';"],
    ['a part of a library', 'feeds/a.ts', "import { parse } from 'csv-parse/sync';"],
    ['mongoose in a route', 'services/web/a.ts', "import mongoose from 'mongoose';"],
    ['an import over several lines', 'feeds/a.ts', "import {\n  a,\n  b,\n} from 'sharp';"],
    ['an import for its effect', 'jobs/a.ts', "import 'node-cron';"],
    ['the environment', 'services/web/a.ts', "const port = process.env['PORT'];"],
    ['the store past its door', 'services/main.ts', "import { b } from './embedded-store/read.ts';"],
    ['the store looking out', 'services/embedded-store/a.ts', "import { b } from '../../catalog/errors.ts';"],
  ])('sees %s', (_name, path, text) => {
    expect(findBreaches({ [path]: text })).toHaveLength(1);
  });

  it.each([
    ['feeds/channels/meta/a.ts', "import { b } from './b.ts';\nimport { c } from '../../spec.ts';"],
    ['services/web/a.ts', "import express from 'express';\nimport { b } from '../../catalog/errors.ts';"],
    ['services/database.ts', "import { startEmbeddedStore } from './embedded-store/start.ts';"],
    ['jobs/a.ts', "// process.env is read elsewhere\nimport { cron } from './schedule.ts';"],
  ])('lets %s do what it may', (path, text) => {
    expect(findBreaches({ [path]: text })).toEqual([]);
  });
});
