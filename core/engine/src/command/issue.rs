//! Issuing a card: a customer's membership with its first card.

use super::Command;
use super::add_card::AddCard;
use super::admission;
use super::answer::answered;
use super::bearer::IssueToBearer;
use super::campaigns::{Added, Occasion, Offers, recorded};
use super::desk::{Desk, StoreFacts, new_number, stale};
use super::ending::{Booked, end_membership};
use super::from_stock::{Claim, chosen_number};
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
use cardea_domain::card::{Card, CardKind, CardNumber, CardState};
use cardea_domain::card_stock::Wanted;
use cardea_domain::id::*;
use cardea_domain::sale::*;
use cardea_domain::{Code, Day, Instant, Refusal};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

/// Opens a membership (`program_id` and `customer_id`; without a customer where nobody or a member of staff holds cards of
/// the kind), or adds a card to one (`membership_id`). A card that the program wants applied for works once it was
/// collected.
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
    /// The number of the card that is handed out, scanned or typed: of a blank in the store's stock, or of no batch. Absent:
    /// a random one.
    #[schema(example = "90000000000001")]
    pub number: Option<String>,
    /// Who holds a staff card.
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    /// Last valid day; of a temporary card alone, which must have one.
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_through: Option<Day>,
    /// What the member accepts; a new membership needs what its program demands.
    #[serde(default)]
    pub accepted_terms: Vec<Accepting>,
}

impl NewCard {
    /// The command: a new membership, or another card of one.
    ///
    /// # Errors
    /// `field_invalid` unless exactly one of both is named, and for a number that isn't one.
    pub fn command(&self) -> Result<Command, Refusal> {
        let number = chosen_number(self.number.as_ref())?;
        let (store, kind, until) = (self.store_id, self.kind, self.valid_through);
        match (self.program_id, self.customer_id, self.membership_id, self.staff_id) {
            (Some(program), Some(customer), None, None) => Ok(Command::Issue(Issue {
                program,
                customer,
                store,
                kind,
                number,
                until,
                issued_at: None,
                accepting: Some(self.accepted_terms.clone()),
            })),
            (Some(program), None, None, staff) => Ok(Command::IssueToBearer(IssueToBearer {
                program,
                store,
                kind,
                staff,
                number,
                until,
                accepting: self.accepted_terms.clone(),
            })),
            (None, None, Some(membership), None) if self.accepted_terms.is_empty() => Ok(Command::AddCard(AddCard {
                membership,
                store,
                kind,
                number,
                until,
            })),
            _ => Err(Refusal::new(
                Code::FieldInvalid,
                "请给出 program_id（新会籍，记名卡另给 customer_id，员工卡另给 staff_id），或 membership_id（加卡，不带 accepted_terms）。",
                "Give program_id (a new membership, with customer_id or staff_id where somebody holds it) or membership_id (another card of it, without accepted_terms).",
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
    /// Last valid day of a temporary card.
    pub until: Option<Day>,
    /// The one that is handed out, or an import's; None: a random one.
    pub number: Option<CardNumber>,
    /// Import and demo: issued as of then.
    pub issued_at: Option<Instant>,
    /// What the member accepts. None: of import and demo nobody asks.
    pub accepting: Option<Vec<Accepting>>,
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
        let accepted = self.accepted(desk, now)?;
        let configuration = desk.configuration(self.program, now)?;
        let kind = KindTerms::of(&configuration.terms.kinds, self.kind)?;
        check_holder(&kind, HolderRule::Customer)?;
        let grant = admission::ask(desk, &configuration, (self.customer, store), &register, now)?;
        let context = desk.context(store, Some(&configuration), now);
        let card_through = kind.valid_through(store.zone.day_of(now), grant.valid_through, self.until)?;
        let membership = MembershipId(Uuid::now_v7());
        let introduced = register.introducer;
        let introducer = introduced.map(|by| desk.open_membership(by, self.program, now));
        let introducer = introducer.transpose()?.flatten();
        let mut inputs: Vec<RecordedInput> = grant.input.into_iter().collect();
        let (qualifying, offers) = match grant.qualifying {
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
                let offers = self.offers(desk, store, membership, &qualifying.record)?;
                (Some(qualifying), offers)
            }
            None => (None, Offers::default()),
        };
        Ok(Box::new(Issuing {
            args: IssueArgs {
                membership,
                program: self.program,
                customer: Some(self.customer),
                card: CardId(Uuid::now_v7()),
                number: self.number.clone().map_or_else(new_number, Ok)?,
                kind: self.kind,
                issuing: kind.issuing,
                holder_staff: None,
                valid_through: grant.valid_through,
                card_through,
                qualifying,
            },
            customer: self.customer,
            claim: self.claim(desk, (store, now))?,
            outlived: standing.map(|(id, _)| id),
            introducer,
            rule: grant.rule,
            accepted,
            inputs,
            context,
            offers,
        }))
    }
}

impl Issue {
    fn claim(&self, desk: &Desk, (store, now): (StoreFacts, Instant)) -> Result<Claim> {
        let wanted = Wanted {
            program: self.program,
            kind: self.kind,
            store: store.id,
            today: store.zone.day_of(now),
        };
        match self.accepting {
            Some(_) => Claim::by_hand(desk, self.number.as_ref(), wanted),
            None => Ok(Claim::elsewhere(self.number.as_ref(), wanted)),
        }
    }

    /// The campaigns that the purchase met which leads to the card.
    fn offers(&self, desk: &Desk, store: StoreFacts, membership: MembershipId, record: &SaleRecord) -> Result<Offers> {
        let occasion = Occasion {
            program: self.program,
            membership,
            customer: Some(self.customer),
            store: record.key.store,
            zone: desk.zone(record.key.store)?,
            at: record.occurred_at,
            day: record.key.business_date,
        };
        Offers::find(desk, store, &occasion, &recorded(record))
    }

    fn accepted(&self, desk: &Desk, now: Instant) -> Result<Vec<AcceptedTerms>> {
        let Some(accepting) = &self.accepting else {
            return Ok(Vec::new());
        };
        let of = (desk.chain(), self.program);
        desk.engine
            .read(desk.chain(), |conn| terms::enrolment(conn, of, accepting, now))
    }
}

fn base_tier(configuration: &Configuration) -> &str {
    configuration.ladder.steps.first().map_or("", |step| step.id.as_str())
}

pub(super) fn membership_exists() -> Refusal {
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
    claim: Claim,
    /// A membership of the customer in the program whose validity is over but whose end isn't booked yet.
    outlived: Option<MembershipId>,
    introducer: Option<MembershipId>,
    /// The plugin's rule that let it pass.
    rule: String,
    accepted: Vec<AcceptedTerms>,
    inputs: Vec<RecordedInput>,
    context: Context,
    /// Campaigns that the qualifying purchase meets.
    offers: Offers,
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
            campaigns: self.offers.needs(),
            ..Needs::default()
        }
    }

