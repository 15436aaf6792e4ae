import { home, restore, session, toLogin } from '$lib/session.svelte'

const known = await restore().catch(() => false)
if (known && session.me) location.replace(home(session.me))
else toLogin()
