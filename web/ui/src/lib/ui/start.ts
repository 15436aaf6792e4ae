import { mount, type Component } from 'svelte'
import '$lib/styles/base.css'
import { restore, toLogin } from '$lib/session.svelte'
import Unreachable from './Unreachable.svelte'

/** Draws a page that only exists for somebody who is logged in. */
export async function start(page: Component): Promise<void> {
  const target = document.getElementById('app')
  if (target === null) throw new Error('#app is missing')
  try {
    if (await restore()) mount(page, { target })
    else toLogin()
  } catch (error) {
    mount(Unreachable, { target, props: { error } })
  }
}
