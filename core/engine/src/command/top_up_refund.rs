//! Paying a top-up or a pass back, by reason, with the working (D-CARD-12).

use super::Purpose;
use super::confirmation::{Confirmation, noted};
use super::desk::{Desk, Receipt, StoreFacts, a_till, check_reason, content_hash, no_such_card, or_a_till, stale};
use super::guard::{self, Guarded, Operation, Wanted};
use crate::error::Result;
use crate::identity::Action;
use crate::store::Answer;
use crate::store::writer::ids::Ids;
use crate::store::writer::ledger::{Decision, LedgerCommand, MemberNeed, Needs, State};
use crate::store::writer::{AuditRow, load, prepaid};
use cardea_domain::id::*;
use cardea_domain::ledger::Member;
use cardea_domain::prepaid::{RefundArgs, RefundReason, Refunded, decide_pass_refund, decide_refund};
use cardea_domain::rows::Rows;
use cardea_domain::sale::{BillKind, Confirmed, Context, Demand, EntryView, NaturalKey, Tender};
use cardea_domain::{Code, Instant, Minor, Refusal, Text};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

/// Pays a top-up or a pass back as a whole (or previews it). The receipt is the refund's own. Of a top-up that was paid back
/// before, what returns have brought back since is paid.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRefund {
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    /// Absent: `till`.
    #[serde(default = "a_till", deserialize_with = "or_a_till")]
    #[schema(value_type = Option<String>)]
    pub source: String,
    #[schema(example = "T1")]
    pub till: String,
    /// Unique per store, source, till and business date among refunds of top-ups, or of passes; a repeat gets the first answer.
    #[schema(example = "0008")]
    pub receipt: String,
    /// Absent: now.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub occurred_at: Option<Instant>,
    pub reason: RefundReason,
    /// How the money goes back, adding up to what is paid back; null: the way it came.
    pub tenders: Option<Vec<Tender>>,
    /// In words, at most 200 characters.
    #[schema(example = "顾客搬家")]
    pub note: Option<String>,
    /// Number of a card of the membership whose PIN is typed; null: none is.
    pub card: Option<String>,
    /// What was made sure of, where the program's plugin demands it.
    #[serde(default)]
    pub confirmation: Confirmation,
}

/// What is paid back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prepaid {
    TopUp,
    Pass,
}

/// A refund of something paid in advance.
#[derive(Clone, Debug)]
pub struct RefundPrepaid {
    pub what: Prepaid,
    pub id: BillId,
    pub refund: NewRefund,
}

#[derive(Serialize)]
struct Content<'a> {
    refunds: BillId,
    reason: RefundReason,
    tenders: &'a Option<Vec<Tender>>,
}

impl RefundPrepaid {
    pub(super) fn natural(&self, desk: &Desk) -> Result<(NaturalKey, [u8; 32])> {
        let store = desk.store(self.refund.store_id)?;
        let occurred_at = self.refund.occurred_at.unwrap_or_else(|| desk.now(None));
        Ok((self.key(store, occurred_at)?, self.content()?))
    }

    fn key(&self, store: StoreFacts, occurred_at: Instant) -> Result<NaturalKey, Refusal> {
        let receipt = Receipt {
            source: &self.refund.source,
            till: &self.refund.till,
            receipt: &self.refund.receipt,
        };
        let kind = match self.what {
            Prepaid::TopUp => BillKind::TopUpRefund,
            Prepaid::Pass => BillKind::PassRefund,
        };
        receipt.key(store, occurred_at, kind)
    }

    fn content(&self) -> Result<[u8; 32]> {
        content_hash(&Content {
            refunds: self.id,
            reason: self.refund.reason,
            tenders: &self.refund.tenders,
        })
    }

