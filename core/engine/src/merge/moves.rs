//! Rows of other tables that go along with a customer: whose they are changes, and the key they are sealed under.

use crate::archive::history;
use crate::each;
use crate::error::{Error, Result};
use crate::keys::PersonKey;
use crate::store::schema::{
    assessments, bills, contracts, customer_changes, customer_forms, customer_merge_moves, customers, files,
    holder_transfers, journal, journal_answers, lendings, memberships, messages, record_events, records, satisfaction,
    tasks, top_ups, warnings,
};
use crate::store::{Conn, Id, Name};
use crate::warning::row as warning;
use crate::{contract, files as documents, form, journal as journals, lending, message, record as kinds, tag};
use cardea_domain::named;
use diesel::prelude::*;

/// Ids in one statement.
const SOME: usize = 500;

named! {
/// What goes along.
pub enum Moved {
    /// With its cards, bills and entries.
    Membership = "membership",
    Bill = "bill",
    Journal = "journal",
    Record = "record",
    Task = "task",
    Warning = "warning",
    Satisfaction = "satisfaction",
    Assessment = "assessment",
    File = "file",
    /// What stood on the card before.
    Change = "change",
    /// A paper original that is or was away.
    Lending = "lending",
    /// A form that was sent to them.
    Form = "form",
    Contract = "contract",
    Message = "message",
    Tag = "tag",
    /// A top-up that they paid.
    PaidTopUp = "paid_top_up",
    /// A customer whom the merged one introduced.
    Introduced = "introduced",
    /// A membership that they handed over, and one that they got.
    HandedOver = "handed_over",
    TakenOver = "taken_over",
}
}

/// One side of a move.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub customer: Id,
    pub key: &'a PersonKey,
}

/// Gives rows with one sealed column to another customer, under that one's key.
macro_rules! reseal {
    ($conn:ident, ($chain:expr, $ids:expr), ($from:ident, $to:ident), $table:ident.$sealed:ident, $purpose:path) => {
        for id in $ids {
            let row = $table::table.filter($table::chain_id.eq($chain).and($table::id.eq(*id)));
            let row = row.filter($table::customer_id.eq($from.customer));
            let found: Option<Option<Vec<u8>>> =
                each!($conn, c => row.select($table::$sealed.nullable()).get_result(c).optional()?);
            // What was left empty isn't sealed.
            let sealed = found.flatten().filter(|sealed| !sealed.is_empty());
            let sealed = sealed.map(|sealed| resealed(&$purpose(*id), &sealed, $from, $to));
            if let Some(sealed) = sealed.transpose()? {
                each!($conn, c => diesel::update(row).set($table::$sealed.eq(&sealed)).execute(c)?);
            }
            each!($conn, c => diesel::update(row).set($table::customer_id.eq($to.customer)).execute(c)?);
        }
    };
}

impl Moved {
    /// The rows of a customer.
    fn of(self, conn: &mut Conn, chain: Id, customer: Id) -> Result<Vec<Id>> {
        macro_rules! ids {
            ($table:ident, $column:ident) => {
                each!(conn, c => $table::table
                    .select($table::id)
                    .filter($table::chain_id.eq(chain).and($table::$column.eq(customer)))
                    .order($table::id)
                    .load::<Id>(c)?)
            };
        }
        Ok(match self {
            Moved::Membership => ids!(memberships, customer_id),
            Moved::Journal => ids!(journal, customer_id),
            Moved::Record => ids!(records, customer_id),
            Moved::Task => ids!(tasks, customer_id),
            Moved::Warning => ids!(warnings, customer_id),
            Moved::Satisfaction => ids!(satisfaction, customer_id),
            Moved::Assessment => ids!(assessments, customer_id),
            Moved::File => ids!(files, customer_id),
            Moved::Change => ids!(customer_changes, customer_id),
            Moved::Form => ids!(customer_forms, customer_id),
            Moved::Lending => ids!(lendings, customer_id),
            Moved::Contract => ids!(contracts, customer_id),
            Moved::Message => ids!(messages, customer_id),
            Moved::PaidTopUp => ids!(top_ups, payer_id),
            Moved::Introduced => ids!(customers, introducer_id),
            Moved::HandedOver => ids!(holder_transfers, from_id),
            Moved::TakenOver => ids!(holder_transfers, to_id),
            Moved::Tag => tag::of(conn, chain, customer)?,
            Moved::Bill => {
                let mine = bills::chain_id.eq(chain).and(bills::customer_id.eq(customer));
                let same = memberships::chain_id
                    .eq(bills::chain_id)
                    .and(memberships::id.nullable().eq(bills::membership_id));
                let owned = memberships::chain_id
                    .eq(chain)
                    .and(memberships::customer_id.eq(customer));
                let mut found: Vec<Id> = each!(conn, c => bills::table
                    .select(bills::id)
                    .filter(mine.and(bills::membership_id.is_null()))
                    .load(c)?);
                found.extend(each!(conn, c => memberships::table
                    .inner_join(bills::table.on(same))
                    .select(bills::id)
                    .filter(owned.and(mine))
                    .load::<Id>(c)?));
                found
            }
        })
    }

