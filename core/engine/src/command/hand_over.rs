//! A membership goes to another person (D-CARD-13): both have shown their documents, which stand in the archive already.

use super::desk::{Desk, check_reason, no_such_membership, stale};
use super::issue::membership_exists;
use crate::archive::ShownIdentity;
use crate::error::Result;
use crate::identity::Action;
use crate::input::erased;
use crate::keys::step_of;
use crate::prepaid;
use crate::store::Answer;
use crate::store::writer::ledger::{AcceptedTerms, CardEvent, Decision, LedgerCommand, MemberNeed, Needs, State};
use crate::store::writer::{AuditRow, load, save};
use crate::terms::{self, Accepting};
use cardea_domain::card::{Card, CardState};
use cardea_domain::id::*;
use cardea_domain::sale::{Context, HandOverArgs, decide_hand_over};
use cardea_domain::{Code, Instant, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

/// Who gets a membership.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHolderTransfer {
    /// Who holds it from now on; without a membership in the program.
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    /// The store that does it.
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    /// What who holds it now has shown.
    pub from_identity: ShownIdentity,
    /// What who gets it has shown.
    pub to_identity: ShownIdentity,
    #[schema(min_length = 1, max_length = 200, example = "转给家人")]
    pub reason: String,
    /// What the new holder accepts, as for a new membership.
    #[serde(default)]
    pub accepted_terms: Vec<Accepting>,
}

/// A membership that went to another person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HolderTransfer {
    #[schema(value_type = Uuid)]
    pub id: HolderTransferId,
    #[schema(value_type = Uuid)]
    pub membership_id: MembershipId,
    #[schema(value_type = Uuid)]
    pub from_customer_id: CustomerId,
    #[schema(value_type = Uuid)]
    pub to_customer_id: CustomerId,
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
}

#[derive(Clone, Debug)]
pub struct HandOver {
    pub membership: MembershipId,
    pub transfer: NewHolderTransfer,
}

impl HandOver {
    pub(super) fn propose(&self, desk: &Desk) -> Result<Box<dyn LedgerCommand>> {
        let (chain, to) = (desk.chain(), self.transfer.customer_id);
        desk.actor
            .require(Action::MembershipTransfer, Some(self.transfer.store_id))?;
        check_reason(&self.transfer.reason)?;
        let member = desk
            .engine
            .read(chain, |conn| load::member_head(conn, chain, self.membership))?;
        let member = member.ok_or_else(no_such_membership)?;
        let (store, now) = (desk.store(self.transfer.store_id)?, desk.now(None));
        let (unjudged, rules) = desk.engine.read(chain, |conn| {
            let unjudged = load::unjudged(conn, chain, self.membership)?;
            let (rules, _) = prepaid::rules(conn, chain, store.zone.day_of(now))?;
            Ok((unjudged, rules))
        })?;
        let from = member.customer.ok_or_else(nobody)?;
        if from == to {
            let (zh, en) = ("该会籍已属于这位顾客", "The membership is this customer's already");
            return Err(Refusal::new(Code::FieldInvalid, zh, en).at("/customer_id").into());
        }
        if desk.engine.register_facts(chain, to)?.erased {
            return Err(erased().into());
        }
        self.check_identities(desk, from)?;
        let configuration = desk.configuration(member.program, now)?;
        let accepted = desk.engine.read(chain, |conn| {
            terms::enrolment(conn, (chain, member.program), &self.transfer.accepted_terms, now)
        })?;
        let step = step_of(now);
        Ok(Box::new(HandingOver {
            membership: member.id,
            program: member.program,
            version: member.version,
            accepted,
            args: HandOverArgs {
                id: HolderTransferId(Uuid::now_v7()),
                from,
                to,
                from_document: self.transfer.from_identity.kind,
                to_document: self.transfer.to_identity.kind,
                reason: self.transfer.reason.trim().to_owned(),
                unjudged,
                rules,
                steps: [step - 1, step],
            },
            context: desk.context(store, Some(&configuration), now),
        }))
    }

    /// Both documents are those on record.
    fn check_identities(&self, desk: &Desk, from: CustomerId) -> Result<()> {
        let shown = [
            (from, &self.transfer.from_identity, "/from_identity"),
            (self.transfer.customer_id, &self.transfer.to_identity, "/to_identity"),
        ];
        for (customer, identity, pointer) in shown {
            desk.engine.check_identity(desk.chain(), customer, identity, pointer)?;
        }
        Ok(())
    }
}

fn nobody() -> Refusal {
    let zh = "不记名会籍没有持卡人，不能转让：请办理实名登记。";
    let en = "Nobody holds an anonymous membership, so it isn't handed over: register its holder's name instead.";
    Refusal::new(Code::CardKind, zh, en)
}

/// A hand-over on its way to the writer.
struct HandingOver {
    membership: MembershipId,
    program: ProgramId,
    /// Of the membership, when it was looked at.
    version: i64,
    accepted: Vec<AcceptedTerms>,
    args: HandOverArgs,
    context: Context,
}

impl HandingOver {
    fn event(&self, card: &Card) -> CardEvent {
        CardEvent {
            card: card.id,
            operation: "hand_over",
            store: Some(self.context.store),
            reason: Some(self.args.reason.clone()),
            finder: None,
            detail: json!({ "transfer_id": self.args.id }),
            at: self.context.now,
            from: card.state.as_str(),
            to: card.state.as_str(),
            blocks: save::blocks_text(&card.blocks),
        }
    }

    fn answer(&self) -> HolderTransfer {
        HolderTransfer {
            id: self.args.id,
            membership_id: self.membership,
            from_customer_id: self.args.from,
            to_customer_id: self.args.to,
            store_id: self.context.store,
            at: self.context.now,
        }
    }
}

impl LedgerCommand for HandingOver {
    fn needs(&self) -> Needs {
        Needs {
            members: vec![MemberNeed {
                id: self.membership,
                figures: None,
                upgrades: false,
            }],
            cards_of: Some(self.membership),
            // One whose end no night has booked yet is open as well.
            open_of: Some((self.args.to, self.program, Instant(i64::MIN))),
            ..Needs::default()
        }
    }

    fn decide(&self, state: &mut State, _ids: &mut dyn NewIds) -> Result<Decision, Refusal> {
        let mut member = state.take(Some(self.membership)).ok_or_else(stale)?;
        if member.version != self.version {
            return Err(stale());
        }
        if state.open_membership.is_some() {
            return Err(membership_exists());
        }
        let cards: Vec<Card> = state.cards.values().map(|loaded| loaded.card.clone()).collect();
        let rows = decide_hand_over(&mut member, &cards, &self.args, &self.context)?;
        let mut decision = Decision::new(rows, Answer::created(&self.answer())?);
        let working = cards.iter().filter(|card| card.state == CardState::Active);
        decision.card_events = working.map(|card| self.event(card)).collect();
        let accepted = self.accepted.iter().cloned();
        decision.accepted = accepted.map(|terms| (self.membership, terms)).collect();
        let args = &self.args;
        decision.notes.audit.push(AuditRow {
            action: "membership.transfer",
            subject: Some(self.membership.0),
            detail: json!({
                "transfer_id": args.id, "from_customer_id": args.from, "to_customer_id": args.to,
                "from_document": args.from_document, "to_document": args.to_document, "reason": args.reason,
            }),
        });
        Ok(decision)
    }
}
