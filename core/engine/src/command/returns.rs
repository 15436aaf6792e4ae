//! Taking goods back.

use super::Purpose;
use super::desk::{Desk, Receipt, StoreFacts, check_reason, content_hash, stale};
use crate::error::Result;
use crate::identity::Action;
use crate::store::writer::ledger::{Decision, LedgerCommand, MemberNeed, Needs, State};
use crate::store::writer::{AuditRow, record};
use crate::store::{Answer, Entries};
use cardea_domain::id::*;
use cardea_domain::ledger::Balance;
use cardea_domain::sale::*;
use cardea_domain::tier::TierView;
use cardea_domain::{Code, Instant, Refusal, Text};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// A return to book (or to preview).
#[derive(Clone, Debug)]
pub struct Return {
    pub sale: BillId,
    pub store: StoreId,
    pub source: String,
    pub till: String,
    /// The return's own receipt.
    pub receipt: String,
    pub occurred_at: Instant,
    /// Empty: everything that is left.
    pub lines: Vec<ReturnLine>,
    pub reason: String,
    /// Import and demo: `occurred_at` may lie anywhere, and the return is booked as of then.
    pub trusted: bool,
}

#[derive(Serialize)]
struct Content<'a> {
    sale: BillId,
    occurred_at: Instant,
    lines: &'a [ReturnLine],
}

impl Return {
    pub(super) fn natural(&self, desk: &Desk) -> Result<(NaturalKey, [u8; 32])> {
        let store = desk.store(self.store)?;
        Ok((self.key(store)?, self.content()?))
    }

    fn key(&self, store: StoreFacts) -> Result<NaturalKey, Refusal> {
        let receipt = Receipt {
            source: &self.source,
            till: &self.till,
            receipt: &self.receipt,
        };
        receipt.key(store, self.occurred_at, BillKind::Return)
    }

    fn content(&self) -> Result<[u8; 32]> {
        content_hash(&Content {
            sale: self.sale,
            occurred_at: self.occurred_at,
            lines: &self.lines,
        })
    }

    pub(super) fn propose(&self, desk: &Desk) -> Result<Box<dyn LedgerCommand>> {
        desk.actor.require(Action::ReturnPost, Some(self.store))?;
        check_reason(&self.reason)?;
        let store = desk.store(self.store)?;
        let now = desk.now(self.trusted.then_some(self.occurred_at));
        let record = desk
            .engine
            .read(desk.chain(), |conn| record::load(conn, desk.chain(), self.sale))?;
        let record = record.ok_or_else(no_such_sale)?;
        let member = record.membership.map(|id| desk.member_head(id)).transpose()?;
        let configuration = member
            .map(|member| desk.configuration(member.program, now))
            .transpose()?;
        Ok(Box::new(Returning {
            quote: desk.purpose == Purpose::Quote,
            sale: self.sale,
            member: record.membership,
            introducer: record.introducer.map(|bonus| bonus.membership),
            args: ReturnArgs {
                id: BillId(Uuid::now_v7()),
                key: self.key(store)?,
                content: self.content()?,
                lines: self.lines.clone(),
                reason: self.reason.trim().to_owned(),
                occurred_at: self.occurred_at,
                privileged: desk.privileged(self.trusted),
            },
            context: desk.context(store, configuration.as_deref(), now),
        }))
    }
}

fn no_such_sale() -> Refusal {
    Refusal::new(Code::NotFound, "没有这笔账单", "There is no such bill")
}

/// A return on its way to the writer.
struct Returning {
    quote: bool,
    sale: BillId,
    member: Option<MembershipId>,
    introducer: Option<MembershipId>,
    args: ReturnArgs,
    context: Context,
}

/// What a return answers.
#[derive(Serialize)]
struct ReturnView<'a> {
    id: Option<BillId>,
    sale_id: BillId,
    money: &'a ReturnedMoney,
    points: &'a ReturnedPoints,
    entries: Entries<'a>,
    balances: &'a [Balance],
    tier: &'a Option<TierView>,
    tier_before: &'a Option<TierView>,
    explanation: &'a Text,
}

impl Returning {
    fn answer(&self, answer: &ReturnAnswer) -> Result<Answer> {
        Answer::booked(&answer.entries, |entries| ReturnView {
            id: (!self.quote).then_some(answer.id),
            sale_id: self.sale,
            money: &answer.money,
            points: &answer.points,
            entries,
            balances: &answer.balances,
            tier: &answer.tier,
            tier_before: &answer.tier_before,
            explanation: &answer.explanation,
        })
    }
}

impl LedgerCommand for Returning {
    fn needs(&self) -> Needs {
        let today = self.context.zone.day_of(self.context.now);
        let paid_since = today.months_earlier(self.context.ladder.months);
        let member = self.member.map(|id| MemberNeed {
            id,
            paid_since,
            upgrades: true,
        });
        let introducer = self.introducer.map(|id| MemberNeed {
            id,
            paid_since: None,
            upgrades: false,
        });
        Needs {
            members: member.into_iter().chain(introducer).collect(),
            record: Some(self.sale),
            ..Needs::default()
        }
    }

    fn natural(&self) -> Option<(&NaturalKey, &[u8; 32])> {
        Some((&self.args.key, &self.args.content))
    }

    fn decide(&self, state: &mut State, ids: &mut dyn NewIds) -> Result<Decision, Refusal> {
        let record = state.record.take().ok_or_else(no_such_sale)?;
        // A card was issued on it since, or it was judged late: its points count now, and its introducer's.
        let introducer = record.introducer.as_ref().map(|bonus| bonus.membership);
        if record.membership != self.member || introducer != self.introducer {
            return Err(stale());
        }
        let mut member = state.take(self.member);
        let mut introducer = state.take(self.introducer);
        let (rows, answer) = decide_return(
            member.as_mut(),
            introducer.as_mut(),
            &record,
            &self.args,
            &self.context,
            ids,
        )?;
        let mut decision = Decision::new(rows, self.answer(&answer)?);
        let detail = json!({
            "sale_id": self.sale, "reason": self.args.reason, "money": answer.money.total,
            "taken_back": answer.points.taken_back, "given_back": answer.points.given_back,
        });
        decision.audit.push(AuditRow {
            action: "return.post",
            subject: Some(answer.id.0),
            detail,
        });
        Ok(decision)
    }
}
