//! Paying a top-up back: principal goes as money, its bonus lapses, and nothing of it is left (D-CARD-12).

use super::top_up::{balance, check_tenders, tender_rows};
use super::{Paid, RefundCase, RefundReason, Refunded, Uses, check_seven_days, refund};
use crate::calendar::{Day, Instant};
use crate::error::{Code, Refusal, Text};
use crate::id::*;
use crate::ledger::{Asset, Booking, EntryDraft, EntryKind, Member};
use crate::money::{Minor, format_minor};
use crate::rows::{BillRow, RefundRow, Rows};
use crate::sale::sell::{json, source, terms_row};
use crate::sale::{BillKind, Bonus, Context, EntryView, Judgement, NaturalKey, Tender, check_occurred_at};

/// A top-up as it stands: what was paid, what is left, what was bought with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopUpRecord {
    pub id: BillId,
    pub membership: MembershipId,
    pub on: Day,
    pub at: Instant,
    pub paid: Minor,
    pub granted: Minor,
    pub receipt: String,
    pub principal: Option<LotId>,
    pub bonus: Option<LotId>,
    /// Left of both lots.
    pub principal_left: Minor,
    pub bonus_left: Minor,
    /// Taken of both, less what came back.
    pub principal_used: Minor,
    pub bonus_used: Minor,
    /// Price without discount of what both bought and wasn't returned; what went otherwise counts as it is.
    pub list: Minor,
    /// Stored value of the membership had been used before it was paid in.
    pub used_before: bool,
    /// Paid back so far, where anything was: what returns bring back later can be paid back as well.
    pub refunded: Option<Minor>,
    /// How it was paid.
    pub tenders: Vec<Tender>,
    /// It was brought from another system: no bill of ours stands behind it.
    pub brought: bool,
}

/// A refund to decide on.
#[derive(Clone, Debug)]
pub struct RefundArgs {
    pub id: BillId,
    pub key: NaturalKey,
    pub content: [u8; 32],
    pub occurred_at: Instant,
    pub privileged: bool,
    pub reason: RefundReason,
    /// How the money goes back; None: the way it came.
    pub tenders: Option<Vec<Tender>>,
    /// In words.
    pub note: Option<String>,
}

/// What a refund pays and takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundAnswer {
    pub refunded: Refunded,
    pub tenders: Vec<Tender>,
    pub entries: Vec<EntryView>,
    /// Both balances afterwards.
    pub principal: Minor,
    pub bonus: Minor,
}

/// Books the refund of a top-up; a membership that has ended gets its money all the same. `member` is as afterwards.
///
/// # Errors
/// `occurred_at_out_of_range`; `not_refundable` for one that was paid back before or a reason that doesn't hold;
/// `tenders_mismatch`, `field_invalid`; `insufficient_value` while in debt.
pub fn decide_refund(
    member: &mut Member,
    record: &TopUpRecord,
    args: &RefundArgs,
    context: &Context,
    ids: &mut dyn NewIds,
) -> Result<(Rows, RefundAnswer), Refusal> {
    check_occurred_at(args.occurred_at, context.now, args.privileged)?;
    check_after(args.occurred_at, record.at)?;
    if record.refunded.is_some() && record.principal_left == 0 {
        return Err(refunded_before());
    }
    if args.reason == RefundReason::Within7Days {
        check_seven_days(record.on, context.zone.day_of(context.now), record.used_before)?;
    }
    let refunded = refund(&case(record, args.reason), context.minor_units).beyond(record.refunded, context.minor_units);
    let tenders = way_back(
        &record.tenders,
        args.tenders.as_deref(),
        refunded.amount,
        context.minor_units,
    )?;
    let bill = RefundBill {
        kind: BillKind::TopUpRefund,
        original: (!record.brought).then_some(record.id),
        amount: refunded.amount,
        paid: 0,
        earned: 0,
    };
    let mut rows = Rows {
        bills: vec![bill.row(member, args, context)?],
        tenders: tender_rows(args.id, &tenders, -1),
        ..Rows::default()
    };
    let mut entries = Vec::new();
    for (asset, lot, amount, kind) in taken(member, record, refunded.amount, context) {
        if let Some(lot) = lot.filter(|_| amount > 0) {
            let draft = explain(kind, &asset, amount, (&record.receipt, context.minor_units));
            let source = source(context, args.id, args.occurred_at);
            let mut booking = Booking::new(member, asset, source, &mut rows, ids);
            booking.debit_lots(draft, &[(lot, amount)])?;
            entries.extend(booking.finish());
        }
    }
    rows.refunds.push(RefundRow {
        of: record.id,
        pass: false,
        refund: args.id,
        amount: refunded.amount,
        reason: args.reason,
    });
    rows.membership_updates.push(member.touch());
    let answer = RefundAnswer {
        refunded,
        tenders,
        entries,
        principal: balance(member, &Asset::principal()),
        bonus: balance(member, &Asset::bonus()),
    };
    Ok((rows, answer))
}

