//! Some rows of a file in one transaction: who is known is decided, the others are written a table at a time.

use super::OnMatch;
use super::matches::Known;
use super::person::{Reading, Ready, RowFault, told};
use super::row::{self, ImportRow};
use super::{ImportMapping, ImportState};
use crate::archive::card::CardGroup;
use crate::archive::card_change::note;
use crate::archive::row::find_living;
use crate::error::{Error, Result};
use crate::input::not_found;
use crate::keys::PersonKey;
use crate::merge::DuplicateKind;
use crate::merge::person::{Person, changed};
use crate::record::{NewRecord, add};
use crate::store::statement::{Waiting, statements};
use crate::store::{Answer, Conn, Id, Tx};
use cardea_domain::{Code, Refusal};
use serde_json::{Value, json};

statements! {
    InsertCustomer = "INSERT INTO customers (chain_id, id, name, form_of_address, store_id, consultant_id, \
        consent_marketing, consent_privacy, consent_at, external_ref, data_key, contact, created_at, version) VALUES {}" of "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)";
    InsertIndex = "INSERT INTO customer_indexes (chain_id, kind, digest, customer_id) VALUES {}" of "(?, ?, ?, ?)";
    InsertGram = "INSERT INTO search_grams (chain_id, gram, customer_id) VALUES {}" of "(?, ?, ?)";
    InsertCustomerCard = "INSERT INTO customer_cards (chain_id, customer_id, card) VALUES {}" of "(?, ?, ?)";
    InsertChange = "INSERT INTO file_import_changes (chain_id, import_id, line, subject_id, change) VALUES {}" of "(?, ?, ?, ?, ?)";
    InsertFault = "INSERT INTO file_import_faults (chain_id, import_id, line, place, reason) VALUES {}" of "(?, ?, ?, ?, ?)";
}

/// Rows of the file that go together.
pub(super) struct Batch {
    /// Rows of the file before and after it, bad and empty ones too.
    pub from: i64,
    pub to: i64,
    pub ready: Vec<Ready>,
    pub bad: Vec<(u64, RowFault)>,
}

/// What becomes of a row.
enum Verdict {
    Create,
    Update(Id),
    /// A record about this customer.
    Write(Id),
    Skip,
    Bad(RowFault),
}

/// What came of a batch.
#[derive(Default)]
pub(super) struct Tally {
    pub created: i64,
    pub updated: i64,
    pub skipped: i64,
    pub bad: i64,
}

/// A record is about one known customer.
fn about(known: &[Id]) -> Verdict {
    match known {
        [only] => Verdict::Write(*only),
        [] => Verdict::Bad(RowFault::row("没有这位顾客", "There is no such customer")),
        _ => Verdict::Bad(RowFault::row(
            "有几位顾客都符合，请先合并重复顾客",
            "Several customers match; merge the duplicates first",
        )),
    }
}

fn verdict(ready: &Ready, known: &[Id], on_match: OnMatch) -> Verdict {
    if ready.given.values.is_some() {
        return about(known);
    }
    let creatable = || {
        if ready.row.name.is_empty() {
            Verdict::Bad(RowFault::row("新顾客须有姓名", "A new customer needs a name"))
        } else if ready.row.store_id.0.is_nil() {
            Verdict::Bad(RowFault::row(
                "没有门店，也没有选默认门店",
                "No store, and no default store was chosen",
            ))
        } else {
            Verdict::Create
        }
    };
    match (known, on_match) {
        ([], _) => creatable(),
        (_, OnMatch::Skip) => Verdict::Skip,
        ([only], OnMatch::Update) => Verdict::Update(*only),
        (_, OnMatch::Update) => Verdict::Bad(RowFault::row(
            "有几位顾客都符合，请先合并重复顾客",
            "Several customers match; merge the duplicates first",
        )),
        (_, OnMatch::Create) => creatable(),
    }
}

