import { start } from '$lib/ui/start'
import Hq from './Hq.svelte'

void start(Hq)