    pub(super) fn propose(&self, desk: &Desk) -> Result<Box<dyn LedgerCommand>> {
        desk.actor.require(Action::TopUpRefund, Some(self.refund.store_id))?;
        if let Some(note) = &self.refund.note {
            check_reason(note)?;
        }
        let (store, now, chain) = (desk.store(self.refund.store_id)?, desk.now(None), desk.chain());
        let occurred_at = self.refund.occurred_at.unwrap_or(now);
        let membership = desk.engine.read(chain, |conn| {
            Ok(match self.what {
                Prepaid::TopUp => prepaid::top_up(conn, chain, self.id)?.map(|found| found.membership),
                Prepaid::Pass => prepaid::pass(conn, chain, self.id)?.map(|found| found.membership),
            })
        })?;
        let membership = membership.ok_or_else(|| self.not_there())?;
        let member = desk.member_head(membership)?;
        let configuration = desk.configuration(member.program, now)?;
        let mut refunding = Refunding {
            quote: desk.purpose == Purpose::Quote,
            what: self.what,
            of: self.id,
            membership,
            confirmed: self.confirmed(desk, membership)?,
            guarded: Guarded::default(),
            args: RefundArgs {
                id: BillId(Uuid::now_v7()),
                key: self.key(store, occurred_at)?,
                content: self.content()?,
                occurred_at,
                privileged: desk.privileged(false),
                reason: self.refund.reason,
                tenders: self.refund.tenders.clone(),
                note: self.refund.note.as_deref().map(|note| note.trim().to_owned()),
            },
            context: desk.context(store, Some(&configuration), now),
        };
        if guard::guards(desk, &configuration)? {
            // How much it comes to, the decision knows.
            let mut state = desk
                .engine
                .read(chain, |conn| load::load(conn, chain, &refunding.needs()))?;
            let mut ids = Ids::new(desk.engine.clock().clone());
            let amount = refunding.settle(&mut state, &mut ids)?.refunded.amount;
            let bill = (refunding.args.id.0, refunding.args.key.business_date);
            let wanted = [Wanted::new(Operation::Refund, amount)];
            refunding.guarded = Guarded::ask(desk, &configuration, (&member, store), bill, &wanted)?;
        }
        Ok(Box::new(refunding))
    }

    /// What was made sure of; a PIN counts where it is of a card of the membership.
    fn confirmed(&self, desk: &Desk, membership: MembershipId) -> Result<Confirmed> {
        let chain = desk.chain();
        let card = match &self.refund.card {
            None => None,
            Some(number) => {
                let found = desk
                    .engine
                    .read(chain, |conn| load::card_by_number(conn, chain, number))?;
                let own = found.filter(|card| card.card.membership == membership);
                Some(own.ok_or_else(|| no_such_card().at("/card"))?.card.id)
            }
        };
        let confirmation = &self.refund.confirmation;
        Ok(confirmation.confirmed(desk, self.refund.store_id, card)?)
    }

    fn not_there(&self) -> Refusal {
        match self.what {
            Prepaid::TopUp => Refusal::new(Code::NotFound, "没有这笔充值", "There is no such top-up"),
            Prepaid::Pass => no_such_pass(),
        }
    }
}

pub(super) fn no_such_pass() -> Refusal {
    Refusal::new(Code::NotFound, "没有这张次卡", "There is no such pass")
}

/// A refund on its way to the writer.
struct Refunding {
    quote: bool,
    what: Prepaid,
    of: BillId,
    membership: MembershipId,
    confirmed: Confirmed,
    guarded: Guarded,
    args: RefundArgs,
    context: Context,
}

/// A refund that was decided, and the membership afterwards.
struct Settled {
    member: Member,
    rows: Rows,
    refunded: Refunded,
    tenders: Vec<Tender>,
    points: i64,
    entries: Vec<EntryView>,
}

impl Refunding {
    /// It went along with a membership that was merged meanwhile.
    fn check_still(&self, membership: MembershipId) -> Result<(), Refusal> {
        if membership == self.membership {
            Ok(())
        } else {
            Err(stale())
        }
    }