    fn decide(&self, state: &mut State, ids: &mut dyn NewIds) -> Result<Decision, Refusal> {
        if state.open_membership.is_some() {
            return Err(membership_exists());
        }
        let blank = self.claim.settle(state, self.args.card)?;
        // The purchase was returned in part, or led to another card, since the plugin saw it.
        if state.record.as_ref() != self.args.qualifying.as_ref().map(|q| &q.record) {
            return Err(stale());
        }
        // Another one takes its place: nothing of it is renewed any more, so its points don't outlive it.
        let outlived = state.take(self.outlived).map(|mut old| {
            let ended_at = old.expires_at.unwrap_or(self.context.now);
            let (rows, events) = end_membership(&mut old, (state, None), &self.context, ended_at, ids);
            let note = Booked::of(&rows).note(old.id, ended_at);
            (rows, events, note)
        });
        let mut introducer = state.take(self.introducer);
        let (args, added) = self.with_campaigns(state)?;
        let (mut rows, answer) = decide_issue(introducer.as_mut(), &args, &self.context, ids)?;
        let bill = args.qualifying.as_ref().map(|qualifying| qualifying.record.id);
        if let Some(bill) = bill.filter(|_| rows.unjudged.is_empty()) {
            self.offers.note(added, bill, &mut rows, ids);
        }
        let mut card = answered(&answer.card, &answer.member, &self.context.ladder, self.context.now);
        card.entries = answer.entries;
        let mut decision = Decision::new(rows, Answer::created(&card)?);
        if let Some((rows, events, note)) = outlived {
            decision.before.push((rows, String::new()));
            decision.card_events = events;
            decision.notes.audit.extend(note);
        }
        decision.card_events.push(issued(&answer.card, &self.context));
        decision.blank = blank;
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

impl Issuing {
    /// What is issued, with what campaigns add to the qualifying purchase.
    fn with_campaigns(&self, state: &State) -> Result<(IssueArgs, Added), Refusal> {
        let mut args = self.args.clone();
        let Some(qualifying) = &mut args.qualifying else {
            return Ok((args, Added::default()));
        };
        let outcome = qualifying.proposal.outcome.as_ref();
        let added = self.offers.add(outcome, || recorded(&qualifying.record), state)?;
        if let Some(proposal) = added.to(Some(&qualifying.proposal)) {
            qualifying.proposal = proposal;
        }
        Ok((args, added))
    }
}

/// Whether it is cards of such holders that are issued here.
///
/// # Errors
/// `card_kind` with who holds cards of the kind.
pub(super) fn check_holder(kind: &KindTerms, holder: HolderRule) -> Result<(), Refusal> {
    if kind.holder == holder {
        return Ok(());
    }
    let (zh, en) = match kind.holder {
        HolderRule::Customer => (
            "此类卡须有持卡顾客，请先选择顾客。",
            "Cards of this kind are held by a customer; choose one.",
        ),
        HolderRule::Nobody => (
            "此类卡为不记名卡，不能指定持卡人。",
            "Cards of this kind are held by nobody; name no holder.",
        ),
        HolderRule::Staff => (
            "此类卡由员工持有，请选择员工。",
            "Cards of this kind are held by staff; name the member of staff.",
        ),
    };
    Err(Refusal::new(Code::CardKind, zh, en).at("/kind"))
}

pub(super) fn issued(card: &Card, context: &Context) -> CardEvent {
    let operation = match card.state {
        CardState::Applied => "apply",
        _ => "issue",
    };
    CardEvent {
        card: card.id,
        operation,
        store: Some(context.store),
        reason: None,
        finder: None,
        detail: json!({}),
        at: context.now,
        from: "",
        to: card.state.as_str(),
        blocks: String::new(),
    }
}
