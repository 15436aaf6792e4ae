import { overrideByRecord } from '@sjsf/form/lib/resolver'
import { translation as english } from '@sjsf/form/translations/en'
import { t } from '$lib/i18n/index.svelte'

export const translation = overrideByRecord(english, {
  yes: () => t('yes'),
  no: () => t('no'),
  'add-array-item': () => t('add'),
  'copy-array-item': () => t('copy'),
  'add-object-property': () => t('add'),
  'move-array-item-down': () => '↓',
  'move-array-item-up': () => '↑',
  'remove-array-item': () => t('remove'),
  'remove-object-property': () => t('remove'),
  'key-input-title': () => t('key'),
  'additional-property': () => '',
  clear: () => t('clear'),
})
