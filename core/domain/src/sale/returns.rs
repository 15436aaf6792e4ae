//! Returns (D-LED-5): from the recorded outcome of the sale, never from today's rules.

use super::bill::field;
use super::earn::KeptLine;
use super::kept::part_of;
use super::plan::Plan;
use super::pool;
use super::refund;
use super::{
    BillKind, Context, EntryView, NaturalKey, PoolDraw, RecordedLine, RecordedTender, ReturnPolicy, SaleRecord,
    TenderKind, check_occurred_at, counted, explain, preview, sell,
};
use crate::calendar::Instant;
use crate::error::{Code, Refusal, Text};
use crate::id::*;
use crate::ledger::{Asset, Balance, Booking, EntryDraft, EntryKind, Member, Source, SpentMove};
use crate::money::{Minor, Points};
use crate::rows::{BillLineRow, BillProgress, BillRow, BillTenderRow, Rows};
use crate::tier::TierView;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A return to book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnArgs {
    /// Id of the new bill.
    pub id: BillId,
    pub key: NaturalKey,
    pub content: [u8; 32],
    /// Empty: everything that is left.
    pub lines: Vec<ReturnLine>,
    pub reason: String,
    pub occurred_at: Instant,
    /// Lifts the limit on how far back `occurred_at` may lie.
    pub privileged: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnLine {
    /// Line of the sale, from 1.
    #[schema(minimum = 1, example = 1)]
    pub line: i32,
    /// Thousandths.
    #[schema(minimum = 1, example = 1000)]
    pub quantity: i64,
}

/// What a return did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnAnswer {
    pub id: BillId,
    pub money: ReturnedMoney,
    pub points: ReturnedPoints,
    pub entries: Vec<EntryView>,
    pub balances: Vec<Balance>,
    pub tier: Option<TierView>,
    /// The tier before, where the return has undone one.
    pub tier_before: Option<TierView>,
    /// What happens, in one sentence.
    pub explanation: Text,
    /// What goes on to those who had lent it, to be booked by [`super::take_home`].
    #[serde(skip)]
    pub passed_on: Vec<PoolDraw>,
}

