### Records: types, list, board, form

records = Records
records-why = Types of records that the chain declares itself, such as loan applications and installed machines. Each record is about a customer.
record-type-new = New type of records
record-type-edit = Change the type
record-type-why = Changed fields are a new version; older records are shown under the version they were written in, and lose nothing.
record-templates = Ready-made types
record-template-use = Use this type
record-board-field = Columns of the board
record-no-board = no board
record-columns = Columns of the list (at most { $most })
record-new = New record
records-all-customers = Show all customers
record-customer = Customer
record-other-customer = Somebody else
record-changed-at = Last change
record-draft = What was typed and not saved is here again.
record-history = History
record-event-create = Created
record-event-change = Changed
record-event-move = Moved
record-event-archive = Archived
record-event-restore = Restored
record-field-was = { $name }: before
records-export = Export as
record-was-empty = was empty
documents-missing = { $number ->
    [one] 1 document missing
   *[other] { $number } documents missing
 }
copies = { $copies ->
    [one] 1 copy
   *[other] { $copies } copies
 }
year = { $year }
own-copies = Copies
own-document-add = Add a document
own-kind-documents = checklist of documents
own-kind-years = number by year
board = Board
board-none = In no column
board-why = Drag a card to another column, or with the keyboard:
board-moved = { $who } is now in “{ $to }”
print = Print
files = Photographs and files
files-attach = Attach
files-none = No files yet
