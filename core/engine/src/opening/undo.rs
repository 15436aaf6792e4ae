//! Taking a file back: all of its memberships are closed by one statement, or none where one has moved since; then the
//! opposite entries are booked, some members at a time.

use super::book::{MEMBERS, in_background};
use super::row;
use super::{Opening, OpeningState};
use crate::Engine;
use crate::actor::Actor;
use crate::each;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{Stored, Written, not_found};
use crate::store::schema::stores;
use crate::store::writer::ledger::{CardEvent, Decision, MemberNeed, Needs};
use crate::store::writer::load;
use crate::store::writer::save::blocks_text;
use crate::store::{Answer, Id, IdempotencyKey, Lane, Tx};
use cardea_domain::card::Card;
use cardea_domain::error::WrongField;
use cardea_domain::id::{MembershipId, OpeningId};
use cardea_domain::sale::{Context, decide_opening_undo};
use cardea_domain::{Code, Refusal, Zone};
use diesel::prelude::*;
use serde_json::json;

/// Members that a refusal names.
const NAMED: i64 = 20;

/// A membership on its way back.
struct Leaving {
    membership: MembershipId,
    context: Context,
}

impl Engine {
    /// Takes a file back, in the background: books the opposite entries, voids its cards, closes its memberships.
    /// Customers that it has registered stay.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `in_use` where members have moved since, which names the first of them, and for a file that
    /// was taken back.
    pub async fn undo_opening(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: OpeningId,
    ) -> Result<Written<Opening>, Refusal> {
        actor.require(Action::ImportRun, None)?;
        let answered = self
            .transact(actor, key, "opening.undo", move |tx| close(tx, id))
            .await?;
        in_background(all(self.clone(), actor.clone(), id.into()))?;
        Written::read(answered, |id| self.opening_view(actor, Id(id)))
    }
}

/// Closes everything that the file has made.
fn close(tx: &mut Tx<'_>, id: OpeningId) -> Result<Answer> {
    let chain = tx.chain();
    let mut row = row::find(tx.conn(), chain, id.into())?.ok_or_else(not_found)?;
    match row.state.0 {
        // It goes on where it was.
        OpeningState::Undoing => return Answer::ok(&Stored::of(id)),
        OpeningState::Undone => {
            let (zh, en) = ("此文件已撤销", "The file was taken back already");
            return Err(Refusal::new(Code::InUse, zh, en).into());
        }
        OpeningState::Running | OpeningState::Done => {}
    }
    let moved = row::members(tx.conn(), (chain, id), true, 0, NAMED)?;
    let closed = match moved.is_empty() {
        true => row::close(tx.conn(), chain, id.into())?,
        false => 0,
    };
    if closed as i64 != row.members_done {
        let wrong = moved.iter().map(|member| {
            WrongField::new(
                format!("/rows/{}", member.line),
                format!("第 {} 行的会籍在转入后已有变动", member.line),
                format!("The membership of row {} has moved since", member.line),
            )
        });
        let wrong: Vec<WrongField> = wrong.collect();
        let refusal = Refusal::new(
            Code::InUse,
            "转入的会籍有些已有变动，整个文件不能撤销，没有任何改动；请查看有变动的会籍，逐一处理",
            "Some of its memberships have moved since, so the file can't be taken back and nothing has changed: see which they are, and settle those one by one",
        );
        return Err(refusal.with(|facts| facts.wrong = wrong).into());
    }
    row.state.0 = OpeningState::Undoing;
    row.version += 1;
    row::update(tx.conn(), &row)?;
    tx.audit("opening.undo", id.0, json!({ "memberships": closed }));
    Answer::ok(&Stored::of(id))
}

async fn all(engine: Engine, actor: Actor, opening: Id) -> Result<()> {
    let chain = actor.chain;
    loop {
        let left = engine.read(chain, |conn| row::left(conn, chain, opening, MEMBERS as i64))?;
        let through = left.last().map_or(0, |(line, _)| *line);
        let leaving = left
            .into_iter()
            .map(|(_, membership)| Leaving::of(&engine, &actor, membership));
        let leaving: Vec<Leaving> = leaving.collect::<Result<_>>()?;
        let last = leaving.is_empty();
        let work = move |tx: &mut Tx<'_>| some(tx, opening, &leaving, through);
        engine
            .transact_in(Lane::Bulk, &actor, None, "opening.undo", work)
            .await?;
        if last {
            return Ok(());
        }
    }
}

