//! Taking goods back.

use super::Purpose;
use super::campaigns;
use super::desk::{Desk, Receipt, StoreFacts, check_reason, content_hash, stale};
use super::purse;
use super::told;
use super::voucher_return::{self, ReturnedVoucher};
use crate::error::Result;
use crate::identity::Action;
use crate::store::Answer;
use crate::store::writer::ledger::{Decision, LedgerCommand, MemberNeed, Needs, State};
use crate::store::writer::{AuditRow, prepaid, record};
use crate::voucher::Coded;
use cardea_domain::id::*;
use cardea_domain::ledger::Balance;
use cardea_domain::sale::*;
use cardea_domain::tier::TierView;
use cardea_domain::{Code, Instant, Refusal, Text};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

/// What comes back. The receipt is the return's own.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReturn {
    /// The store that takes the goods back.
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    #[schema(example = "till")]
    pub source: String,
    #[schema(example = "T1")]
    pub till: String,
    /// Unique per store, source, till and business date among returns; a repeat gets the first answer.
    #[schema(example = "0002")]
    pub receipt: String,
    #[schema(value_type = String, format = DateTime)]
    pub occurred_at: Instant,
    /// Empty: everything that is left.
    #[serde(default)]
    pub lines: Vec<ReturnLine>,
    #[schema(example = "颜色不合适")]
    pub reason: String,
}

/// A return to book (or to preview).
#[derive(Clone, Debug)]
pub struct Return {
    pub sale: BillId,
    pub goods: NewReturn,
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
        let store = desk.store(self.goods.store_id)?;
        Ok((self.key(store)?, self.content()?))
    }

    fn key(&self, store: StoreFacts) -> Result<NaturalKey, Refusal> {
        let receipt = Receipt {
            source: &self.goods.source,
            till: &self.goods.till,
            receipt: &self.goods.receipt,
        };
        receipt.key(store, self.goods.occurred_at, BillKind::Return)
    }

    fn content(&self) -> Result<[u8; 32]> {
        content_hash(&Content {
            sale: self.sale,
            occurred_at: self.goods.occurred_at,
            lines: &self.goods.lines,
        })
    }

    pub(super) fn propose(&self, desk: &Desk) -> Result<Box<dyn LedgerCommand>> {
        desk.actor.require(Action::ReturnPost, Some(self.goods.store_id))?;
        check_reason(&self.goods.reason)?;
        let store = desk.store(self.goods.store_id)?;
        let now = desk.now(self.trusted.then_some(self.goods.occurred_at));
        let record = desk
            .engine
            .read(desk.chain(), |conn| record::load(conn, desk.chain(), self.sale))?;
        let record = record.ok_or_else(no_such_sale)?;
        self.check_no_pass(desk)?;
        let member = record.membership.map(|id| desk.member_head(id)).transpose()?;
        let configuration = member
            .map(|member| desk.configuration(member.program, now))
            .transpose()?;
        Ok(Box::new(Returning {
            quote: desk.purpose == Purpose::Quote,
            sale: self.sale,
            member: record.membership,
            lenders: purse::lenders_of(&record),
            introducer: record.introducer.map(|bonus| bonus.membership),
            spares: voucher_return::spares(desk, self.sale)?,
            args: ReturnArgs {
                id: BillId(Uuid::now_v7()),
                key: self.key(store)?,
                content: self.content()?,
                lines: self.goods.lines.clone(),
                reason: self.goods.reason.trim().to_owned(),
                occurred_at: self.goods.occurred_at,
                privileged: desk.privileged(self.trusted),
            },
            context: desk.context(store, configuration.as_deref(), now),
            campaigns: store.campaigns > 0,
        }))
    }
}