    fn settle(&self, state: &mut State, ids: &mut dyn NewIds) -> Result<Settled, Refusal> {
        let mut member = state.take(Some(self.membership)).ok_or_else(stale)?;
        if !self.guarded.is_current(&member) {
            return Err(stale());
        }
        let (args, context) = (&self.args, &self.context);
        let (rows, refunded, tenders, points, entries) = match self.what {
            Prepaid::TopUp => {
                let record = state.top_up.take().ok_or_else(stale)?;
                self.check_still(record.membership)?;
                let (rows, answer) = decide_refund(&mut member, &record, args, context, ids)?;
                (rows, answer.refunded, answer.tenders, 0, answer.entries)
            }
            Prepaid::Pass => {
                let pass = state.pass.take().ok_or_else(stale)?;
                self.check_still(pass.membership)?;
                let sold = (&pass, state.record.as_ref());
                let (rows, answer) = decide_pass_refund(&mut member, sold, args, context, ids)?;
                (rows, answer.refunded, answer.tenders, answer.points, answer.entries)
            }
        };
        Ok(Settled {
            member,
            rows,
            refunded,
            tenders,
            points,
            entries,
        })
    }
}

/// What a refund pays and takes, with its working.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = RefundAnswer)]
pub struct RefundView<E> {
    /// null in a preview.
    #[schema(value_type = Option<Uuid>)]
    pub id: Option<BillId>,
    /// The top-up or pass.
    #[schema(value_type = Uuid)]
    pub of: BillId,
    pub reason: RefundReason,
    /// Paid back, minor units.
    #[schema(value_type = i64)]
    pub amount: Minor,
    /// What was used counts for this, minor units.
    #[schema(value_type = i64)]
    pub used: Minor,
    /// Bonus (minor units) or gift sessions that are withdrawn.
    pub withdrawn: i64,
    /// How it is worked out, line by line.
    pub working: Vec<Text>,
    /// How the money goes back.
    pub tenders: Vec<Tender>,
    /// Points of a pass's sale that are taken back.
    pub points: i64,
    #[schema(value_type = Vec<EntryView>)]
    pub entries: E,
    pub balances: Vec<cardea_domain::ledger::Balance>,
    /// Of a preview: what must be confirmed before it is booked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub confirmations: Vec<Demand>,
}

impl LedgerCommand for Refunding {
    fn needs(&self) -> Needs {
        let pass = Some(self.of).filter(|_| self.what == Prepaid::Pass);
        let today = self.context.zone.day_of(self.context.now);
        Needs {
            members: vec![MemberNeed {
                id: self.membership,
                figures: pass.and_then(|_| self.context.ladder.wanted(today)),
                upgrades: pass.is_some(),
            }],
            top_up: Some(self.of).filter(|_| self.what == Prepaid::TopUp),
            pass,
            record: pass,
            ..Needs::default()
        }
    }

    fn natural(&self) -> Option<(&NaturalKey, &[u8; 32])> {
        Some((&self.args.key, &self.args.content))
    }

    fn decide(&self, state: &mut State, ids: &mut dyn NewIds) -> Result<Decision, Refusal> {
        let (args, context) = (&self.args, &self.context);
        let Settled {
            member,
            rows,
            refunded,
            tenders,
            points,
            entries,
        } = self.settle(state, ids)?;
        let lacking = self.guarded.lacking(self.confirmed, Vec::new());
        if !self.quote {
            self.guarded.check(&lacking)?;
        }
        let told = Answer::booked(&entries, |entries| RefundView {
            id: (!self.quote).then_some(args.id),
            of: self.of,
            reason: args.reason,
            amount: refunded.amount,
            used: refunded.used,
            withdrawn: refunded.withdrawn,
            working: refunded.working.clone(),
            tenders: tenders.clone(),
            points,
            entries,
            balances: member.balances(context.now),
            confirmations: lacking.clone(),
        })?;
        let mut decision = Decision::new(rows, told);
        let detail = json!({ "of": self.of, "reason": args.reason, "amount": refunded.amount });
        decision.notes.audit.push(AuditRow {
            action: match self.what {
                Prepaid::TopUp => "top_up.refund",
                Prepaid::Pass => "pass.refund",
            },
            subject: Some(args.id.0),
            detail: noted(detail, self.confirmed),
        });
        decision.questions.extend(self.guarded.questions());
        Ok(decision)
    }
}
