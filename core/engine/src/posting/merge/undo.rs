//! Taking a merge back.

use super::along::{self, Way};
use super::row::{self, Content, MergeRow};
use super::write::{events, set_into};
use super::{MembershipMerge, UndoMembershipMerge};
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{Stored, Written, exists, not_found, text};
use crate::posting;
use crate::store::schema::membership_merges;
use crate::store::statement::{fetch, run, statements};
use crate::store::writer::{heirs, load};
use crate::store::{Answer, Conn, Id, IdempotencyKey, Tx};
use crate::{Engine, each};
use cardea_domain::Refusal;
use cardea_domain::card::{Card, CardState};
use cardea_domain::id::*;
use cardea_domain::ledger::{Asset, Heir};
use cardea_domain::sale::{Context, InTheWay, Lots, SeparateArgs, decide_separate};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

statements! {
    SelectMovedSince -> (Text,) =
        "SELECT DISTINCT asset FROM entries WHERE chain_id = ? AND membership_id = ? AND id > ?";
    SelectTierChanges -> (BigInt,) =
        "SELECT CAST(COUNT(*) AS BIGINT) FROM tier_changes WHERE chain_id = ? AND membership_id = ? AND id > ?";
    SelectReturned -> (Binary,) =
        "SELECT r.id FROM bills r JOIN bills o ON o.chain_id = r.chain_id AND o.id = r.original_id \
         WHERE r.chain_id = ? AND r.membership_id = ? AND o.membership_id = ? LIMIT 1";
    GoOnWithLot = "UPDATE lots SET ended = FALSE WHERE chain_id = ? AND membership_id = ? AND id = ?";
}

/// What has happened since that the opposite postings wouldn't undo.
fn in_the_way(conn: &mut Conn, chain: ChainId, row: &MergeRow, content: &Content) -> Result<BTreeSet<InTheWay>> {
    let (into, from): (MembershipId, MembershipId) = (row.membership_id.typed(), row.merged_id.typed());
    let merge: MembershipMergeId = row.id.typed();
    let mut found = BTreeSet::new();
    for bills_of in heirs::family(conn, chain, from)? {
        if !fetch!(conn, SelectReturned, [chain, into, bills_of] => (Id,))?.is_empty() {
            found.insert(InTheWay::Returns);
        }
    }
    let changes = fetch!(conn, SelectTierChanges, [chain, into, merge] => (i64,))?.pop();
    if changes.map_or(0, |(changes,)| changes) != i64::from(content.tier_changed) {
        found.insert(InTheWay::Tier);
    }
    if along::vouchers_used(conn, chain, &content.along, merge)? {
        found.insert(InTheWay::Vouchers);
    }
    Ok(found)
}

/// The lots that went, as they were then; those that have gone on without an end.
fn as_they_were(
    conn: &mut Conn,
    (chain, row): (ChainId, &MergeRow),
    heirs: &BTreeMap<LotId, Heir>,
) -> Result<(Lots, Vec<LotId>)> {
    let mut lots = row::lots(conn, chain, row.merged_id.typed())?;
    let present = row::lots(conn, chain, row.membership_id.typed())?;
    let open: BTreeSet<LotId> = present
        .values()
        .flatten()
        .filter(|whole| !whole.ended)
        .map(|whole| whole.lot.id)
        .collect();
    let mut going_on = Vec::new();
    for lots in lots.values_mut() {
        lots.retain(|whole| heirs.contains_key(&whole.lot.id));
        for whole in lots {
            if let Some(heir) = heirs.get(&whole.lot.id) {
                whole.lot.remaining = heir.moved;
                going_on.extend(Some(heir.heir).filter(|heir| open.contains(heir)));
            }
        }
    }
    Ok((lots, going_on))
}

fn moved_since(conn: &mut Conn, chain: ChainId, into: MembershipId, last: Option<EntryId>) -> Result<BTreeSet<Asset>> {
    let last = last.unwrap_or(EntryId(Uuid::max()));
    let rows = fetch!(conn, SelectMovedSince, [chain, into, last] => (String,))?;
    Ok(rows.into_iter().map(|(asset,)| Asset(asset)).collect())
}

