import { Validator, type OutputUnit, type Schema as CfSchema, type ValidationResult } from '@cfworker/json-schema'
import { createFormValidator } from '@sjsf/cfworker-validator'
import { hasText, t } from '$lib/i18n/index.svelte'

/** Keywords whose errors only repeat that something inside is wrong. */
const CONTAINERS = new Set(['properties', 'items', 'prefixItems', 'additionalProperties', '$ref', 'allOf', 'if', 'then', 'else'])

/** Interprets the schema (no code is generated, so no eval), and words its errors in the page's language. */
class WordedValidator extends Validator {
  override validate(instance: unknown): ValidationResult {
    const { valid, errors } = super.validate(instance)
    return { valid, errors: errors.filter((unit) => !CONTAINERS.has(unit.keyword)).map(worded) }
  }
}

function worded(unit: OutputUnit): OutputUnit {
  return hasText(`schema-${unit.keyword}`) ? { ...unit, error: t(`schema-${unit.keyword}`) } : unit
}

export function formValidator<T>() {
  return createFormValidator<T>({
    factory: (schema) => new WordedValidator(schema as CfSchema, '2020-12', false),
  })
}