/// What is taken of both lots for `amount` of money. Where principal was drawn first, less of it may be left than is paid
/// back: then the bonus that was drawn last stands for the rest.
fn taken(
    member: &Member,
    record: &TopUpRecord,
    amount: Minor,
    context: &Context,
) -> [(Asset, Option<LotId>, Minor, EntryKind); 4] {
    let ended = |asset: &Asset, lot: Option<LotId>| {
        let lots = member.accounts.get(asset).map_or(&[][..], |account| &account.lots);
        lots.iter()
            .any(|has| Some(has.id) == lot && !has.spendable(context.judged_at))
    };
    let (principal, bonus) = (Asset::principal(), Asset::bonus());
    let out = amount.min(record.principal_left);
    // Bonus whose day is over ends by itself.
    let free = if ended(&bonus, record.bonus) {
        0
    } else {
        record.bonus_left
    };
    let instead = (amount - out).min(free);
    [
        (principal.clone(), record.principal, out, EntryKind::Refund),
        (
            principal,
            record.principal,
            record.principal_left - out,
            EntryKind::Lapse,
        ),
        (bonus.clone(), record.bonus, instead, EntryKind::Refund),
        (bonus, record.bonus, free - instead, EntryKind::Lapse),
    ]
}

/// # Errors
/// `occurred_at_out_of_range`: nothing is paid back before it was paid.
pub(super) fn check_after(refunded_at: Instant, paid_at: Instant) -> Result<(), Refusal> {
    if refunded_at >= paid_at {
        return Ok(());
    }
    let zh = format!("退款时间 {refunded_at} 早于付款时间 {paid_at}，请核对时间。");
    let en = format!("The refund at {refunded_at} lies before the payment at {paid_at}; correct its time.");
    Err(Refusal::new(Code::OccurredAtOutOfRange, zh, en).at("/occurred_at"))
}

fn case(record: &TopUpRecord, reason: RefundReason) -> RefundCase {
    RefundCase {
        reason,
        paid: Paid::TopUp {
            paid: record.paid,
            granted: record.granted,
        },
        uses: Uses::Value {
            principal: record.principal_used,
            bonus: record.bonus_used,
            list: record.list,
        },
    }
}

pub(super) fn refunded_before() -> Refusal {
    let en = "It was paid back before: nothing of it is left.";
    Refusal::new(Code::NotRefundable, "已办理过退款，没有可退的余额。", en)
}

/// The money goes back the way it came, from its first tender on; or as the till says.
pub(super) fn way_back(
    paid: &[Tender],
    wanted: Option<&[Tender]>,
    amount: Minor,
    minor_units: u32,
) -> Result<Vec<Tender>, Refusal> {
    if let Some(wanted) = wanted {
        check_tenders(wanted, amount, minor_units)?;
        return Ok(wanted.to_vec());
    }
    let mut left = amount;
    let mut back = Vec::new();
    for tender in paid {
        let part = left.min(tender.amount.max(0));
        if part > 0 {
            left -= part;
            back.push(Tender {
                kind: tender.kind,
                amount: part,
            });
        }
    }
    if left > 0 {
        let (zh, en) = (
            "请写明退款方式（tenders），合计为应退金额。",
            "Say in tenders how the money goes back; they add up to what is paid back.",
        );
        return Err(Refusal::new(Code::TendersMismatch, zh, en).at("/tenders"));
    }
    Ok(back)
}

fn explain(kind: EntryKind, asset: &Asset, amount: Minor, (receipt, minor_units): (&str, u32)) -> EntryDraft {
    let money = format_minor(amount, minor_units);
    let (rule, zh, en) = if *asset == Asset::bonus() && kind == EntryKind::Refund {
        (
            "core.bonus_stands_in",
            format!("充值（小票 {receipt}）退款，本金已先用完，以未用赠送 {money} 抵作应退的实付部分。"),
            format!(
                "The top-up of receipt {receipt} was refunded: principal was used first, so {money} of bonus left stand for \
                 what was paid."
            ),
        )
    } else if *asset == Asset::bonus() {
        (
            "core.bonus_withdrawn",
            format!("充值（小票 {receipt}）退款，收回未用赠送 {money}。"),
            format!("The top-up of receipt {receipt} was refunded: {money} of unused bonus are withdrawn."),
        )
    } else if kind == EntryKind::Refund {
        (
            "core.top_up_refund",
            format!("充值（小票 {receipt}）退款，本金退出 {money}。"),
            format!("The top-up of receipt {receipt} was refunded: {money} of principal are paid back."),
        )
    } else {
        (
            "core.used_at_its_price",
            format!("充值（小票 {receipt}）退款，已用部分按退款原因计价，抵扣 {money}。"),
            format!("The top-up of receipt {receipt} was refunded: {money} stand for what was used, at its price."),
        )
    };
    EntryDraft {
        kind,
        rule: rule.to_owned(),
        explanation: Text::new(zh, en),
        line: None,
        reverses: None,
    }
}

/// The bill of a refund.
pub(super) struct RefundBill {
    pub kind: BillKind,
    pub original: Option<BillId>,
    pub amount: Minor,
    pub paid: Minor,
    pub earned: i64,
}

impl RefundBill {
    pub fn row(&self, member: &Member, args: &RefundArgs, context: &Context) -> Result<BillRow, Refusal> {
        Ok(BillRow {
            id: args.id,
            kind: self.kind,
            key: args.key.clone(),
            content: args.content,
            occurred_at: args.occurred_at,
            booked_at: context.now,
            staff: context.staff,
            customer: member.customer,
            membership: Some(member.id),
            card: None,
            original: self.original,
            reward: None,
            total: -self.amount,
            rounding: 0,
            paid: self.paid,
            judgement: Judgement::Judged,
            earned: self.earned,
            spent: 0,
            bonuses: json::<[Bonus]>(&[])?,
            terms: terms_row(&context.terms)?,
            reason: args.note.clone(),
        })
    }
}
