//! A further card of a membership: a supplementary one (D-CARD-1).

use super::answer::answered;
use super::desk::{Desk, new_number, stale};
use super::from_stock::Claim;
use super::issue::{check_holder, issued};
use crate::error::Result;
use crate::identity::Action;
use crate::store::Answer;
use crate::store::writer::ledger::{Decision, LedgerCommand, LoadedCard, MemberNeed, Needs, State};
use crate::store::writer::{AuditRow, load};
use cardea_domain::card::{CardKind, CardNumber, CardState};
use cardea_domain::card_stock::Wanted;
use cardea_domain::id::*;
use cardea_domain::sale::*;
use cardea_domain::{Code, Day, Instant, Refusal};
use serde_json::json;
use uuid::Uuid;

/// A further card of an open membership.
#[derive(Clone, Debug)]
pub struct AddCard {
    pub membership: MembershipId,
    pub store: StoreId,
    pub kind: CardKind,
    /// Last valid day of a temporary card.
    pub until: Option<Day>,
    /// The one that is handed out; None: a random one.
    pub number: Option<CardNumber>,
}

impl AddCard {
    pub(super) fn propose(&self, desk: &Desk) -> Result<Box<dyn LedgerCommand>> {
        desk.actor.require(Action::CardIssue, Some(self.store))?;
        let store = desk.store(self.store)?;
        let now = desk.now(None);
        let member = desk.engine.read(desk.chain(), |conn| {
            load::member_head(conn, desk.chain(), self.membership)
        })?;
        let member = member.ok_or_else(|| {
            Refusal::new(Code::NotFound, "没有这个会籍", "There is no such membership").at("/membership_id")
        })?;
        let configuration = desk.configuration(member.program, now)?;
        let kind = KindTerms::of(&configuration.terms.kinds, self.kind)?;
        let holder = match member.customer {
            Some(_) => HolderRule::Customer,
            None => HolderRule::Nobody,
        };
        check_holder(&kind, holder)?;
        // As long as the membership, whose end is counted in the zone of the store that opened it.
        let zone = desk.zone(member.store)?;
        let end = member.expires_at.map(|end| zone.day_of(Instant(end.0 - 1)));
        let valid_through = kind.valid_through(store.zone.day_of(now), end, self.until)?;
        let wanted = Wanted {
            program: member.program,
            kind: self.kind,
            store: store.id,
            today: store.zone.day_of(now),
        };
        Ok(Box::new(Adding {
            membership: member.id,
            claim: Claim::by_hand(desk, self.number.as_ref(), wanted)?,
            args: AddCardArgs {
                card: CardId(Uuid::now_v7()),
                number: self.number.clone().map_or_else(new_number, Ok)?,
                kind: self.kind,
                issuing: kind.issuing,
                holder_staff: None,
                valid_through,
            },
            kind,
            context: desk.context(store, Some(&configuration), now),
        }))
    }
}

/// A further card on its way to the writer.
struct Adding {
    membership: MembershipId,
    claim: Claim,
    args: AddCardArgs,
    kind: KindTerms,
    context: Context,
}

impl LedgerCommand for Adding {
    fn needs(&self) -> Needs {
        Needs {
            members: vec![MemberNeed {
                id: self.membership,
                figures: None,
                upgrades: false,
            }],
            cards_of: Some(self.membership),
            number: Some(self.args.number.clone()),
            ..Needs::default()
        }
    }

    fn decide(&self, state: &mut State, _ids: &mut dyn NewIds) -> Result<Decision, Refusal> {
        let blank = self.claim.settle(state, self.args.card)?;
        let member = state.take(Some(self.membership)).ok_or_else(stale)?;
        self.kind
            .check_number(held(state.cards.values(), self.args.kind, self.context.now))?;
        let (rows, card) = decide_add_card(&member, &self.args, &self.context)?;
        let answer = answered(&card, &member, &self.context.ladder, self.context.now);
        let mut decision = Decision::new(rows, Answer::created(&answer)?);
        decision.card_events.push(issued(&card, &self.context));
        decision.blank = blank;
        let detail = json!({ "membership_id": self.membership });
        decision.notes.audit.push(AuditRow {
            action: "card.issue",
            subject: Some(card.id.0),
            detail,
        });
        Ok(decision)
    }
}

/// How many cards of a kind a membership has: those that work or may work again, and those that are applied for.
pub(super) fn held<'a>(cards: impl IntoIterator<Item = &'a LoadedCard>, kind: CardKind, now: Instant) -> usize {
    let counts = |loaded: &&LoadedCard| {
        let state = matches!(loaded.card.state, CardState::Active | CardState::Applied);
        state && loaded.card.kind == kind && !loaded.expired(now)
    };
    cards.into_iter().filter(counts).count()
}