/// Money to give back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReturnedMoney {
    /// Over all tenders, minor units.
    #[schema(value_type = i64)]
    pub total: Minor,
    pub tenders: Vec<ReturnedTender>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReturnedTender {
    pub kind: TenderKind,
    /// Money; for `points` what the points stood for.
    #[schema(value_type = i64)]
    pub amount: Minor,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReturnedPoints {
    /// Spent points that go back to their old dates.
    #[schema(value_type = i64)]
    pub given_back: Points,
    /// Of them, to dates that have passed meanwhile: they stay expired.
    #[schema(value_type = i64)]
    pub expired: Points,
    /// Of them, back to the others in the family pool who had lent them.
    #[serde(default)]
    #[schema(value_type = i64)]
    pub to_pool: Points,
    /// Earned points taken back, those owed included.
    #[schema(value_type = i64)]
    pub taken_back: Points,
    /// Of them, not matured yet.
    #[schema(value_type = i64)]
    pub from_maturing: Points,
    /// Of them, not there any more: a debt.
    #[schema(value_type = i64)]
    pub owed: Points,
    /// Beside them, not there any more, and let go by the program: told in the sentence.
    #[serde(skip)]
    pub waived: Points,
    /// Beside them, expired unspent: nothing is taken back for them.
    #[serde(default)]
    #[schema(value_type = i64)]
    pub lapsed: Points,
    /// What is taken back of the introducer's reward.
    #[serde(default)]
    #[schema(value_type = i64)]
    pub from_introducer: Points,
}

/// Longest reason, bytes.
const MAX_REASON: usize = 500;

/// Books a return of `record`. `member` is the sale's, `introducer` the one of its [`super::IntroducerBonus`]; both are
/// as afterwards.
///
/// First the points spent on it go back to their lots with their old dates, what others in the pool had lent to theirs
/// ([`super::take_home`] with `passed_on`), then what it earned is taken back: so far
/// earned − min(earned, ⌊Σ contribution of what is kept + Σ bonuses that still hold⌋). Of that, what had expired unspent
/// is let be. Only what is missing then is a debt.
///
/// # Errors
/// `field_invalid`, `already_returned`, `occurred_at_out_of_range`; `not_found` for a bill that isn't a sale, and
/// `internal` if `member` isn't the sale's. Nothing has changed then.
pub fn decide_return(
    member: Option<&mut Member>,
    introducer: Option<&mut Member>,
    record: &SaleRecord,
    args: &ReturnArgs,
    context: &Context,
    ids: &mut dyn NewIds,
) -> Result<(Rows, ReturnAnswer), Refusal> {
    if record.kind != BillKind::Sale {
        return Err(Refusal::new(
            Code::NotFound,
            "只有消费小票可以退货。",
            "Only a sale can be returned.",
        ));
    }
    check_occurred_at(args.occurred_at, context.now, args.privileged)?;
    check_after_sale(args.occurred_at, record.occurred_at)?;
    if args.reason.len() > MAX_REASON {
        return Err(field("/reason", "不能超过 500 字节", "must be at most 500 bytes"));
    }
    if record.membership != member.as_ref().map(|member| member.id) {
        return Err(Refusal::new(
            Code::Internal,
            "会籍与小票不符。",
            "The membership isn't the sale's.",
        ));
    }
    let after = refund::lines_after(record, &args.lines)?;
    let plan = Plan::new(record, after, member.as_deref(), introducer.as_deref(), context.now);
    let returning = Returning {
        record,
        args,
        plan: &plan,
        context,
    };
    let mut rows = returning.rows()?;
    let mut answer = returning.answer();
    let mut settled = 0;
    if let Some(member) = member {
        settled = returning.book(member, &mut rows, &mut answer, ids);
    }
    if let Some(introducer) = introducer {
        answer.points.from_introducer = returning.book_introducer(introducer, &mut rows, ids);
    }
    let lines = plan
        .after
        .iter()
        .zip(&record.lines)
        .filter(|(after, before)| after.returned > before.returned)
        .count();
    answer.explanation = preview::sentence(&answer, lines, record.membership.is_some(), settled);
    Ok((rows, answer))
}

pub(super) fn kept_lines(lines: &[RecordedLine]) -> Vec<KeptLine> {
    let kept = |line: &RecordedLine| KeptLine {
        number: line.number,
        quantity: line.quantity,
        kept: line.quantity - line.returned,
        counted: line.counted,
    };
    lines.iter().map(kept).collect()
}

/// A return that nothing can refuse any more.
struct Returning<'a> {
    record: &'a SaleRecord,
    args: &'a ReturnArgs,
    plan: &'a Plan,
    context: &'a Context,
}

