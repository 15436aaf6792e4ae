//! Issuing a card: a membership with its first card, or a further card of one.

use super::Command;
use super::admission;
use super::answer::answered;
use super::card_ops::check_number;
use super::desk::{Desk, new_number, stale};
use super::ending::{Booked, end_membership};
use super::judge::{self, Question};
use crate::error::Result;
use crate::identity::Action;
use crate::input::erased;
use crate::plugin::{self, RecordedInput};
use crate::program::Configuration;
use crate::store::Answer;
use crate::store::writer::ledger::{AcceptedTerms, CardEvent, Decision, LedgerCommand, MemberNeed, Needs, State};
use crate::store::writer::{AuditRow, load, record};
use crate::terms::{self, Accepting};
use cardea_domain::card::{Card, CardKind, CardNumber};
use cardea_domain::id::*;
use cardea_domain::sale::*;
use cardea_domain::{Code, Day, Instant, Refusal};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

/// Opens a membership (`program_id` and `customer_id`), or adds a card to one (`membership_id`).
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCard {
    #[schema(value_type = Option<Uuid>)]
    pub program_id: Option<ProgramId>,
    #[schema(value_type = Option<Uuid>)]
    pub customer_id: Option<CustomerId>,
    #[schema(value_type = Option<Uuid>)]
    pub membership_id: Option<MembershipId>,
    /// The issuing store.
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    pub kind: CardKind,
    /// What the member accepts; a new membership needs what its program demands.
    #[serde(default)]
    pub accepted_terms: Vec<Accepting>,
}

impl NewCard {
    /// The command: a new membership, or another card of one.
    ///
    /// # Errors
    /// `field_invalid` unless exactly one of both is named.
    pub fn command(&self) -> Result<Command, Refusal> {
        let (store, kind) = (self.store_id, self.kind);
        match (self.program_id, self.customer_id, self.membership_id) {
            (Some(program), Some(customer), None) => Ok(Command::Issue(Issue {
                program,
                customer,
                store,
                kind,
                number: None,
                issued_at: None,
                accepting: Some(self.accepted_terms.clone()),
            })),
            (None, None, Some(membership)) if self.accepted_terms.is_empty() => Ok(Command::AddCard(AddCard {
                membership,
                store,
                kind,
                number: None,
            })),
            _ => Err(Refusal::new(
                Code::FieldInvalid,
                "请给出 program_id 和 customer_id（新会籍），或 membership_id（加卡，不带 accepted_terms）。",
                "Give program_id and customer_id (a new membership) or membership_id (another card of it, without accepted_terms).",
            )),
        }
    }
}

/// A membership to open, with its first card (D-CARD-2, -3; D-RET-1).
#[derive(Clone, Debug)]
pub struct Issue {
    pub program: ProgramId,
    pub customer: CustomerId,
    /// The issuing store; validity counts in its zone.
    pub store: StoreId,
    pub kind: CardKind,
    /// Import and demo choose; None: a random one.
    pub number: Option<CardNumber>,
    /// Import and demo: issued as of then.
    pub issued_at: Option<Instant>,
    /// What the member accepts. None: of import and demo nobody asks.
    pub accepting: Option<Vec<Accepting>>,
}

/// A further card of an open membership.
#[derive(Clone, Debug)]
pub struct AddCard {
    pub membership: MembershipId,
    pub store: StoreId,
    pub kind: CardKind,
    /// Import and demo choose; None: a random one.
    pub number: Option<CardNumber>,
}