    /// Gives some rows from one customer to another; those that are nobody's of the two stay.
    fn give(self, conn: &mut Conn, chain: Id, ids: &[Id], from: Side, to: Side) -> Result<()> {
        macro_rules! update {
            ($table:ident, $column:ident) => {
                for ids in ids.chunks(SOME) {
                    let rows = $table::table.filter($table::chain_id.eq(chain).and($table::id.eq_any(ids)));
                    each!(conn, c => diesel::update(rows.filter($table::$column.eq(from.customer)))
                        .set($table::$column.eq(to.customer))
                        .execute(c)?);
                }
            };
        }
        match self {
            Moved::Membership => {}
            Moved::Bill => update!(bills, customer_id),
            Moved::PaidTopUp => update!(top_ups, payer_id),
            Moved::Introduced => update!(customers, introducer_id),
            Moved::HandedOver => update!(holder_transfers, from_id),
            Moved::TakenOver => update!(holder_transfers, to_id),
            Moved::Tag => tag::give(conn, (chain, ids), from.customer, to.customer)?,
            Moved::Journal => {
                for id in ids {
                    reseal_entry(conn, (chain, *id), from, to)?;
                }
            }
            Moved::Satisfaction => reseal!(
                conn,
                (chain, ids),
                (from, to),
                satisfaction.texts,
                crate::satisfaction::purpose
            ),
            Moved::Assessment => reseal!(
                conn,
                (chain, ids),
                (from, to),
                assessments.texts,
                crate::assessment::purpose
            ),
            Moved::Warning => {
                for id in ids {
                    let reseal = |purpose: &[u8], sealed: &[u8]| resealed(purpose, sealed, from, to);
                    warning::give(conn, (chain, *id), from.customer, to.customer, reseal)?;
                }
            }
            Moved::Task => reseal!(conn, (chain, ids), (from, to), tasks.texts, crate::task::row::purpose),
            Moved::File => reseal!(conn, (chain, ids), (from, to), files.sealed, documents::purpose),
            Moved::Change => reseal!(
                conn,
                (chain, ids),
                (from, to),
                customer_changes.earlier,
                history::purpose
            ),
            Moved::Lending => reseal!(conn, (chain, ids), (from, to), lendings.what, lending::purpose_of),
            Moved::Form => reseal!(conn, (chain, ids), (from, to), customer_forms.answers, form::purpose),
            Moved::Message => reseal!(conn, (chain, ids), (from, to), messages.letter, message::purpose),
            Moved::Contract => reseal!(conn, (chain, ids), (from, to), contracts.data_key, contract::purpose),
            Moved::Record => {
                for id in ids {
                    reseal_record(conn, (chain, *id), from, to)?;
                }
            }
        }
        Ok(())
    }
}

/// A membership remembers whose it was first, so that two of one program may be open after a merge.
fn give_membership(conn: &mut Conn, (chain, id): (Id, Id), from: Id, to: Id, origin: Option<Id>) -> Result<()> {
    let row = memberships::table.filter(memberships::chain_id.eq(chain).and(memberships::id.eq(id)));
    each!(conn, c => diesel::update(row.filter(memberships::customer_id.eq(from)))
        .set((memberships::customer_id.eq(to), memberships::merged_from.eq(origin)))
        .execute(c)?);
    Ok(())
}

fn resealed(purpose: &[u8], sealed: &[u8], from: Side, to: Side) -> Result<Vec<u8>> {
    let clear = from.key.open_as(purpose, sealed).map_err(Error::internal)?;
    to.key.seal_as(purpose, &clear).map_err(Error::internal)
}

fn reseal_entry(conn: &mut Conn, (chain, id): (Id, Id), from: Side, to: Side) -> Result<()> {
    let row = journal::table.filter(journal::chain_id.eq(chain).and(journal::id.eq(id)));
    let row = row.filter(journal::customer_id.eq(from.customer));
    let found: Option<Vec<u8>> = each!(conn, c => row.select(journal::texts).get_result(c).optional()?);
    if let Some(texts) = found {
        let texts = resealed(&journals::purpose(id), &texts, from, to)?;
        each!(conn, c => diesel::update(journal::table.find((chain, id)))
            .set((journal::customer_id.eq(to.customer), journal::texts.eq(&texts)))
            .execute(c)?);
        for kind in journals::AnswerKind::ALL {
            let row = journal_answers::table.find((chain, id, kind.as_str()));
            let found: Option<Vec<u8>> = each!(conn, c => row.select(journal_answers::texts).get_result(c).optional()?);
            if let Some(texts) = found {
                let texts = resealed(&journals::answer_purpose(id, *kind), &texts, from, to)?;
                each!(conn, c => diesel::update(row).set(journal_answers::texts.eq(&texts)).execute(c)?);
            }
        }
    }
    Ok(())
}

