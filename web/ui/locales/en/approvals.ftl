### What others have to agree to first

approval-to-do = For you to do
approval-used = Done on { $when }
approval-do-here = Others have agreed: finish it here by { $when }; after that you have to ask anew.
approval-do-by = Others have agreed: do exactly the same again by { $when }; after that you have to ask anew.
approval-do-staff = Fill in on the page of the staff what stands below, and save it; the request has no password, so type it again.
approval-do-export = Take the file again in the same format and for the same purpose.
approval-do-rules = Change the rules so
approval-go = Go to: { $page }

approval-kind-contract = Contract
approval-kind-configuration = Rules of a program
approval-kind-staff = Log-in
approval-kind-export = Personal data as a file
approval-kind-rules = Rules of approval
approval-kind-erasure = Erasure of personal data

request-all-figures = All figures
request-as-sent = The request as it was sent
request-no-stores = Whole chain
request-staff-user = User name
request-staff-role = Role
request-staff-store_ids = Stores
request-staff-active = Active
request-staff-password = New password
request-staff-same_person_as = Same person as
request-staff-why = The request holds no password.
request-export-of = What is taken
request-export-subject_id = Type of records
request-export-columns = Columns
request-export-format = Format
request-export-purpose = Purpose
request-of-customer-export = Customers, unmasked
request-of-record-export = Records

approval-rules = Approval rules
approval-rules-why = What others have to agree to first. Nobody decides on their own request, and two steps take two people.
approval-rules-own = Once one of them is set, a change of this page needs others’ agreement too.
approval-rule-configuration = Publishing rules of a program
approval-rule-configuration-why = A new version of a program: points, tiers, thresholds.
approval-rule-staff = Log-ins
approval-rule-staff-why = A new log-in, another role, other stores, making one active again, and a password for who approves.
approval-rule-export = Taking personal data away
approval-rule-export-why = Customers unmasked and records as a file; one yes is for one file.
approval-rule-steps-0 = No approval
approval-rule-steps-1 = One step
approval-rule-steps-2 = Two steps
request-erasure-scope = What goes
request-erasure-customer_id = Customer
request-erasure-record_id = Record
request-erasure-ground = Ground
request-erasure-reference = Letter or file
request-erasure-who = Open the customer's card
