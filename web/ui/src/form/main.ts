import { mount } from 'svelte'
import '$lib/styles/base.css'
import FormPage from './FormPage.svelte'

const target = document.getElementById('app')
if (target) mount(FormPage, { target })
