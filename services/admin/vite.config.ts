/** How the admin page is built: into dist/, with a placeholder for the nonce that the web server puts in. */
import { defineConfig } from 'vite';

const service = 'http://127.0.0.1:3000';

export default defineConfig({
  root: import.meta.dirname,
  html: { cspNonce: '__NONCE__' },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    // nothing inline: the policy lets only files of this origin through
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 900,
    // libraries mark their files for servers that render; here everything runs in the browser
    rolldownOptions: {
      checks: { moduleLevelDirective: false },
      // what pages share comes in one file: in thirty of a kilobyte each, most of the time goes into asking for them
      output: { codeSplitting: { groups: [{ name: 'shared', minShareCount: 2 }] } },
    },
  },
  // `npm run dev:admin`: the page fresh from its source, in front of a running service
  server: {
    host: '127.0.0.1',
    proxy: { '/api': service, '/session': service, '/files': service, '/feeds': service },
  },
});
