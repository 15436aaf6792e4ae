//! Merging, and taking a merge back.

use super::classes::Classes;
use super::moves::{self, Moved, Side};
use super::person::{self, Person, Rules};
use super::row::{self, Content, Emptied, MergeRow};
use super::{CustomerMerge, NewMerge};
use crate::actor::Actor;
use crate::archive::card_change::{Author, note};
use crate::archive::row::{CustomerRow, find, find_living};
use crate::archive::search;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{Stored, Written, check_version, exists, field, in_use, not_found};
use crate::keys::ChainKeys;
use crate::store::schema::{customer_cards, customer_merge_moves, customer_merges, customers, membership_merges};
use crate::store::{Answer, Conn, Id, IdempotencyKey, Name, Tx};
use crate::{Engine, each};
use cardea_domain::Refusal;
use cardea_domain::id::{CustomerId, MergeId};
use cardea_domain::merge::{blend, restore};
use diesel::prelude::*;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// A customer of the two, for somebody who may merge there.
fn one(tx: &mut Tx<'_>, id: CustomerId, version: i64, pointer: Option<&str>) -> Result<CustomerRow> {
    let chain = tx.chain();
    let missing = || match pointer {
        Some(pointer) => field(pointer, "没有这位顾客", "There is no such customer"),
        None => not_found(),
    };
    let found = find_living(tx.conn(), chain, id)?.ok_or_else(missing)?;
    tx.actor()
        .require(Action::CustomerMerge, Some(found.store_id.typed()))?;
    check_version(found.version, version)?;
    Ok(found)
}

/// Takes everything personal out of the merged customer's row; answers what was there.
fn empty(conn: &mut Conn, merged: &CustomerRow, survivor: Id, keeps_ref: bool) -> Result<Emptied> {
    let (chain, id) = (merged.chain_id, merged.id);
    let card: Option<Vec<u8>> = each!(conn, c => customer_cards::table
        .find((chain, id))
        .select(customer_cards::card)
        .get_result(c)
        .optional()?);
    each!(conn, c => diesel::delete(customer_cards::table.find((chain, id))).execute(c)?);
    search::unindex(conn, chain.typed(), id.typed())?;
    let kept = merged.external_ref.as_ref().filter(|_| keeps_ref);
    each!(conn, c => diesel::update(customers::table.find((chain, id)))
        .set((
            customers::name.eq(""),
            customers::external_ref.eq(kept),
            customers::data_key.eq(None::<Vec<u8>>),
            customers::contact.eq(None::<Vec<u8>>),
            customers::merged_into.eq(survivor),
            customers::version.eq(merged.version + 1),
        ))
        .execute(c)?);
    Ok(Emptied {
        name: merged.name.clone(),
        external_ref: merged.external_ref.clone(),
        data_key: merged.data_key.clone().unwrap_or_default(),
        contact: merged.contact.clone(),
        card,
    })
}

/// Puts back what [`empty`] took.
fn refill(conn: &mut Conn, merged: &CustomerRow, was: &Emptied) -> Result<()> {
    let (chain, id) = (merged.chain_id, merged.id);
    each!(conn, c => diesel::update(customers::table.find((chain, id)))
        .set((
            customers::name.eq(&was.name),
            customers::external_ref.eq(&was.external_ref),
            customers::data_key.eq(Some(&was.data_key)),
            customers::contact.eq(&was.contact),
            customers::merged_into.eq(None::<Id>),
            customers::version.eq(merged.version + 1),
        ))
        .execute(c)?);
    if let Some(card) = &was.card {
        let row = (
            customer_cards::chain_id.eq(chain),
            customer_cards::customer_id.eq(id),
            customer_cards::card.eq(card),
        );
        each!(conn, c => diesel::insert_into(customer_cards::table).values(row).execute(c)?);
    }
    Ok(())
}

