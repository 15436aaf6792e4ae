import { call, problemOf } from '$lib/api/client'
import type { Customer, CustomerInput, FormOfAddress, LunarDay } from '$lib/api/types'
import { plainText } from '$lib/decimal'
import { me } from '$lib/session.svelte'

/** The register form of somebody new. */
export class NewCustomer {
  name = $state('')
  formOfAddress = $state<FormOfAddress>('ms')
  phone = $state('')
  birthday = $state('')
  /** The birthday is kept by the lunar calendar; `lunarTyped` is its day there, `lunarName` what it is called. */
  lunar = $state(false)
  lunarTyped = $state('')
  lunarName = $state('')
  lunarFault = $state('')
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

  /** Fills the day of the other calendar in. The server knows: browsers have tables of their own, some a day off. */
  async convert(from: 'day' | 'lunar'): Promise<void> {
    const typed = from === 'day' ? this.birthday : this.lunarTyped.trim()
    this.lunarName = this.lunarFault = ''
    if (!this.lunar || typed === '') return
    try {
      const found = await call<LunarDay>(`/lunar-days?${from}=${encodeURIComponent(plainText(typed))}`)
      const { year, month, leap, day } = found.lunar
      this.birthday = found.day
      this.lunarTyped = `${year}-${leap ? '闰' : ''}${month}-${day}`
      this.lunarName = found.zh
    } catch (error) {
      const problem = problemOf(error)
      this.lunarFault = problem.errors?.[0]?.detail ?? problem.detail
    }
  }

  body(storeId: string): CustomerInput {
    return {
      name: this.name.trim(),
      form_of_address: this.formOfAddress,
      phones: this.phone.trim() === '' ? [] : [plainText(this.phone)],
      birthday: this.birthday === '' ? null : this.birthday,
      birthday_calendar: this.lunar ? 'lunar' : 'solar',
      store_id: storeId,
      consultant_id: this.consultantId === '' ? null : this.consultantId,
      introducer_customer_id: this.introducer?.id ?? null,
      consent: { marketing: this.marketing, privacy: this.privacy },
    }
  }
}