/// Decides each row; `known` grows by those who are created.
fn decide(batch: &Batch, mapping: &ImportMapping, known: &mut Known) -> Vec<Verdict> {
    let by = &mapping.match_by;
    let one = |ready: &Ready| {
        let found = known.of(ready, by);
        let verdict = verdict(ready, &found, mapping.on_match);
        if !matches!(verdict, Verdict::Create) {
            return verdict;
        }
        if !known.of(ready, &[DuplicateKind::ExternalRef]).is_empty() {
            return Verdict::Bad(RowFault::row(
                "此编号已属于另一位顾客",
                "This number belongs to another customer",
            ));
        }
        known.note(ready, by);
        verdict
    };
    batch.ready.iter().map(one).collect()
}

/// What a dry run says of a batch; who would be created is remembered in `seen`.
pub(super) fn tried(
    conn: &mut Conn,
    reading: &Reading,
    mapping: &ImportMapping,
    batch: &Batch,
    seen: &mut Known,
) -> Result<(Tally, Vec<(u64, RowFault)>)> {
    let mut known = Known::load(conn, reading.actor.chain, &batch.ready, &mapping.match_by)?;
    for ready in &batch.ready {
        known.learn(seen, ready, &mapping.match_by);
    }
    let mut tally = Tally::default();
    let mut bad = batch.bad.clone();
    for (ready, verdict) in batch.ready.iter().zip(decide(batch, mapping, &mut known)) {
        match verdict {
            Verdict::Create => {
                tally.created += 1;
                seen.note(ready, &mapping.match_by);
            }
            Verdict::Write(_) => tally.created += 1,
            Verdict::Update(_) => tally.updated += 1,
            Verdict::Skip => tally.skipped += 1,
            Verdict::Bad(fault) => bad.push((ready.line, fault)),
        }
    }
    tally.bad = bad.len() as i64;
    Ok((tally, bad))
}

/// The import as it stands, if this batch is the next one: another server, or an earlier run, may have gone on.
pub(super) fn next(tx: &mut Tx<'_>, id: Id, state: ImportState, from: i64) -> Result<ImportRow> {
    let chain = tx.chain();
    let row = row::find(tx.conn(), chain, id)?.ok_or_else(not_found)?;
    if row.state.0 != state || row.rows_done != from {
        return Err(Refusal::new(
            Code::VersionConflict,
            "导入已在别处继续",
            "The import goes on elsewhere",
        )
        .into());
    }
    Ok(row)
}

/// Notes how far an import is.
pub(super) fn advance(
    tx: &mut Tx<'_>,
    mut row: ImportRow,
    batch: &Batch,
    tally: &Tally,
    (key, bad): (&PersonKey, &[(u64, RowFault)]),
) -> Result<()> {
    let sealed = |(line, fault): &(u64, RowFault)| {
        let line = i64::try_from(*line).unwrap_or_default();
        Ok((line, row::seal_reason(key, line, &fault.detail)?))
    };
    let reasons: Vec<(i64, Vec<u8>)> = bad.iter().map(sealed).collect::<Result<_>>()?;
    let mut faults = Waiting::<InsertFault>::default();
    for ((_, fault), (line, reason)) in bad.iter().zip(&reasons) {
        let place = fault.column.map_or(-1, |column| i32::try_from(column).unwrap_or(-1));
        faults.add([
            row.chain_id.0.into(),
            row.id.0.into(),
            (*line).into(),
            place.into(),
            reason.as_slice().into(),
        ]);
    }
    faults.write(tx.conn())?;
    row.rows_done = batch.to;
    row.created_count += tally.created;
    row.updated_count += tally.updated;
    row.skipped_count += tally.skipped;
    row.bad_count += tally.bad;
    row.version += 1;
    row::update(tx.conn(), &row)
}

