import { defineConfig } from 'vite';

// FURIOSA_ADMIN names a running admin listener for `npm run dev`.
const admin = process.env.FURIOSA_ADMIN ?? 'http://127.0.0.1:18000';

export default defineConfig({
  base: '/admin/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../built',
    emptyOutDir: true,
    target: ['chrome123', 'firefox121', 'safari17.5'],
    modulePreload: false,
    reportCompressedSize: false,
  },
  // The listener answers no pages of other origins, which this one is.
  server: { proxy: { '/admin/api': { target: admin, changeOrigin: true, headers: { origin: admin } } } },
});
