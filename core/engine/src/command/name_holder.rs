//! 实名登记: an anonymous membership becomes a customer's (D-CARD-1).

use super::add_card::held;
use super::answer::answered;
use super::desk::{Desk, stale};
use super::issue::membership_exists;
use crate::error::Result;
use crate::identity::Action;
use crate::input::erased;
use crate::store::Answer;
use crate::store::writer::ledger::{AcceptedTerms, CardEvent, Decision, LedgerCommand, MemberNeed, Needs, State};
use crate::store::writer::{AuditRow, load, save};
use crate::terms::{self, Accepting};
use cardea_domain::card::{Card, CardKind, CardState};
use cardea_domain::id::*;
use cardea_domain::rows::Rows;
use cardea_domain::sale::{Context, KindTerms, decide_named};
use cardea_domain::{Code, Refusal};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

/// Who holds an anonymous membership.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHolder {
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    /// One of the membership's cards, which is on the counter.
    #[schema(value_type = Uuid)]
    pub card_id: CardId,
    /// The customer's identity document was seen; it is demanded.
    pub identity_checked: bool,
    /// What the customer accepts, as for a new membership.
    #[serde(default)]
    pub accepted_terms: Vec<Accepting>,
}

#[derive(Clone, Debug)]
pub struct NameHolder {
    pub membership: MembershipId,
    pub holder: NewHolder,
}

impl NameHolder {
    pub(super) fn propose(&self, desk: &Desk) -> Result<Box<dyn LedgerCommand>> {
        let (chain, customer) = (desk.chain(), self.holder.customer_id);
        let (member, card) = desk.engine.read(chain, |conn| {
            let member = load::member_head(conn, chain, self.membership)?;
            Ok((member, load::card(conn, chain, self.holder.card_id)?))
        })?;
        let member =
            member.ok_or_else(|| Refusal::new(Code::NotFound, "没有这个会籍", "There is no such membership"))?;
        desk.actor.require(Action::MembershipHolder, Some(member.store))?;
        if !self.holder.identity_checked {
            let (zh, en) = (
                "实名登记须先核对身份证件",
                "Check the customer's identity document first",
            );
            return Err(Refusal::new(Code::FieldInvalid, zh, en).at("/identity_checked").into());
        }
        let card = card
            .filter(|card| card.card.membership == self.membership)
            .ok_or_else(|| {
                Refusal::new(
                    Code::FieldInvalid,
                    "此卡不属于该会籍",
                    "The card isn't one of the membership's",
                )
                .at("/card_id")
            })?;
        let now = desk.now(None);
        card.check_usable(now)?;
        if desk.engine.register_facts(chain, customer)?.erased {
            return Err(erased().into());
        }
        let configuration = desk.configuration(member.program, now)?;
        let kind = KindTerms::of(&configuration.terms.kinds, CardKind::Customer)?;
        let accepted = desk.engine.read(chain, |conn| {
            terms::enrolment(conn, (chain, member.program), &self.holder.accepted_terms, now)
        })?;
        let store = desk.store(card.card.store)?;
        Ok(Box::new(Naming {
            membership: member.id,
            program: member.program,
            customer,
            shown: card.card.id,
            kind,
            accepted,
            context: desk.context(store, Some(&configuration), now),
        }))
    }
}

struct Naming {
    membership: MembershipId,
    program: ProgramId,
    customer: CustomerId,
    /// The card that is on the counter.
    shown: CardId,
    kind: KindTerms,
    accepted: Vec<AcceptedTerms>,
    context: Context,
}

impl Naming {
    fn event(&self, card: &Card, from: CardState) -> CardEvent {
        CardEvent {
            card: card.id,
            operation: "name_holder",
            store: Some(self.context.store),
            reason: None,
            finder: None,
            detail: json!({ "identity_checked": true }),
            at: self.context.now,
            from: from.as_str(),
            to: card.state.as_str(),
            blocks: save::blocks_text(&card.blocks),
        }
    }
}

impl LedgerCommand for Naming {
    fn needs(&self) -> Needs {
        Needs {
            members: vec![MemberNeed {
                id: self.membership,
                figures: None,
                upgrades: false,
            }],
            cards_of: Some(self.membership),
            open_of: Some((self.customer, self.program, self.context.now)),
            ..Needs::default()
        }
    }

    fn decide(&self, state: &mut State, _ids: &mut dyn NewIds) -> Result<Decision, Refusal> {
        let mut member = state.take(Some(self.membership)).ok_or_else(stale)?;
        if state.open_membership.is_some() {
            return Err(membership_exists());
        }
        let shown = state.cards.get(&self.shown).ok_or_else(stale)?;
        shown.check_usable(self.context.now)?;
        let now = self.context.now;
        let anonymous = held(state.cards.values(), CardKind::Anonymous, now);
        let named = held(state.cards.values(), CardKind::Customer, now);
        // All of them together, as if the last one came to the others.
        self.kind.check_number((anonymous + named).saturating_sub(1))?;
        let mut cards: Vec<Card> = state.cards.values().map(|loaded| loaded.card.clone()).collect();
        let rows: Rows = decide_named(&mut member, &mut cards, self.customer, &self.context)?;
        let card = cards.iter().find(|card| card.id == self.shown).ok_or_else(stale)?;
        let answer = answered(card, &member, &self.context.ladder, now);
        let mut decision = Decision::new(rows, Answer::ok(&answer)?);
        decision.card_events.push(self.event(card, card.state));
        let accepted = self.accepted.iter().cloned();
        decision.accepted = accepted.map(|terms| (self.membership, terms)).collect();
        decision.notes.audit.push(AuditRow {
            action: "membership.holder",
            subject: Some(self.membership.0),
            detail: json!({ "customer_id": self.customer, "identity_checked": true }),
        });
        Ok(decision)
    }
}
