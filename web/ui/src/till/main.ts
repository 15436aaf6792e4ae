import { start } from '$lib/ui/start'
import Till from './Till.svelte'

void start(Till)