fn merge(tx: &mut Tx<'_>, keys: &ChainKeys, id: CustomerId, version: i64, new: &NewMerge) -> Result<MergeId> {
    let chain = tx.chain();
    let survivor = one(tx, id, version, None)?;
    if new.customer_id == id {
        return Err(field("/customer_id", "不能与自己合并", "That is the same customer").into());
    }
    let merged = one(tx, new.customer_id, new.version, Some("/customer_id"))?;
    let mut survivor = Person::open(tx.conn(), keys, survivor)?;
    let merged = Person::open(tx.conn(), keys, merged)?;
    // With the introducer who may be the merged one: on the way back it is again.
    let before = survivor.document(Id(Uuid::nil()))?;
    let (mine, theirs) = (survivor.document(merged.row.id)?, merged.document(survivor.row.id)?);
    let (rules, mut lost) = (Rules::load(tx.conn(), chain)?, Vec::new());
    let mut after = blend("", &mine, &theirs, &|at| rules.of(at), &mut lost);
    let consent_at = survivor.row.consent_at;
    survivor.set(&after)?;
    if after["consent"] != before["consent"] {
        survivor.row.consent_at = Some(tx.business_now().0);
    }
    if let Some(card) = survivor.card.as_mut().filter(|_| !before["card"].is_null()) {
        let author = Author {
            who: tx.actor().staff,
            at: tx.business_now(),
        };
        note(card, &person::changed(&before, &after), &BTreeMap::new(), &author);
        after["card"] = serde_json::to_value(&*card)?;
    }
    let (chain_id, merge): (Id, MergeId) = (chain.into(), tx.new_id());
    let row = MergeRow {
        chain_id,
        id: merge.into(),
        customer_id: survivor.row.id,
        merged_id: merged.row.id,
        content: Vec::new(),
        staff_id: tx.actor().staff.map(Id::from),
        merged_at: tx.business_now().0,
        undone_by: None,
        undone_at: None,
    };
    each!(tx.conn(), c => diesel::insert_into(customer_merges::table).values(&row).execute(c)?);
    let (from, to) = (side(&merged), side(&survivor));
    let moved = moves::hand_over(tx.conn(), (chain_id, row.id), from, to)?;
    let classes = Classes::blend(tx.conn(), chain_id, survivor.row.id, merged.row.id, &mut lost)?;
    let keeps_ref = survivor.row.external_ref != merged.row.external_ref;
    let emptied = empty(tx.conn(), &merged.row, survivor.row.id, keeps_ref)?;
    survivor.save(tx.conn(), keys)?;
    let fields: Vec<String> = lost.iter().map(|lost| lost.field.clone()).collect();
    let content = Content {
        before,
        after,
        consent_at,
        merged: emptied,
        classes,
        lost,
        moved: moved.iter().map(|(kind, n)| (kind.to_string(), *n as u64)).collect(),
    };
    let sealed = content.seal(&survivor.key, row.id)?;
    each!(tx.conn(), c => diesel::update(customer_merges::table.find((chain_id, row.id)))
        .set(customer_merges::content.eq(&sealed))
        .execute(c)?);
    let detail =
        json!({ "merge_id": merge, "merged_customer_id": new.customer_id, "lost": fields, "moved": content.moved });
    tx.audit("customer.merge", id.0, detail);
    tx.publish(
        "customer.merged",
        json!({ "customer_id": id, "merged_customer_id": new.customer_id }),
    );
    Ok(merge)
}

fn side(person: &Person) -> Side<'_> {
    Side {
        customer: person.row.id,
        key: &person.key,
    }
}

/// The merge and both customers, if it can be taken back: the survivor lives, and wasn't merged further.
fn standing(tx: &mut Tx<'_>, keys: &ChainKeys, id: MergeId) -> Result<(MergeRow, Person, CustomerRow)> {
    let chain = tx.chain();
    let row = row::find(tx.conn(), chain, id.into())?.ok_or_else(not_found)?;
    let survivor = find_living(tx.conn(), chain, row.customer_id.typed())?.ok_or_else(not_found)?;
    tx.actor()
        .require(Action::CustomerMerge, Some(survivor.store_id.typed()))?;
    if row.undone_at.is_some() {
        return Err(exists("/id").into());
    }
    let merged = find(tx.conn(), chain, row.merged_id.typed())?.ok_or_else(not_found)?;
    let survivor = Person::open(tx.conn(), keys, survivor)?;
    Ok((row, survivor, merged))
}

