/** Serves the built admin page: its files compressed beforehand, and for every address of it the one document. */
import { existsSync, readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import express, { Router, type RequestHandler } from 'express';
import helmet from 'helmet';
import { builtFolder } from '../admin/build.ts';

const YEAR_MS = 31_536_000_000;
/** Addresses that belong to the page; its router knows what is behind them. */
const pageAddress = /^\/($|c\/|sign-in$|welcome$|set-password\/)/;

export function pageRoutes(folder: string = builtFolder): Router {
  const router = Router();
  router.use('/assets', preferCompressed(join(folder, 'assets')));
  router.use(
    express.static(folder, {
      index: false,
      setHeaders(res, path) {
        // the names of assets hold the hash of their content
        const kept = path.includes('/assets/') ? `public, max-age=${YEAR_MS / 1_000}, immutable` : 'no-cache';
        res.setHeader('cache-control', kept);
      },
    }),
  );
  const documentPath = join(folder, 'index.html');
  let document = '';
  router.get(pageAddress, (_req, res, next) => {
    if (!document && existsSync(documentPath)) document = readFileSync(documentPath, 'utf8');
    if (!document) return next();
    const nonce = randomBytes(16).toString('base64');
    policy(nonce)(_req, res, () => {
      res.set('cache-control', 'no-store').type('html').send(document.replaceAll('__NONCE__', nonce));
    });
  });
  return router;
}

/** Scripts, pictures and calls of this origin only; styles that the page makes itself carry the answer's nonce. */
const policy = (nonce: string): RequestHandler =>
  helmet.contentSecurityPolicy({
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'", `'nonce-${nonce}'`],
      imgSrc: ["'self'", 'data:', 'blob:'],
      connectSrc: ["'self'"],
      fontSrc: ["'self'"],
      manifestSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
  });

const encodings = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;
const kinds: Record<string, string> = { js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml' };

/** Answers `name.js` with `name.js.br` for those who take it. */
function preferCompressed(folder: string): RequestHandler {
  return (req, res, next) => {
    const [, ending = ''] = /^\/[\w-]+(?:\.[\w-]+)*\.(js|css|svg)$/.exec(req.path) ?? [];
    const kind = kinds[ending];
    if (!kind) return next();
    res.vary('accept-encoding');
    const found = encodings.find(
      ([name, tail]) => req.acceptsEncodings(name) === name && existsSync(join(folder, req.path + tail)),
    );
    if (!found) return next();
    res.set('content-encoding', found[0]).type(kind);
    req.url += found[1];
    next();
  };
}