/// A lot whose heir has no booked end isn't looked at as ended either.
fn let_go_on(
    conn: &mut Conn,
    (chain, from): (ChainId, MembershipId),
    heirs: &BTreeMap<LotId, Heir>,
    open: &[LotId],
) -> Result<()> {
    for heir in heirs.values().filter(|heir| open.contains(&heir.heir)) {
        run!(conn, GoOnWithLot, [chain, from, heir.lot])?;
    }
    Ok(())
}

fn book(tx: &mut Tx<'_>, context: &Context, id: MembershipMergeId, undo: &UndoMembershipMerge) -> Result<Answer> {
    let (chain, context) = (tx.chain(), posting::now(context, tx));
    let row = row::find(tx.conn(), chain, id.into())?.ok_or_else(not_found)?;
    if row.undone_at.is_some() {
        return Err(exists("/id").into());
    }
    let content = row.content()?;
    let (into_id, from_id): (MembershipId, MembershipId) = (row.membership_id.typed(), row.merged_id.typed());
    let (mut into, mut from) = (posting::member(tx, into_id)?, posting::member(tx, from_id)?);
    let loaded = load::cards_of(tx.conn(), chain, from_id)?;
    let mut cards: Vec<Card> = loaded.into_iter().map(|card| card.card).collect();
    let was: BTreeMap<CardId, CardState> = cards.iter().map(|card| (card.id, card.state)).collect();
    let heirs = row.heirs(tx.conn())?;
    let (lots, open) = as_they_were(tx.conn(), (chain, &row), &heirs)?;
    let args = SeparateArgs {
        absorbed: &content.absorbed,
        lots: &lots,
        heirs: &heirs,
        open_heirs: &open,
        moved_since: &moved_since(tx.conn(), chain, into_id, content.last_entry)?,
        in_the_way: in_the_way(tx.conn(), chain, &row, &content)?,
    };
    let (gone, stays) = decide_separate((&mut from, &mut into), &mut cards, &args, &context, tx.ids())?;
    let_go_on(tx.conn(), (chain, from_id), &heirs, &open)?;
    let way = Way {
        chain,
        from: into_id,
        to: from_id,
        merge: id,
    };
    along::give_back(tx.conn(), &content.along, way)?;
    set_into(tx.conn(), chain, from_id, None)?;
    let (who, at) = (tx.actor().staff.map(Id::from), context.now.0);
    each!(tx.conn(), c => diesel::update(membership_merges::table.find((row.chain_id, row.id)))
        .set((membership_merges::undone_by.eq(who), membership_merges::undone_at.eq(at)))
        .execute(c)?);
    let events = events(&cards, &was, ("unmerge", undo.reason.as_str()), (&context, id));
    tx.book_with(gone, events);
    tx.book(stays);
    let detail = json!({ "merge_id": id, "merged_id": from_id, "reason": undo.reason });
    tx.audit("membership.unmerge", into_id.0, detail);
    let told = json!({ "membership_id": into_id, "merged_id": from_id, "merge_id": id });
    tx.publish("membership.unmerged", told);
    Answer::ok(&Stored::of(id))
}

impl Engine {
    /// Takes a merge back, while nothing that came over was touched.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `already_exists` if it was taken back before; `membership_closed`, `merge_used`.
    pub async fn undo_membership_merge(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: MembershipMergeId,
        mut undo: UndoMembershipMerge,
    ) -> Result<Written<MembershipMerge>, Refusal> {
        actor.require(Action::MembershipMerge, Some(undo.store_id))?;
        undo.reason = text(&undo.reason, 200, "/reason")?;
        let row = self.read(actor.chain, |conn| row::find(conn, actor.chain, id.into()))?;
        let row = row.ok_or_else(not_found)?;
        let context = posting::context(self, actor, row.membership_id.typed(), undo.store_id)?;
        let work = move |tx: &mut Tx<'_>| book(tx, &context, id, &undo);
        let answered = self.transact(actor, key, "membership.unmerge", work).await?;
        Written::read(answered, |id| self.membership_merge(actor, Id(id)))
    }
}
