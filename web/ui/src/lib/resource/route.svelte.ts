// Addresses within a page stand behind the #: #/stores/<id>/edit. The browser's own back and forward work. What a list is asked for
// stands behind a ?, so that the address can be sent to a colleague.

const state = $state({ parts: parts(), asked: filter() })

function hash(): string {
  return location.hash.replace(/^#\/?/, '')
}

function parts(): string[] {
  return (hash().split('?')[0] ?? '').split('/').filter((part) => part !== '')
}

function filter(): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(hash().split('?')[1] ?? ''))
}

addEventListener('hashchange', () => {
  state.parts = parts()
  state.asked = filter()
})

export function route(): string[] {
  return state.parts
}

/** What the address asks a list for. */
export function asked(): Record<string, string> {
  return state.asked
}

/** Puts it into the address, in place of what stood there. */
export function ask(wanted: Record<string, string>): void {
  const query = new URLSearchParams(Object.entries(wanted).filter(([, value]) => value !== '')).toString()
  const address = `/${state.parts.join('/')}${query === '' ? '' : `?${query}`}`
  if (address === `/${hash()}`) return
  history.replaceState(history.state, '', `#${address}`)
  state.asked = filter()
}

export function go(...parts: string[]): void {
  location.hash = `/${parts.join('/')}`
}
