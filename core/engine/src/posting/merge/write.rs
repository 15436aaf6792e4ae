//! Merging.

use super::along::{self, Way};
use super::row::{self, Content, MergeRow};
use super::{MembershipMerge, NewMembershipMerge};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{Stored, Written, field, text};
use crate::posting;
use crate::store::statement::{run, statements};
use crate::store::writer::ledger::{CardEvent, LoadedCard};
use crate::store::writer::{load, pools, save};
use crate::store::{Answer, Conn, Id, IdempotencyKey, Tx};
use crate::{Engine, prepaid};
use cardea_domain::Refusal;
use cardea_domain::card::{Card, CardState};
use cardea_domain::id::*;
use cardea_domain::sale::{AbsorbArgs, Context, decide_absorb};
use serde_json::json;
use std::collections::BTreeMap;

statements! {
    SetInto = "UPDATE memberships SET merged_into = ? WHERE chain_id = ? AND id = ?";
}

/// Says which membership goes on for one, or that none does.
pub(super) fn set_into(
    conn: &mut Conn,
    chain: ChainId,
    membership: MembershipId,
    into: Option<MembershipId>,
) -> Result<()> {
    match run!(conn, SetInto, [into, chain, membership])? {
        1 => Ok(()),
        _ => Err(Error::internal("a membership that is merged is missing")),
    }
}

/// Cards whose state has changed, as their history tells it.
pub(super) fn events(
    cards: &[Card],
    was: &BTreeMap<CardId, CardState>,
    (operation, reason): (&'static str, &str),
    (context, merge): (&Context, MembershipMergeId),
) -> Vec<CardEvent> {
    let changed = cards.iter().filter_map(|card| Some((card, *was.get(&card.id)?)));
    let changed = changed.filter(|(card, from)| card.state != *from);
    let event = |(card, from): (&Card, CardState)| CardEvent {
        card: card.id,
        operation,
        store: Some(context.store),
        reason: Some(reason.to_owned()),
        finder: None,
        detail: json!({ "merge_id": merge }),
        at: context.now,
        from: from.as_str(),
        to: card.state.as_str(),
        blocks: save::blocks_text(&card.blocks),
    };
    changed.map(event).collect()
}

/// The newest card of a membership that works, else the newest that is blocked only.
fn current(cards: &[LoadedCard], context: &Context) -> Option<CardId> {
    let works = cards.iter().rev().find(|card| card.check_usable(context.now).is_ok());
    let held = || cards.iter().rev().find(|card| card.card.state == CardState::Active);
    works.or_else(held).map(|card| card.card.id)
}

fn book(tx: &mut Tx<'_>, context: &Context, into_id: MembershipId, new: &NewMembershipMerge) -> Result<Answer> {
    let (chain, context) = (tx.chain(), posting::now(context, tx));
    if new.from == into_id {
        return Err(field("/from", "不能与自己合并", "That is the same membership").into());
    }
    if load::member_head(tx.conn(), chain, new.from)?.is_none() {
        return Err(field("/from", "没有这个会籍", "There is no such membership").into());
    }
    pools::check_none(tx.conn(), chain, new.from)?;
    let (mut into, mut from) = (posting::member(tx, into_id)?, posting::member(tx, new.from)?);
    let loaded = load::cards_of(tx.conn(), chain, new.from)?;
    let mut cards: Vec<Card> = loaded.into_iter().map(|card| card.card).collect();
    let was: BTreeMap<CardId, CardState> = cards.iter().map(|card| (card.id, card.state)).collect();
    let lots = row::lots(tx.conn(), chain, new.from)?;
    let day = context.zone.day_of(context.now);
    let args = AbsorbArgs {
        lots: &lots,
        unjudged: load::unjudged(tx.conn(), chain, new.from)?,
        current: current(&load::cards_of(tx.conn(), chain, into_id)?, &context),
        rules: prepaid::rules(tx.conn(), chain, day)?.0,
    };
    let done = decide_absorb((&mut from, &mut into), &mut cards, &args, &context, tx.ids())?;
    let merge: MembershipMergeId = tx.new_id();
    let mut row = MergeRow {
        chain_id: chain.into(),
        id: merge.into(),
        membership_id: into_id.into(),
        merged_id: new.from.into(),
        store_id: new.store_id.into(),
        staff_id: tx.actor().staff.map(Id::from),
        reason: new.reason.clone(),
        content: String::new(),
        merged_at: context.now.0,
        undone_by: None,
        undone_at: None,
    };
    let left = lots.iter().map(|(asset, lots)| {
        let left: i64 = lots.iter().map(|whole| whole.lot.remaining).sum();
        (asset.0.clone(), left)
    });
    let moved: BTreeMap<String, i64> = left.filter(|(_, left)| *left != 0).collect();
    row.insert(tx.conn(), &done.heirs)?;
    let way = Way {
        chain,
        from: new.from,
        to: into_id,
        merge,
    };
    let content = Content {
        along: along::hand_over(tx.conn(), way)?,
        moved,
        last_entry: done.stays.entries.iter().map(|entry| entry.id).max(),
        tier_changed: !done.stays.tier_changes.is_empty(),
        absorbed: done.absorbed,
    };
    row.keep(tx.conn(), &content)?;
    set_into(tx.conn(), chain, new.from, Some(into_id))?;
    let events = events(&cards, &was, ("merge", new.reason.as_str()), (&context, merge));
    tx.book_with(done.gone, events);
    tx.book(done.stays);
    let detail = json!({
        "merge_id": merge, "merged_id": new.from, "reason": new.reason, "moved": content.moved,
        "debts": content.absorbed.debts.iter().map(|moved| (&moved.asset.0, moved.debt)).collect::<BTreeMap<_, _>>(),
    });
    tx.audit("membership.merge", into_id.0, detail);
    let told = json!({ "membership_id": into_id, "merged_id": new.from, "merge_id": merge });
    tx.publish("membership.merged", told);
    Answer::created(&Stored::of(merge))
}

impl Engine {
    /// Merges another membership of the same customer into one.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `field_invalid`, `membership_closed`, `card_kind`, `membership_holds`, `prepaid_rule`.
    pub async fn merge_memberships(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: MembershipId,
        mut new: NewMembershipMerge,
    ) -> Result<Written<MembershipMerge>, Refusal> {
        actor.require(Action::MembershipMerge, Some(new.store_id))?;
        new.reason = text(&new.reason, 200, "/reason")?;
        let context = posting::context(self, actor, id, new.store_id)?;
        let work = move |tx: &mut Tx<'_>| book(tx, &context, id, &new);
        let answered = self.transact(actor, key, "membership.merge", work).await?;
        Written::read(answered, |id| self.membership_merge(actor, Id(id)))
    }
}