/// Writes a batch.
pub(super) fn write(
    tx: &mut Tx<'_>,
    reading: &Reading,
    (id, mapping): (Id, &ImportMapping),
    batch: &Batch,
) -> Result<Answer> {
    let row = next(tx, id, ImportState::Running, batch.from)?;
    let chain = tx.chain();
    let mut known = Known::load(tx.conn(), chain, &batch.ready, &mapping.match_by)?;
    let verdicts = decide(batch, mapping, &mut known);
    let (mut tally, mut bad) = (Tally::default(), batch.bad.clone());
    let mut changes: Vec<Change> = Vec::new();
    let mut fresh = Vec::new();
    for (ready, verdict) in batch.ready.iter().zip(&verdicts) {
        if matches!(verdict, Verdict::Create) {
            fresh.push(ready);
            changes.push((ready.line, ready.row.id, None));
        }
    }
    create(tx.conn(), &fresh)?;
    tally.created = fresh.len() as i64;
    for (ready, verdict) in batch.ready.iter().zip(verdicts) {
        match verdict {
            Verdict::Create => {}
            Verdict::Skip => tally.skipped += 1,
            Verdict::Bad(fault) => bad.push((ready.line, fault)),
            Verdict::Write(known) => {
                changes.push((ready.line, record(tx, reading, known, ready)?, None));
                tally.created += 1;
            }
            Verdict::Update(known) => match update(tx, reading, id, known, ready)? {
                Some(change) => {
                    tally.updated += 1;
                    changes.push((ready.line, known, Some(change)));
                }
                None => tally.skipped += 1,
            },
        }
    }
    save_changes(tx.conn(), &row, &changes)?;
    tally.bad = bad.len() as i64;
    let detail = json!({ "from": batch.from, "to": batch.to, "created": tally.created, "updated": tally.updated });
    tx.audit("import.rows", id.0, detail.clone());
    tx.publish("import.advanced", json!({ "import_id": id.text(), "rows": detail }));
    advance(tx, row, batch, &tally, (&reading.file, &bad))?;
    Answer::ok(&())
}

fn record(tx: &mut Tx<'_>, reading: &Reading, customer: Id, ready: &Ready) -> Result<Id> {
    let new = NewRecord {
        type_id: reading.kind.ok_or_else(not_found)?,
        customer_id: customer.typed(),
        values: ready.given.values.clone().unwrap_or_default(),
    };
    Ok(add(tx, &reading.keys, &new, reading.latest)?.into())
}

/// A line, whom or what it has touched, and before and after of who was known.
type Change = (u64, Id, Option<Vec<u8>>);

/// Remembers whom an import has touched.
fn save_changes(conn: &mut Conn, row: &ImportRow, changes: &[Change]) -> Result<()> {
    let mut waiting = Waiting::<InsertChange>::default();
    for (line, customer, change) in changes {
        let line = i64::try_from(*line).unwrap_or_default();
        waiting.add([
            row.chain_id.0.into(),
            row.id.0.into(),
            line.into(),
            customer.0.into(),
            change.as_deref().into(),
        ]);
    }
    waiting.write(conn)?;
    Ok(())
}

fn create(conn: &mut Conn, fresh: &[&Ready]) -> Result<()> {
    let mut people = Waiting::<InsertCustomer>::default();
    let (mut indexes, mut grams) = (Vec::new(), Vec::new());
    let mut cards = Waiting::<InsertCustomerCard>::default();
    for ready in fresh {
        let row = &ready.row;
        people.add([
            row.chain_id.0.into(),
            row.id.0.into(),
            (&row.name).into(),
            row.form_of_address.0.as_str().into(),
            row.store_id.0.into(),
            row.consultant_id.map(|id| id.0).into(),
            row.consent_marketing.into(),
            row.consent_privacy.into(),
            row.consent_at.into(),
            row.external_ref.as_deref().into(),
            row.data_key.as_deref().into(),
            row.contact.as_deref().into(),
            row.created_at.into(),
        ]);
        indexes.extend(ready.entries.digests.iter().map(|(kind, digest)| (*kind, digest, row)));
        grams.extend(ready.entries.grams.iter().map(|gram| (gram, row)));
        if let Some(card) = &ready.card {
            cards.add([row.chain_id.0.into(), row.id.0.into(), card.as_slice().into()]);
        }
    }
    // In the order of the tables' keys, the database writes each page once.
    indexes.sort_unstable_by_key(|(kind, digest, _)| (kind.as_str(), *digest));
    grams.sort_unstable_by_key(|(gram, _)| *gram);
    let mut digests = Waiting::<InsertIndex>::default();
    for (kind, digest, row) in indexes {
        digests.add([
            row.chain_id.0.into(),
            kind.as_str().into(),
            digest.into(),
            row.id.0.into(),
        ]);
    }
    let mut pairs = Waiting::<InsertGram>::default();
    for (gram, row) in grams {
        pairs.add([row.chain_id.0.into(), gram.into(), row.id.0.into()]);
    }
    people.write(conn)?;
    digests.write(conn)?;
    pairs.write(conn)?;
    cards.write(conn)?;
    Ok(())
}

