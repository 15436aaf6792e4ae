import type { ContractTemplate, Template } from '$lib/api/types'
import { moved, MOST_CLAUSES, newClause, templateBody, typedTemplate, type TypedClause, type TypedTemplate } from './template'

interface Kept {
  template: Template
  number: number
}

/** A template while it is typed. It outlives the page, in the tab, with the version it was typed over. */
export class TemplateDraft {
  content = $state<TypedTemplate>({ title: { zh: '', en: '' }, clauses: [], annexes: [] })
  /** The published version that was typed over. */
  number = $state(0)
  touched = $state(false)
  /** What was removed last, to put it back. */
  removed = $state.raw<{ clause: TypedClause; at: number } | null>(null)
  #place: string

  constructor(type: string, published: ContractTemplate) {
    this.#place = `cardea.template.${type}`
    const kept = JSON.parse(sessionStorage.getItem(this.#place) ?? 'null') as Kept | null
    this.begin(kept === null ? published : { ...kept, staff_id: null })
    this.touched = kept !== null
  }

  /** Begins anew with a published version. */
  begin({ template, number }: ContractTemplate): void {
    this.content = typedTemplate(template)
    this.number = number
    this.removed = null
    this.touched = false
  }

  /** Another text over the same version. */
  replace(template: Template): void {
    this.content = typedTemplate(template)
    this.removed = null
    this.touched = true
  }

  body(): Template {
    return templateBody($state.snapshot(this.content) as TypedTemplate)
  }

  keep(): void {
    const kept: Kept = { template: this.body(), number: this.number }
    if (this.touched) sessionStorage.setItem(this.#place, JSON.stringify(kept))
    else sessionStorage.removeItem(this.#place)
  }

  /** A new clause at a place; its key. */
  add(at: number): number | null {
    if (this.content.clauses.length >= MOST_CLAUSES) return null
    const clause = newClause()
    this.content.clauses.splice(at, 0, clause)
    this.touched = true
    return clause.key
  }

  remove(at: number): void {
    const [clause] = this.content.clauses.splice(at, 1)
    if (clause === undefined) return
    this.removed = { clause, at }
    this.touched = true
  }

  restore(): number | null {
    if (this.removed === null) return null
    const { clause, at } = this.removed
    this.content.clauses.splice(at, 0, clause)
    this.removed = null
    return clause.key
  }

  move(at: number, by: number): void {
    this.content.clauses = moved(this.content.clauses, at, by)
    this.touched = true
  }
}