impl Issue {
    pub(super) fn propose(&self, desk: &Desk) -> Result<Box<dyn LedgerCommand>> {
        desk.actor.require(Action::CardIssue, Some(self.store))?;
        let store = desk.store(self.store)?;
        let now = desk.now(self.issued_at);
        let chain = desk.chain();
        let register = desk.engine.register_facts(chain, self.customer)?;
        if register.erased {
            return Err(erased().into());
        }
        let standing = desk.engine.read(chain, |conn| {
            load::standing_membership(conn, chain, self.customer, self.program)
        })?;
        if let Some((_, true)) = standing.map(|(id, end)| (id, end.is_none_or(|end| now < end))) {
            return Err(membership_exists().into());
        }
        let accepted = match &self.accepting {
            Some(accepting) => desk.engine.read(chain, |conn| {
                terms::enrolment(conn, (chain, self.program), accepting, now)
            })?,
            None => Vec::new(),
        };
        let configuration = desk.configuration(self.program, now)?;
        let grant = admission::ask(desk, &configuration, (self.customer, store), &register, now)?;
        let context = desk.context(store, Some(&configuration), now);
        let membership = MembershipId(Uuid::now_v7());
        let introducer = match register.introducer {
            Some(introducer) => desk.open_membership(introducer, self.program, now)?,
            None => None,
        };
        let mut inputs: Vec<RecordedInput> = grant.input.into_iter().collect();
        let qualifying = match grant.qualifying {
            Some(bill) => {
                let question = |lines, today| Question {
                    store,
                    today,
                    tier: base_tier(&configuration),
                    first_purchase: true,
                    register: Some(&register),
                    introducer,
                    lines,
                };
                let (qualifying, input) = qualify(desk, &configuration, membership, bill, question)?;
                inputs.push(input);
                Some(qualifying)
            }
            None => None,
        };
        Ok(Box::new(Issuing {
            args: IssueArgs {
                membership,
                program: self.program,
                customer: Some(self.customer),
                card: CardId(Uuid::now_v7()),
                number: self.number.clone().map_or_else(new_number, Ok)?,
                kind: self.kind,
                valid_through: grant.valid_through,
                qualifying,
            },
            customer: self.customer,
            chosen: self.number.is_some(),
            outlived: standing.map(|(id, _)| id),
            introducer,
            rule: grant.rule,
            accepted,
            inputs,
            context,
        }))
    }
}

fn base_tier(configuration: &Configuration) -> &str {
    configuration.ladder.steps.first().map_or("", |step| step.id.as_str())
}

fn membership_exists() -> Refusal {
    Refusal::new(
        Code::MembershipExists,
        "该顾客在此计划中已有会籍；如需再发一张卡，请选择该会籍",
        "The customer has an open membership in this program; to issue another card, choose that membership",
    )
}

/// Judges the purchase that met the rules, at the base tier, as the first one.
fn qualify<'a>(
    desk: &Desk,
    configuration: &Configuration,
    membership: MembershipId,
    bill: BillId,
    question: impl FnOnce(Vec<crate::plugin::earning::Line>, Day) -> Question<'a>,
) -> Result<(Qualifying, RecordedInput)> {
    let (record, lines) = desk
        .engine
        .read(desk.chain(), |conn| {
            record::load_with_attributes(conn, desk.chain(), bill)
        })?
        .ok_or_else(stale)?;
    let lines = record
        .lines
        .iter()
        .zip(&lines)
        .map(|(line, attributes)| judge::Counted {
            number: line.number,
            sku: &line.sku,
            category: &line.category,
            quantity: line.quantity,
            counted: line.counted,
            attributes,
        })
        .map(|line| line.line());
    let basis = Basis {
        membership,
        configuration: configuration.id,
        tier: base_tier(configuration).to_owned(),
        first_purchase: true,
    };
    let question = question(lines.collect(), record.key.business_date);
    let judged = judge::propose(desk, configuration, basis, question)?;
    let proposal = judged.proposal;
    Ok((Qualifying { record, proposal }, plugin::record(&judged.asked)?))
}

/// A new membership on its way to the writer.
struct Issuing {
    args: IssueArgs,
    customer: CustomerId,
    /// Whether the caller chose the card number.
    chosen: bool,
    /// A membership of the customer in the program whose validity is over but whose end isn't booked yet.
    outlived: Option<MembershipId>,
    introducer: Option<MembershipId>,
    /// The plugin's rule that let it pass.
    rule: String,
    accepted: Vec<AcceptedTerms>,
    inputs: Vec<RecordedInput>,
    context: Context,
}

