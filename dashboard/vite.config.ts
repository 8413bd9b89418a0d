import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// `npm run dev` gives the pages what a webd on this machine answers.
const webd = process.env['WEBD'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: '../build/dashboard',
    emptyOutDir: true,
    // webd's content security policy lets nothing in but files of its own
    assetsInlineLimit: 0,
  },
  server: { proxy: { '/api': webd } },
});