impl Leaving {
    fn of(engine: &Engine, actor: &Actor, membership: MembershipId) -> Result<Self> {
        let chain = actor.chain;
        let (head, zone) = engine.read(chain, |conn| {
            let head = load::member_head(conn, chain, membership)?.ok_or_else(not_found)?;
            let own = stores::table.find((Id::from(chain), Id::from(head.store)));
            let zone: String = each!(conn, c => own.select(stores::time_zone).get_result(c)?);
            Ok((head, zone))
        })?;
        let now = engine.clock().business(chain);
        let configuration = engine.configuration_at(chain, head.program, now)?;
        Ok(Self {
            membership,
            context: Context {
                staff: actor.staff,
                now,
                judged_at: now,
                store: head.store,
                zone: zone.parse::<Zone>().map_err(Error::internal)?,
                minor_units: engine.chain(chain)?.minor_units,
                configuration: configuration.id,
                terms: configuration.terms.clone(),
                ladder: configuration.ladder.clone(),
            },
        })
    }
}

/// Takes the next members back; with none left, the file is undone.
fn some(tx: &mut Tx<'_>, opening: Id, leaving: &[Leaving], through: i64) -> Result<Answer> {
    let chain = tx.chain();
    let mut row = row::find(tx.conn(), chain, opening)?.ok_or_else(not_found)?;
    let next = row::left(tx.conn(), chain, opening, leaving.len().max(1) as i64)?;
    let same = next
        .iter()
        .map(|(_, id)| *id)
        .eq(leaving.iter().map(|member| member.membership));
    if row.state.0 != OpeningState::Undoing || !same {
        let (zh, en) = ("撤销已在别处继续", "It is taken back elsewhere");
        return Err(Refusal::new(Code::VersionConflict, zh, en).into());
    }
    for member in leaving {
        take_back(tx, opening, member)?;
    }
    if leaving.is_empty() {
        row.state.0 = OpeningState::Undone;
        tx.publish("opening.undone", json!({ "opening_id": opening.text() }));
    } else {
        row::mark_undone(tx.conn(), chain, opening, through)?;
        row.members_done = (row.members_done - leaving.len() as i64).max(0);
    }
    row.version += 1;
    row::update(tx.conn(), &row)?;
    tx.audit("opening.undo", opening.0, json!({ "left": row.members_done }));
    Answer::ok(&())
}

fn take_back(tx: &mut Tx<'_>, opening: Id, leaving: &Leaving) -> Result<()> {
    let (chain, id, now) = (tx.chain(), leaving.membership, tx.business_now());
    let needs = Needs {
        members: vec![MemberNeed {
            id,
            figures: None,
            upgrades: false,
        }],
        cards_of: Some(id),
        ..Needs::default()
    };
    let mut state = load::load(tx.conn(), chain, &needs)?;
    let mut member = state.take(Some(id)).ok_or_else(not_found)?;
    let before: Vec<Card> = state.cards.into_values().map(|loaded| loaded.card).collect();
    let mut cards = before.clone();
    let opened = row::lots(tx.conn(), chain, id)?;
    let context = Context {
        now,
        judged_at: now,
        ..leaving.context.clone()
    };
    let rows = decide_opening_undo(&mut member, &mut cards, &opened, &context, tx.ids());
    let mut decision = Decision::new(rows, Answer::no_content());
    let changed = before
        .iter()
        .zip(&cards)
        .filter(|(before, after)| before.version != after.version);
    decision.card_events = changed
        .map(|(before, after)| CardEvent {
            card: after.id,
            operation: "cancel",
            store: Some(context.store),
            reason: None,
            finder: None,
            detail: json!({ "opening_id": opening.text() }),
            at: now,
            from: before.state.as_str(),
            to: after.state.as_str(),
            blocks: blocks_text(&after.blocks),
        })
        .collect();
    tx.book_all(decision);
    Ok(())
}