impl Returning<'_> {
    fn source(&self) -> Source {
        let mut source = sell::source(self.context, self.args.id, self.args.occurred_at);
        source.configuration = self.record.configuration;
        source
    }

    fn draft(&self, kind: EntryKind, reverses: Option<EntryId>) -> EntryDraft {
        let waived = self.record.terms.return_policy != ReturnPolicy::GoNegative;
        let draft = explain::returned(kind, &self.record.key.receipt, waived);
        EntryDraft { reverses, ..draft }
    }

    /// Books both reversals, corrects the measure and the tier. The debt that was settled.
    fn book(&self, member: &mut Member, rows: &mut Rows, answer: &mut ReturnAnswer, ids: &mut dyn NewIds) -> Points {
        let (record, plan, context) = (self.record, self.plan, self.context);
        let (spent, earned) = (record.spend_entry, record.earn_entry);
        let back = self.draft(EntryKind::GiveBack, spent);
        let parts = parts_to_give_back(&record.spent_moves, record.given_back, plan.give_back);
        let (own, lent) = pool::split(parts, &record.pool_draws);
        answer.entries = pool::pass_on(member, &lent, (&self.source(), &back), rows, ids);
        let mut booking = Booking::new(member, Asset::points(), self.source(), rows, ids);
        let given = booking.give_back(back, &own, &self.draft(EntryKind::Expire, spent));
        let clawed = booking.claw_back(
            self.draft(EntryKind::ClawBack, earned),
            plan.take_back,
            &record.own_lots,
            record.terms.return_policy,
            self.draft(EntryKind::ClawBackExcess, earned),
        );
        if plan.lapsed > 0 {
            let draft = explain::lapsed(plan.lapsed, &record.key.receipt);
            booking.note(EntryDraft {
                reverses: earned,
                ..draft
            });
        }
        answer.entries.extend(booking.finish());
        answer.entries.extend(self.restore_value(member, rows, ids));
        answer.points = ReturnedPoints {
            given_back: plan.give_back,
            expired: given.expired + pool::expired(&lent, context.now),
            to_pool: plan.give_back - given.amount,
            taken_back: clawed.covered + clawed.owed,
            from_maturing: clawed.from_maturing,
            owed: clawed.owed,
            waived: clawed.waived,
            lapsed: plan.lapsed,
            from_introducer: 0,
        };
        answer.passed_on = lent.into_iter().map(|(_, draw)| draw).collect();
        let all_came_back = plan.after.iter().all(|line| line.returned >= line.quantity);
        if all_came_back {
            // Nothing of it is kept: the next purchase may be the first one again.
            member.purchases = (member.purchases - 1).max(0);
        }
        let before = member.tier.clone();
        let returned = counted::Returned {
            bill: self.args.id,
            paid: record.returned_paid - plan.refund.paid,
            points: record.clawed_back - plan.clawed_back,
            all_came_back,
            after: &plan.after,
        };
        counted::take_back(member, record, &returned, context, rows);
        rows.membership_updates.push(member.touch());
        answer.balances = member.balances(context.now);
        answer.tier_before = (before != member.tier).then(|| context.ladder.view(&before));
        answer.tier = Some(context.ladder.view(&member.tier));
        given.settled
    }

    /// Stored value goes back to the lots that paid, with their old dates.
    fn restore_value(&self, member: &mut Member, rows: &mut Rows, ids: &mut dyn NewIds) -> Vec<EntryView> {
        let (record, receipt) = (self.record, &self.record.key.receipt);
        let mut entries = Vec::new();
        for draw in &record.draws {
            let mut tenders = record.tenders.iter().zip(&self.plan.refund.tenders);
            let Some((tender, so_far)) = tenders.find(|(t, _)| t.kind.value_asset().as_ref() == Some(&draw.asset))
            else {
                continue;
            };
            let parts = parts_to_give_back(&draw.moves, tender.returned, so_far - tender.returned);
            let reverses = Some(draw.entry);
            let draft = |kind| EntryDraft {
                reverses,
                ..explain::value_returned(kind, receipt)
            };
            let mut booking = Booking::new(member, draw.asset.clone(), self.source(), rows, ids);
            booking.give_back(draft(EntryKind::GiveBack), &parts, &draft(EntryKind::Expire));
            entries.extend(booking.finish());
        }
        entries
    }

    /// Takes back what the sale brought the introducer, where its condition no longer holds. How much.
    fn book_introducer(&self, introducer: &mut Member, rows: &mut Rows, ids: &mut dyn NewIds) -> Points {
        let bonus = self.record.introducer.as_ref();
        let Some(bonus) = bonus.filter(|bonus| bonus.membership == introducer.id && self.plan.from_introducer > 0)
        else {
            return 0;
        };
        let mut booking = Booking::new(introducer, Asset::points(), self.source(), rows, ids);
        let clawed = booking.claw_back(
            self.draft(EntryKind::ClawBack, Some(bonus.entry)),
            self.plan.from_introducer,
            bonus.lot.as_slice(),
            self.record.terms.return_policy,
            self.draft(EntryKind::ClawBackExcess, Some(bonus.entry)),
        );
        booking.finish();
        rows.membership_updates.push(introducer.touch());
        clawed.covered + clawed.owed
    }

    fn answer(&self) -> ReturnAnswer {
        let tenders = self.record.tenders.iter().zip(&self.plan.refund.tenders);
        let given = |(tender, so_far): (&RecordedTender, &Minor)| ReturnedTender {
            kind: tender.kind,
            amount: so_far - tender.returned,
        };
        let money = ReturnedMoney {
            total: self.plan.refund.money - self.record.returned_money,
            tenders: tenders.map(given).filter(|tender| tender.amount != 0).collect(),
        };
        ReturnAnswer {
            id: self.args.id,
            money,
            points: ReturnedPoints::default(),
            entries: Vec::new(),
            balances: Vec::new(),
            tier: None,
            tier_before: None,
            explanation: Text::new("", ""),
            passed_on: Vec::new(),
        }
    }

    /// The return's own bill, its figures negative, and the progress of the sale.
    fn rows(&self) -> Result<Rows, Refusal> {
        let (record, plan) = (self.record, self.plan);
        let changed = plan
            .after
            .iter()
            .zip(&record.lines)
            .filter(|(after, before)| after.returned > before.returned);
        let moved = |(tender, now): &(&RecordedTender, &Minor)| {
            **now != tender.returned || (tender.kind == TenderKind::Points && plan.give_back > 0)
        };
        let tenders = || record.tenders.iter().zip(&plan.refund.tenders).filter(moved);
        let points = |tender: &RecordedTender| match tender.kind {
            TenderKind::Points => -plan.give_back,
            _ => 0,
        };
        Ok(Rows {
            bills: vec![self.bill_row()?],
            lines: changed
                .clone()
                .map(|(after, before)| self.line_row(after, before))
                .collect(),
            tenders: tenders()
                .map(|(tender, so_far)| BillTenderRow {
                    bill: self.args.id,
                    position: tender.position,
                    kind: tender.kind,
                    amount: tender.returned - so_far,
                    points: points(tender),
                })
                .collect(),
            progress: vec![BillProgress {
                bill: record.id,
                lines: changed.map(|(after, _)| (after.number, after.returned)).collect(),
                tenders: tenders().map(|(tender, so_far)| (tender.position, *so_far)).collect(),
                returned_money: plan.refund.money,
                returned_paid: plan.refund.paid,
                clawed_back: plan.clawed_back,
                given_back: record.given_back + plan.give_back,
            }],
            ..Rows::default()
        })
    }

    fn bill_row(&self) -> Result<BillRow, Refusal> {
        let (record, args, plan) = (self.record, self.args, self.plan);
        let total = record.returned_money - plan.refund.money;
        let lines: Minor = plan
            .after
            .iter()
            .zip(&record.lines)
            .map(|(after, before)| -returned_of(after, before, after.amount))
            .sum();
        Ok(BillRow {
            id: args.id,
            kind: BillKind::Return,
            key: args.key.clone(),
            content: args.content,
            occurred_at: args.occurred_at,
            booked_at: self.context.now,
            staff: self.context.staff,
            customer: record.customer,
            membership: record.membership,
            card: None,
            original: Some(record.id),
            reward: None,
            total,
            rounding: lines - total,
            paid: record.returned_paid - plan.refund.paid,
            judgement: record.judgement,
            earned: -plan.take_back,
            spent: -plan.give_back,
            bonuses: sell::json::<[super::Bonus]>(&[])?,
            terms: sell::terms_row(&record.terms)?,
            reason: Some(args.reason.clone()).filter(|reason| !reason.is_empty()),
        })
    }

    fn line_row(&self, after: &RecordedLine, before: &RecordedLine) -> BillLineRow {
        let part = |whole| -returned_of(after, before, whole);
        let (amount, list_amount) = (part(after.amount), part(after.list_amount));
        BillLineRow {
            bill: self.args.id,
            number: after.number,
            sku: after.sku.clone(),
            category: after.category.clone(),
            quantity: after.returned - before.returned,
            amount,
            list_amount,
            discount: list_amount - amount,
            counted: part(after.counted),
            contribution: part(after.contribution),
            attributes: "{}".to_owned(),
        }
    }
}