impl Return {
    /// # Errors
    /// `not_refundable`: what is used of a pass counts, so it is paid back by its own way.
    fn check_no_pass(&self, desk: &Desk) -> Result<()> {
        let pass = desk
            .engine
            .read(desk.chain(), |conn| prepaid::pass(conn, desk.chain(), self.sale))?;
        if pass.is_none() {
            return Ok(());
        }
        let (zh, en) = (
            "次卡不能按退货办理：请在会员的次卡中办理退款。",
            "A pass can't be returned like goods: pay it back where the member's passes are.",
        );
        Err(Refusal::new(Code::NotRefundable, zh, en).into())
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
    /// Whose points of the pool it took.
    lenders: Vec<MembershipId>,
    /// New codes, for what bought vouchers stood for.
    spares: Vec<(i32, Coded)>,
    args: ReturnArgs,
    context: Context,
    /// Whether the chain has any.
    campaigns: bool,
}

/// What a return changes.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ReturnAnswer)]
pub struct ReturnView<E> {
    /// null in a preview.
    #[schema(value_type = Option<Uuid>)]
    pub id: Option<BillId>,
    #[schema(value_type = Uuid)]
    pub sale_id: BillId,
    pub money: ReturnedMoney,
    /// Of the vouchers that paid part of the sale.
    #[serde(default)]
    pub vouchers: Vec<ReturnedVoucher>,
    pub points: ReturnedPoints,
    #[schema(value_type = Vec<EntryView>)]
    pub entries: E,
    /// After the return.
    pub balances: Vec<Balance>,
    pub tier: Option<TierView>,
    /// The tier before, where the return has undone one.
    pub tier_before: Option<TierView>,
    /// What happens, in one sentence.
    pub explanation: Text,
}

impl Returning {
    fn answer(&self, answer: &ReturnAnswer, vouchers: &[ReturnedVoucher]) -> Result<Answer> {
        Answer::booked(&answer.entries, |entries| ReturnView {
            id: (!self.quote).then_some(answer.id),
            sale_id: self.sale,
            money: answer.money.clone(),
            vouchers: vouchers.to_vec(),
            points: answer.points,
            entries,
            balances: answer.balances.clone(),
            tier: answer.tier.clone(),
            tier_before: answer.tier_before.clone(),
            explanation: answer.explanation.clone(),
        })
    }
}

impl LedgerCommand for Returning {
    fn needs(&self) -> Needs {
        let today = self.context.zone.day_of(self.context.now);
        let figures = self.context.ladder.wanted(today);
        let member = self.member.map(|id| MemberNeed {
            id,
            figures,
            upgrades: true,
        });
        let introducer = self.introducer.map(|id| MemberNeed {
            id,
            figures: None,
            upgrades: false,
        });
        let mut needs = Needs {
            members: member.into_iter().chain(introducer).collect(),
            record: Some(self.sale),
            vouchers_of: Some(self.sale),
            uses_of: Some(self.sale).filter(|_| self.campaigns),
            ..Needs::default()
        };
        purse::need_lenders(&self.lenders, &mut needs);
        needs
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
        let (mut rows, answer) = decide_return(
            member.as_mut(),
            introducer.as_mut(),
            &record,
            &self.args,
            &self.context,
            ids,
        )?;
        // Who introduced them may be in the pool as well.
        state.members.extend(introducer.map(|member| (member.id, member)));
        let to = LentFor {
            bill: answer.id,
            occurred_at: self.args.occurred_at,
        };
        let passed = (&record, answer.passed_on.as_slice());
        purse::take_home(state, passed, to, &self.context, (&mut rows, &mut *ids))?;
        let used = std::mem::take(&mut state.used_vouchers);
        let mut vouchers = voucher_return::decide(&used, &record, &self.spares, &self.context, &mut rows);
        if self.quote {
            vouchers
                .iter_mut()
                .filter(|voucher| voucher.new)
                .for_each(|voucher| voucher.voucher_id = None);
        }
        campaigns::take_back(&state.uses, &record, &answer, &mut rows, ids);
        let mut decision = Decision::new(rows, self.answer(&answer, &vouchers)?);
        let detail = json!({
            "sale_id": self.sale, "reason": self.args.reason, "money": answer.money.total,
            "taken_back": answer.points.taken_back, "given_back": answer.points.given_back,
        });
        decision.notes.audit.push(AuditRow {
            action: "return.post",
            subject: Some(answer.id.0),
            detail,
        });
        if let Some(member) = member {
            let changes = &decision.rows.tier_changes;
            decision.notes.notices = told::of_tiers(&self.context.ladder, &member, changes);
        }
        Ok(decision)
    }
}
