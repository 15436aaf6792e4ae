//! Paying a pass back: its sessions go, and what its sale brought goes back in proportion (D-CARD-12).

use super::give_back::{RefundArgs, RefundBill, check_after, refunded_before, way_back};
use super::pass::PassRecord;
use super::top_up::tender_rows;
use super::{Paid, RefundCase, RefundReason, Refunded, Uses, check_seven_days, refund};
use crate::error::{Refusal, Text};
use crate::id::*;
use crate::ledger::{Asset, Booking, EntryDraft, EntryKind, Member};
use crate::money::{Minor, mul_div};
use crate::rows::{BillProgress, RefundRow, Rows};
use crate::sale::sell::source;
use crate::sale::{BillKind, Context, EntryView, Judgement, SaleRecord, Tender, check_occurred_at, counted, unearned};

/// What a refund of a pass pays and takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassRefundAnswer {
    pub refunded: Refunded,
    pub tenders: Vec<Tender>,
    /// Points of its sale that are taken back.
    pub points: i64,
    pub entries: Vec<EntryView>,
}

/// Pays a pass back; what its sale counted as paid and the points it earned go back in the same proportion. `sale` is the
/// bill that sold it, none for one that was brought from another system; `member` as afterwards, with the ladder's figures:
/// a refund can undo a tier. A sale that its plugin has not judged yet earns nothing any more.
///
/// # Errors
/// `occurred_at_out_of_range`; `not_refundable`; `tenders_mismatch`, `field_invalid`.
pub fn decide_pass_refund(
    member: &mut Member,
    (pass, sale): (&PassRecord, Option<&SaleRecord>),
    args: &RefundArgs,
    context: &Context,
    ids: &mut dyn NewIds,
) -> Result<(Rows, PassRefundAnswer), Refusal> {
    check_occurred_at(args.occurred_at, context.now, args.privileged)?;
    if let Some(sale) = sale {
        check_after(args.occurred_at, sale.occurred_at)?;
    }
    if pass.refunded {
        return Err(refunded_before());
    }
    if args.reason == RefundReason::Within7Days {
        check_seven_days(pass.on, context.zone.day_of(context.now), pass.used_before)?;
    }
    let (terms, all) = (&pass.terms, pass.terms.sessions + pass.terms.gifts);
    let case = RefundCase {
        reason: args.reason,
        paid: Paid::Pass {
            paid: sale.map_or(terms.paid, |sale| sale.paid),
            sessions: terms.sessions,
            gifts: terms.gifts,
            list: terms.list,
        },
        uses: Uses::Sessions(all - pass.left()),
    };
    let refunded = refund(&case, context.minor_units);
    let amount = refunded.amount;
    let paid: Vec<Tender> = sale.map_or_else(Vec::new, money_of);
    let tenders = way_back(&paid, args.tenders.as_deref(), amount, context.minor_units)?;
    let points = sale.map_or(0, |sale| points_of(sale, amount));
    let bill = RefundBill {
        kind: BillKind::PassRefund,
        original: sale.map(|sale| sale.id),
        amount,
        paid: -amount,
        earned: -points,
    };
    let mut rows = Rows {
        bills: vec![bill.row(member, args, context)?],
        tenders: tender_rows(args.id, &tenders, -1),
        ..Rows::default()
    };
    let mut entries = take_sessions(member, pass, args, (context, &mut rows), ids)?;
    if let Some(sale) = sale {
        entries.extend(take_points(member, (sale, points), args, (context, &mut rows), ids));
        let whole = pass.left() == all && amount == sale.paid;
        uncount(member, (sale, args.id, whole), (amount, points), (context, &mut rows))?;
    }
    rows.refunds.push(RefundRow {
        of: pass.id,
        pass: true,
        refund: args.id,
        amount,
        reason: args.reason,
    });
    rows.membership_updates.push(member.touch());
    let answer = PassRefundAnswer {
        refunded,
        tenders,
        points,
        entries,
    };
    Ok((rows, answer))
}

/// What a sale earned for the part of it that goes back.
fn points_of(sale: &SaleRecord, amount: Minor) -> i64 {
    let kept = mul_div(sale.earned, sale.paid - amount, sale.paid.max(1)).unwrap_or(0);
    (sale.earned - kept - sale.expired_unspent).max(0)
}

