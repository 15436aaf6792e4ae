import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

/** The form library's error message carries a style attribute, which the content security policy forbids. */
const withoutInlineStyle = {
  name: 'without-inline-style',
  enforce: 'pre',
  transform: {
    filter: { id: /@sjsf\/form\/.*\.svelte$/ },
    handler: (code) => code.replace(/ style="[^"]*"/g, ''),
  },
}

export default defineConfig({
  appType: 'mpa',
  plugins: [withoutInlineStyle, svelte()],
  resolve: { alias: { $lib: here('./src/lib') } },
  server: { proxy: { '/api': process.env.CARDEA_API ?? 'http://127.0.0.1:8080' } },
  build: {
    target: 'es2023',
    // The content security policy allows no data: addresses and no inline scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: {
        index: here('./index.html'),
        login: here('./login/index.html'),
        till: here('./till/index.html'),
        hq: here('./hq/index.html'),
        form: here('./form/index.html'),
      },
      output: {
        // Stable names: the build is committed and embedded in the server.
        entryFileNames: 'assets/[name].js',
        chunkFileNames: 'assets/[name].js',
        assetFileNames: 'assets/[name][extname]',
        codeSplitting: {
          groups: [
            { name: 'vendor', priority: 2, test: /node_modules\/(svelte|esm-env|clsx|@fluent)\// },
            { name: 'shared', priority: 1, test: /src\/lib\/(?!form\/)|locales\// },
            { name: 'forms', test: /node_modules|src\/lib\/form\// },
          ],
        },
      },
    },
  },
})
