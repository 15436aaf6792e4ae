import type { Customer, CustomerInput, FormOfAddress } from '$lib/api/types'
import { plainText } from '$lib/decimal'
import { me } from '$lib/session.svelte'

/** The register form of somebody new. */
export class NewCustomer {
  name = $state('')
  formOfAddress = $state<FormOfAddress>('ms')
  phone = $state('')
  birthday = $state('')
  consultantId = $state('')
  introducer = $state.raw<Customer | null>(null)
  marketing = $state(false)
  privacy = $state(false)

  constructor(typed: string) {
    this.consultantId = me().staff_id
    this.take(typed)
  }

  /** What was typed in a search is the name or the phone of the new customer. */
  take(typed: string): void {
    const text = plainText(typed)
    if (/^\+?\d{7,}$/.test(text.replace(/[\s().-]/g, ''))) this.phone = text
    else if (!/^\d+$/.test(text)) this.name = text
  }

  /** The field that is still empty of those that most programs ask for before they give a card. */
  get missing(): 'customer-phone' | 'customer-birthday' | null {
    if (this.phone.trim() === '') return 'customer-phone'
    return this.birthday === '' ? 'customer-birthday' : null
  }

  body(storeId: string): CustomerInput {
    return {
      name: this.name.trim(),
      form_of_address: this.formOfAddress,
      phones: this.phone.trim() === '' ? [] : [plainText(this.phone)],
      birthday: this.birthday === '' ? null : this.birthday,
      store_id: storeId,
      consultant_id: this.consultantId === '' ? null : this.consultantId,
      introducer_customer_id: this.introducer?.id ?? null,
      consent: { marketing: this.marketing, privacy: this.privacy },
    }
  }
}
