import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// `npm run dev` proxies the API to a webd on this machine.
const webd = process.env['WEBD'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: '../build/dashboard',
    emptyOutDir: true,
    // webd's content security policy permits only its own files
    assetsInlineLimit: 0,
  },
  server: { proxy: { '/api': webd } },
});