/// How much of `whole`, a figure of the line, this return takes.
fn returned_of(after: &RecordedLine, before: &RecordedLine, whole: i64) -> i64 {
    part_of(whole, after.returned, after.quantity)
        - if before.returned == 0 {
            0
        } else {
            part_of(whole, before.returned, before.quantity)
        }
}

/// The lots that the next `amount` points go back to, in reverse order of spending, after `given` have gone already.
fn parts_to_give_back(spent: &[SpentMove], given: Points, amount: Points) -> Vec<SpentMove> {
    let (mut skip, mut left) = (given, amount);
    let mut parts = Vec::new();
    let mut spent: Vec<&SpentMove> = spent.iter().collect();
    spent.sort_by_cached_key(|spent| spent.spend_order());
    for spent in spent.into_iter().rev() {
        let open = spent.amount - skip.min(spent.amount);
        skip -= spent.amount - open;
        let part = open.min(left);
        if part > 0 {
            left -= part;
            parts.push(SpentMove {
                amount: part,
                ..spent.clone()
            });
        }
    }
    parts
}

/// Goods come back after they were sold, whoever books it.
pub(super) fn check_after_sale(returned_at: Instant, sold_at: Instant) -> Result<(), Refusal> {
    if returned_at >= sold_at {
        return Ok(());
    }
    let zh = format!("退货时间 {returned_at} 早于销售时间 {sold_at}，请核对。");
    let en = format!("The return at {returned_at} lies before its sale at {sold_at}; correct its time.");
    Err(Refusal::new(Code::OccurredAtOutOfRange, zh, en).at("/occurred_at"))
}