/// What is sealed of a changed customer's before and after.
pub(super) fn purpose(import: Id) -> Vec<u8> {
    [b"import-change/".as_slice(), import.0.as_bytes()].concat()
}

/// Writes what a row says over a known customer; answers before and after, sealed. None if nothing differs.
fn update(tx: &mut Tx<'_>, reading: &Reading, import: Id, id: Id, ready: &Ready) -> Result<Option<Vec<u8>>> {
    let chain = tx.chain();
    let Some(row) = find_living(tx.conn(), chain, id.typed())? else {
        return Ok(None);
    };
    let mut person = Person::open(tx.conn(), &reading.keys, row)?;
    let nobody = Id(uuid::Uuid::nil());
    let before = person.document(nobody)?;
    overlay(&mut person, reading, ready)?;
    let mut after = person.document(nobody)?;
    let groups: Vec<CardGroup> = changed(&before, &after);
    if groups.is_empty() && before == after {
        return Ok(None);
    }
    if let (Some(card), Some(change)) = (person.card.as_mut(), &ready.given.card) {
        note(card, &groups, &told(change), &reading.author());
        after = person.document(nobody)?;
    }
    person.save(tx.conn(), &reading.keys)?;
    let document: Value = json!({ "before": before, "after": after });
    let clear = zeroize::Zeroizing::new(serde_json::to_vec(&document)?);
    person
        .key
        .seal_as(&purpose(import), &clear)
        .map(Some)
        .map_err(Error::internal)
}

/// What a row says, over what is known: phones are added, anything else is replaced.
fn overlay(person: &mut Person, reading: &Reading, ready: &Ready) -> Result<()> {
    let given = &ready.given;
    if let Some(name) = &given.name {
        person.row.name.clone_from(name);
    }
    if let Some(form) = given.form {
        person.row.form_of_address = crate::store::Name(form);
    }
    person.row.consultant_id = given.consultant.or(person.row.consultant_id);
    if person.row.external_ref.is_none() {
        person.row.external_ref.clone_from(&given.external_ref);
    }
    let consent = (person.row.consent_marketing, person.row.consent_privacy);
    person.row.consent_marketing = given.marketing.unwrap_or(consent.0);
    person.row.consent_privacy = given.privacy.unwrap_or(consent.1);
    if (person.row.consent_marketing, person.row.consent_privacy) != consent {
        person.row.consent_at = Some(reading.now.0);
    }
    for phone in &given.contact.phones {
        if !person.contact.phones.contains(phone) && person.contact.phones.len() < 5 {
            person.contact.phones.push(phone.clone());
        }
    }
    person.contact.birthday = given.contact.birthday.or(person.contact.birthday);
    person.contact.birthday_calendar = given.calendar.unwrap_or(person.contact.birthday_calendar);
    if given.contact.identity_number.is_some() {
        person
            .contact
            .identity_number
            .clone_from(&given.contact.identity_number);
        person.contact.identity_kind = given.contact.identity_kind;
    }
    if let Some(change) = &given.card {
        let card = person.card.clone().unwrap_or_default();
        person.card = Some(change.apply(&card, &reading.declared, reading.latest)?.0);
    }
    Ok(())
}
