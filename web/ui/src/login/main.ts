import { mount } from 'svelte'
import '$lib/styles/base.css'
import Login from './Login.svelte'

const target = document.getElementById('app')
if (target) mount(Login, { target })
