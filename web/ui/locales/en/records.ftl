### Lists, forms, records: what they share, and what each kind of record says itself

page-records = Records
cancel = Cancel
archive = Archive
restore = Restore
in-use = in use
archived = archived
all = all
nothing-here = Nothing here

field-name = Name
field-code = Code
field-active = State
field-kind = Kind
field-region_id = Region
field-time_zone = Time zone
field-user = User
field-role = Role
field-store_id = Store
field-store_ids = Stores
field-password = Initial password (10 characters or more)
field-must_change_password = Must change the password
field-platform_operator = Platform operator
field-program_id = Program
field-points = Points
field-stock = Stock
field-customer = Customer
field-display = Called
field-phones = Phones
field-birthday = Birthday
field-form_of_address = Form of address
field-identity_number = Identity number
field-identity_kind = Document
field-consultant_id = Consultant
field-introducer_customer_id = Introduced by
field-consent = Consent
field-consent_at = Consent given
field-external_ref = Reference elsewhere
field-acknowledge_duplicate = Another person with a known phone
field-created_at = Registered
field-query = Name, phone or last four digits
field-customer_id = Customer
field-state = State
field-tier = Tier
field-lots = Lots
field-tier_review = Kept until
field-next_tier = Next tier
field-opened_on = Opened
field-valid_through = Valid through
field-balances = Balances
field-not_earned = Why nothing is earned
field-reason = Reason
field-cards = Cards
field-receipt = Receipt
field-till = Till
field-source = Source
field-business_date = Business day
field-occurred_at = Time
field-member = Member
field-paid = Paid
field-rounding = Rounding
field-points_earned = Points earned
field-points_spent = Points spent
field-judged = Judged
field-over_limit = Booked beyond the limit
field-tier_next = New tier
field-returns = Returns
field-action = Action
field-at = Time
field-staff_id = Person
field-session_id = Session
field-source_ip = From
field-detail = Detail
field-subject = Subject
field-chain_id = Chain
field-lane = Lane
field-seq = Number
field-hash = Hash
field-from = From
field-until = Until

none-store_id = All stores
none-store_ids = The whole chain
none-stock = unlimited
none-time_zone = The chain's
none-staff_id = system

store-kind-own = own
store-kind-franchise = franchise
store-kind-dealer = dealer
document-kind-resident_id = identity card
document-kind-passport = passport
document-kind-hk_macau_permit = Hong Kong or Macau permit
document-kind-taiwan_permit = Taiwan permit
document-kind-other = another document
membership-state-open = open
membership-state-closed = closed
judgement-no_member = no member
judgement-judged = judged
judgement-unjudged = to be judged

regions = Regions
regions-why = How head office groups stores.
regions-new = New region
regions-edit = Edit region

stores = Stores
stores-why = Code and time zone never change; a store can't be archived while somebody works only there.
stores-new = New store
stores-edit = Edit store

staff = Staff
staff-why = Accounts, their roles and stores. Changes hold at once.
staff-new = New account
staff-edit = Edit account
staff-name = Name
staff-do-password = Reset password
staff-do-password-why = Hand it over in person or on paper. The account is logged out at once and must change it at the next log-in.

rewards-why = What customers get for their points at the till.
rewards-new = New reward
rewards-edit = Edit reward

customers = Customers
customers-why = The customer archive; contact data is masked.

memberships = Memberships
memberships-why = Customers in a program, newest first.

sales = Sales
sales-why = A store's bills, newest first.

audit = Audit log
audit-why = Who did what, when and from where, newest first.