fn take_points(
    member: &mut Member,
    (sale, points): (&SaleRecord, i64),
    args: &RefundArgs,
    (context, rows): (&Context, &mut Rows),
    ids: &mut dyn NewIds,
) -> Vec<EntryView> {
    if points == 0 {
        return Vec::new();
    }
    let (draft, excess) = (
        points_back(sale, EntryKind::ClawBack),
        points_back(sale, EntryKind::ClawBackExcess),
    );
    let origin = source(context, args.id, args.occurred_at);
    let mut booking = Booking::new(member, Asset::points(), origin, rows, ids);
    booking.claw_back(draft, points, &sale.own_lots, sale.terms.return_policy, excess);
    booking.finish()
}

/// What is paid back counted as paid on the sale's day, and its points when they could first be spent; nothing of them
/// where the pass was another membership's then.
fn uncount(
    member: &mut Member,
    (sale, refund, whole): (&SaleRecord, BillId, bool),
    (amount, points): (Minor, i64),
    (context, rows): (&Context, &mut Rows),
) -> Result<(), Refusal> {
    rows.progress.push(progress(sale, amount, points));
    if sale.membership != Some(member.id) {
        return Ok(());
    }
    if sale.judgement == Judgement::Unjudged {
        rows.bill_memberships.push(unearned(sale, member.id)?);
        rows.judged.push(sale.id);
    }
    if whole {
        // Nothing of it is kept: the next purchase may be the first one again.
        member.purchases = (member.purchases - 1).max(0);
    }
    let returned = counted::Returned {
        bill: refund,
        paid: -amount,
        points: -points,
        all_came_back: whole,
        after: &sale.lines,
    };
    counted::take_back(member, sale, &returned, context, rows);
    Ok(())
}

/// What the sale was paid with, as money; what stored value paid goes back as the till says.
fn money_of(sale: &SaleRecord) -> Vec<Tender> {
    let money = sale.tenders.iter().filter(|tender| tender.kind.is_cash_like());
    let tender = money.map(|tender| Tender {
        kind: tender.kind,
        amount: tender.amount - tender.returned,
    });
    tender.collect()
}

fn progress(sale: &SaleRecord, amount: Minor, points: i64) -> BillProgress {
    BillProgress {
        bill: sale.id,
        lines: Vec::new(),
        tenders: Vec::new(),
        returned_money: sale.returned_money + amount,
        returned_paid: sale.returned_paid + amount,
        clawed_back: sale.clawed_back + points,
        given_back: sale.given_back,
    }
}

fn take_sessions(
    member: &mut Member,
    pass: &PassRecord,
    args: &RefundArgs,
    (context, rows): (&Context, &mut Rows),
    ids: &mut dyn NewIds,
) -> Result<Vec<EntryView>, Refusal> {
    let mut entries = Vec::new();
    let parts = [
        (pass.paid_lot, pass.paid_left, EntryKind::Refund),
        (pass.gift_lot, pass.gifts_left, EntryKind::Lapse),
    ];
    for (lot, amount, kind) in parts {
        let Some(lot) = lot.filter(|_| amount > 0) else {
            continue;
        };
        let name = &pass.terms.name;
        let (rule, zh, en) = match kind {
            EntryKind::Refund => ("core.pass_refund", "次未用，已退款", "sessions not used are paid back"),
            _ => (
                "core.gift_withdrawn",
                "次未用赠送，已收回",
                "unused gift sessions are withdrawn",
            ),
        };
        let draft = EntryDraft {
            kind,
            rule: rule.to_owned(),
            explanation: Text::new(
                format!("「{name}」{amount} {zh}。"),
                format!("“{name}”: {amount} {en}."),
            ),
            line: None,
            reverses: None,
        };
        let asset = Asset::sessions(&pass.terms.service);
        let mut booking = Booking::new(member, asset, source(context, args.id, args.occurred_at), rows, ids);
        booking.debit_lots(draft, &[(lot, amount)])?;
        entries.extend(booking.finish());
    }
    Ok(entries)
}

fn points_back(sale: &SaleRecord, kind: EntryKind) -> EntryDraft {
    let receipt = &sale.key.receipt;
    let (rule, zh, en) = match kind {
        EntryKind::ClawBack => (
            "core.claw_back",
            "收回相应积分",
            "its points are taken back in proportion",
        ),
        _ => (
            "core.claw_back_excess",
            "应收回的积分已用掉",
            "points to be taken back were spent already",
        ),
    };
    EntryDraft {
        kind,
        rule: rule.to_owned(),
        explanation: Text::new(
            format!("次卡（小票 {receipt}）退款，{zh}。"),
            format!("The pass of receipt {receipt} was paid back: {en}."),
        ),
        line: None,
        reverses: sale.earn_entry,
    }
}