/// A membership that came with the merged customer and has become one with another since can't go back by itself.
///
/// # Errors
/// `in_use`
fn check_memberships_parted(conn: &mut Conn, row: &MergeRow) -> Result<()> {
    let of_merge = customer_merge_moves::chain_id
        .eq(row.chain_id)
        .and(customer_merge_moves::merge_id.eq(row.id))
        .and(customer_merge_moves::kind.eq(Name(Moved::Membership)));
    let moved: Vec<Id> = each!(conn, c => customer_merge_moves::table
        .select(customer_merge_moves::row_id)
        .filter(of_merge)
        .load(c)?);
    let either = membership_merges::membership_id
        .eq_any(&moved)
        .or(membership_merges::merged_id.eq_any(&moved));
    let standing = membership_merges::chain_id
        .eq(row.chain_id)
        .and(membership_merges::undone_at.is_null());
    let merged: i64 = each!(conn, c => membership_merges::table
        .filter(standing.and(either))
        .count()
        .get_result(c)?);
    if merged == 0 {
        return Ok(());
    }
    let zh = "两位顾客的会籍已合并：请先撤销会籍的合并，再撤销顾客的合并。";
    let en = "Memberships of the two were merged since: take that back first, then the merge of the customers.";
    Err(in_use(zh, en).into())
}

fn undo(tx: &mut Tx<'_>, keys: &ChainKeys, id: MergeId) -> Result<()> {
    let (row, mut survivor, merged) = standing(tx, keys, id)?;
    let content = Content::open(&survivor.key, &row)?;
    let now = survivor.document(Id(Uuid::nil()))?;
    let document = restore(&now, &content.before, &content.after);
    if document["consent"] != now["consent"] {
        survivor.row.consent_at = content.consent_at;
    }
    survivor.set(&document)?;
    survivor.save(tx.conn(), keys)?;
    refill(tx.conn(), &merged, &content.merged)?;
    let chain = tx.chain();
    check_memberships_parted(tx.conn(), &row)?;
    let back = find(tx.conn(), chain, row.merged_id.typed())?.ok_or_else(not_found)?;
    let back = Person::open(tx.conn(), keys, back)?;
    back.index(tx.conn(), keys)?;
    moves::give_back(tx.conn(), (row.chain_id, row.id), side(&survivor), side(&back))?;
    content
        .classes
        .restore(tx.conn(), row.chain_id, survivor.row.id, back.row.id)?;
    let (who, at) = (tx.actor().staff.map(Id::from), tx.business_now().0);
    each!(tx.conn(), c => diesel::update(customer_merges::table.find((row.chain_id, row.id)))
        .set((customer_merges::undone_by.eq(who), customer_merges::undone_at.eq(at)))
        .execute(c)?);
    let detail = json!({ "merge_id": id, "merged_customer_id": back.row.id.text() });
    tx.audit("customer.unmerge", survivor.row.id.0, detail);
    let told = json!({ "customer_id": survivor.row.id.text(), "merged_customer_id": back.row.id.text() });
    tx.publish("customer.unmerged", told);
    Ok(())
}

impl Engine {
    /// Merges one customer into another. Who survives was looked at in `version`.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `version_conflict`, `customer_merged`, `field_invalid`.
    pub async fn merge_customers(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: CustomerId,
        version: i64,
        new: NewMerge,
    ) -> Result<Written<CustomerMerge>, Refusal> {
        actor.scope(Action::CustomerMerge)?;
        let keys = Arc::new(self.keys().chain(actor.chain));
        let work = move |tx: &mut Tx<'_>| Answer::created(&Stored::of(merge(tx, &keys, id, version, &new)?));
        let answered = self.transact(actor, key, "customer.merge", work).await?;
        Written::read(answered, |id| self.customer_merge(actor, Id(id)))
    }

    /// Takes a merge back: both customers are again what they were, but for what was changed since.
    ///
    /// # Errors
    /// `forbidden`, `not_found` (also once the survivor is erased), `customer_merged` if the survivor was merged further,
    /// `already_exists` if it was taken back before.
    pub async fn undo_merge(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: MergeId,
    ) -> Result<Written<CustomerMerge>, Refusal> {
        actor.scope(Action::CustomerMerge)?;
        let keys = Arc::new(self.keys().chain(actor.chain));
        let work = move |tx: &mut Tx<'_>| {
            undo(tx, &keys, id)?;
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "customer.unmerge", work).await?;
        Written::read(answered, |id| self.customer_merge(actor, Id(id)))
    }
}