fn reseal_record(conn: &mut Conn, (chain, id): (Id, Id), from: Side, to: Side) -> Result<()> {
    let row = records::table.filter(records::chain_id.eq(chain).and(records::id.eq(id)));
    let row = row.filter(records::customer_id.eq(from.customer));
    let Some(content) = each!(conn, c => row.select(records::content).get_result::<Vec<u8>>(c).optional()?) else {
        return Ok(());
    };
    let purpose = kinds::purpose(id);
    let content = resealed(&purpose, &content, from, to)?;
    each!(conn, c => diesel::update(records::table.find((chain, id)))
        .set((records::customer_id.eq(to.customer), records::content.eq(&content)))
        .execute(c)?);
    let of_record = record_events::chain_id.eq(chain).and(record_events::record_id.eq(id));
    let events: Vec<(Id, Option<Vec<u8>>)> = each!(conn, c => record_events::table
        .select((record_events::id, record_events::earlier))
        .filter(of_record)
        .load(c)?);
    for (event, earlier) in events {
        let Some(earlier) = earlier else { continue };
        let earlier = resealed(&purpose, &earlier, from, to)?;
        each!(conn, c => diesel::update(record_events::table.find((chain, id, event)))
            .set(record_events::earlier.eq(&earlier))
            .execute(c)?);
    }
    Ok(())
}

/// Gives all that the merged customer has to the survivor, and notes what; answers how many of each.
pub(super) fn hand_over(
    conn: &mut Conn,
    (chain, merge): (Id, Id),
    from: Side,
    to: Side,
) -> Result<Vec<(Moved, usize)>> {
    message::inherit_refusals(conn, chain, from.customer, to.customer)?;
    let mut counts = Vec::new();
    // Bills are found through memberships: before these go.
    for kind in [
        Moved::Bill,
        Moved::Journal,
        Moved::Record,
        Moved::Task,
        Moved::Warning,
        Moved::Satisfaction,
        Moved::Assessment,
        Moved::File,
        Moved::Change,
        Moved::Form,
        Moved::Lending,
        Moved::Contract,
        Moved::Message,
        Moved::PaidTopUp,
        Moved::Introduced,
        Moved::HandedOver,
        Moved::TakenOver,
        Moved::Tag,
        Moved::Membership,
    ] {
        let mut ids = kind.of(conn, chain, from.customer)?;
        ids.retain(|id| *id != to.customer);
        kind.give(conn, chain, &ids, from, to)?;
        if kind == Moved::Membership {
            for id in &ids {
                give_membership(conn, (chain, *id), from.customer, to.customer, Some(from.customer))?;
            }
        }
        let rows: Vec<_> = ids
            .iter()
            .map(|id| {
                (
                    customer_merge_moves::chain_id.eq(chain),
                    customer_merge_moves::merge_id.eq(merge),
                    customer_merge_moves::kind.eq(Name(kind)),
                    customer_merge_moves::row_id.eq(*id),
                )
            })
            .collect();
        for rows in rows.chunks(SOME) {
            each!(conn, c => diesel::insert_into(customer_merge_moves::table).values(rows).execute(c)?);
        }
        counts.push((kind, ids.len()));
    }
    Ok(counts)
}

/// Gives back what a merge had given to the survivor and is still there.
pub(super) fn give_back(conn: &mut Conn, (chain, merge): (Id, Id), survivor: Side, merged: Side) -> Result<()> {
    let of_merge = customer_merge_moves::chain_id
        .eq(chain)
        .and(customer_merge_moves::merge_id.eq(merge));
    let moved: Vec<(Name<Moved>, Id)> = each!(conn, c => customer_merge_moves::table
        .select((customer_merge_moves::kind, customer_merge_moves::row_id))
        .filter(of_merge)
        .load(c)?);
    for kind in Moved::ALL {
        let ids: Vec<Id> = moved
            .iter()
            .filter(|(of, _)| of.0 == *kind)
            .map(|(_, id)| *id)
            .collect();
        kind.give(conn, chain, &ids, survivor, merged)?;
        if *kind == Moved::Warning {
            for id in ids.iter().rev() {
                warning::wake(conn, (chain, *id), merged.customer)?;
            }
        }
        if *kind == Moved::Membership {
            for id in &ids {
                give_membership(conn, (chain, *id), survivor.customer, merged.customer, None)?;
            }
        }
    }
    Ok(())
}