impl LedgerCommand for Issuing {
    fn needs(&self) -> Needs {
        let wanted = |day: Day| self.context.ladder.wanted(day);
        let members = self.introducer.into_iter().chain(self.outlived);
        let qualifying = self.args.qualifying.as_ref().map(|q| &q.record);
        Needs {
            members: members
                .map(|id| MemberNeed {
                    id,
                    figures: qualifying.and_then(|r| wanted(r.key.business_date)),
                    upgrades: false,
                })
                .collect(),
            cards_of: self.outlived,
            record: qualifying.map(|record| record.id),
            open_of: Some((self.customer, self.args.program, self.context.now)),
            number: Some(self.args.number.clone()),
            ..Needs::default()
        }
    }

    fn decide(&self, state: &mut State, ids: &mut dyn NewIds) -> Result<Decision, Refusal> {
        if state.open_membership.is_some() {
            return Err(membership_exists());
        }
        check_number(state, self.chosen)?;
        // The purchase was returned in part, or led to another card, since the plugin saw it.
        if state.record.as_ref() != self.args.qualifying.as_ref().map(|q| &q.record) {
            return Err(stale());
        }
        let outlived = state.take(self.outlived).map(|mut old| {
            let ended_at = old.expires_at.unwrap_or(self.context.now);
            let (rows, events) = end_membership(&mut old, state, &self.context, ended_at, ids);
            let note = Booked::of(&rows).note(old.id, ended_at);
            (rows, events, note)
        });
        let mut introducer = state.take(self.introducer);
        let (rows, answer) = decide_issue(introducer.as_mut(), &self.args, &self.context, ids)?;
        let mut card = answered(&answer.card, &answer.member, &self.context.ladder, self.context.now);
        card.entries = answer.entries;
        let mut decision = Decision::new(rows, Answer::created(&card)?);
        if let Some((rows, events, note)) = outlived {
            decision.before = Some(rows);
            decision.card_events = events;
            decision.notes.audit.extend(note);
        }
        decision.card_events.push(issued(&answer.card, &self.context));
        let accepted = self.accepted.iter().cloned();
        decision.accepted = accepted.map(|terms| (self.args.membership, terms)).collect();
        let accepted: Vec<_> = self.accepted.iter().map(|terms| terms.terms).collect();
        let detail = json!({ "membership_id": self.args.membership, "rule": self.rule, "accepted_terms": accepted });
        decision.notes.audit.push(AuditRow {
            action: "card.issue",
            subject: Some(answer.card.id.0),
            detail,
        });
        decision.inputs = self.inputs.clone();
        Ok(decision)
    }
}

fn issued(card: &Card, context: &Context) -> CardEvent {
    CardEvent {
        card: card.id,
        operation: "issue",
        store: Some(context.store),
        reason: None,
        detail: json!({}),
        at: context.now,
        from: "",
        to: card.state.as_str(),
        blocks: String::new(),
    }
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
        // As long as the membership, whose end is counted in the zone of the store that opened it.
        let zone = desk.zone(member.store)?;
        let valid_through = member.expires_at.map(|end| zone.day_of(Instant(end.0 - 1)));
        Ok(Box::new(Adding {
            membership: member.id,
            chosen: self.number.is_some(),
            args: AddCardArgs {
                card: CardId(Uuid::now_v7()),
                number: self.number.clone().map_or_else(new_number, Ok)?,
                kind: self.kind,
                valid_through,
            },
            context: desk.context(store, Some(&configuration), now),
        }))
    }
}

/// A further card on its way to the writer.
struct Adding {
    membership: MembershipId,
    chosen: bool,
    args: AddCardArgs,
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
            number: Some(self.args.number.clone()),
            ..Needs::default()
        }
    }

    fn decide(&self, state: &mut State, _ids: &mut dyn NewIds) -> Result<Decision, Refusal> {
        check_number(state, self.chosen)?;
        let member = state.take(Some(self.membership)).ok_or_else(stale)?;
        let (rows, card) = decide_add_card(&member, &self.args, &self.context)?;
        let answer = answered(&card, &member, &self.context.ladder, self.context.now);
        let mut decision = Decision::new(rows, Answer::created(&answer)?);
        decision.card_events.push(issued(&card, &self.context));
        let detail = json!({ "membership_id": self.membership });
        decision.notes.audit.push(AuditRow {
            action: "card.issue",
            subject: Some(card.id.0),
            detail,
        });
        Ok(decision)
    }
}
