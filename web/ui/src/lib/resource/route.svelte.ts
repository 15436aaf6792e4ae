// Addresses within a page stand behind the #: #/stores/<id>/edit. The browser's own back and forward work.

const state = $state({ parts: read() })

function read(): string[] {
  return location.hash.replace(/^#\/?/, '').split('/').filter((part) => part !== '')
}

addEventListener('hashchange', () => (state.parts = read()))

export function route(): string[] {
  return state.parts
}

export function go(...parts: string[]): void {
  location.hash = `/${parts.join('/')}`
}
