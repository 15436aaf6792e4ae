//! Passes: sessions of a service, sold together, used one by one, paid back by reason (D-BEA-2, D-CARD-12).
//!
//! Their sessions have no end in the ledger: after its last day a pass can't be used, but it can be paid back.

use super::give_back::{RefundArgs, RefundBill, refunded_before, way_back};
use super::top_up::tender_rows;
use super::{Confirmation, Paid, RefundCase, RefundReason, Refunded, Uses, check_seven_days, refund};
use crate::calendar::{Day, Instant};
use crate::error::{Code, Refusal, Text};
use crate::id::*;
use crate::ledger::{Asset, Booking, EntryDraft, EntryKind, LotTerms, Member, SpentMove, insufficient_value};
use crate::money::{Minor, mul_div};
use crate::rows::{BillProgress, BillRow, MeasureDelta, PassRow, PassUseRow, RefundRow, Rows};
use crate::sale::sell::{json, source, terms_row};
use crate::sale::{
    BillKind, Bonus, Context, EntryView, Judgement, NaturalKey, SaleRecord, Tender, TenderKind, check_occurred_at,
};

/// Most sessions of a pass, gifts included.
pub const MOST_SESSIONS: i64 = 10_000;

/// What a pass is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassTerms {
    pub service: String,
    pub name: String,
    pub sessions: i64,
    pub gifts: i64,
    pub paid: Minor,
    /// Price of one session without the pass.
    pub list: Minor,
    pub valid_through: Option<Day>,
}

/// A pass as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassRecord {
    pub id: BillId,
    pub membership: MembershipId,
    pub on: Day,
    pub terms: PassTerms,
    pub paid_lot: Option<LotId>,
    pub gift_lot: Option<LotId>,
    /// Left of both lots.
    pub paid_left: i64,
    pub gifts_left: i64,
    /// Sessions of the service had been used before it was sold.
    pub used_before: bool,
    pub refunded: bool,
}

/// A use as it was booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassUseRecord {
    pub id: BillId,
    pub pass: BillId,
    pub sessions: i64,
    pub receipt: String,
    pub entry: EntryId,
    pub moves: Vec<SpentMove>,
    pub cancelled: bool,
}

/// What both using and calling off say of themselves.
#[derive(Clone, Debug)]
pub struct UseArgs {
    pub id: BillId,
    pub key: NaturalKey,
    pub content: [u8; 32],
    pub occurred_at: Instant,
    pub privileged: bool,
    pub card: Option<CardId>,
    pub reason: Option<String>,
}

/// What a use or its calling off moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UseAnswer {
    pub entries: Vec<EntryView>,
    /// Sessions left of the pass.
    pub left: i64,
}

impl PassRecord {
    pub fn left(&self) -> i64 {
        self.paid_left + self.gifts_left
    }
}

/// Books the sessions of a pass beside the sale that sold it; `rows` are the sale's, `member` as afterwards.
pub fn grant_sessions(
    member: &mut Member,
    terms: &PassTerms,
    (bill, on, occurred_at): (BillId, Day, Instant),
    (context, rows): (&Context, &mut Rows),
    ids: &mut dyn NewIds,
) -> Vec<EntryView> {
    let asset = Asset::sessions(&terms.service);
    let draft = |kind, rule: &str, count, what: (&str, &str)| EntryDraft {
        kind,
        rule: rule.to_owned(),
        explanation: Text::new(
            format!("「{}」{} {count} 次。", terms.name, what.0),
            format!("“{}”: {count} {}.", terms.name, what.1),
        ),
        line: None,
        reverses: None,
    };
    let no_end = LotTerms {
        matures_at: None,
        expires_at: None,
    };
    let mut booking = Booking::new(member, asset, source(context, bill, occurred_at), rows, ids);
    let bought = draft(
        EntryKind::TopUp,
        "core.pass",
        terms.sessions,
        ("购买", "sessions bought"),
    );
    let paid_lot = booking.credit(bought, terms.sessions, no_end);
    let gift_lot = (terms.gifts > 0).then(|| {
        let given = draft(
            EntryKind::Grant,
            "core.pass_gift",
            terms.gifts,
            ("赠送", "gift sessions"),
        );
        booking.credit(given, terms.gifts, no_end)
    });
    let entries = booking.finish();
    rows.passes.push(PassRow {
        id: bill,
        membership: member.id,
        store: context.store,
        at: occurred_at,
        on,
        service: terms.service.clone(),
        name: terms.name.clone(),
        sessions: terms.sessions,
        gifts: terms.gifts,
        paid: terms.paid,
        list: terms.list,
        valid_through: terms.valid_through,
        paid_lot,
        gift_lot: gift_lot.flatten(),
        staff: context.staff,
    });
    entries
}

/// Takes sessions of a pass: those that were paid for first. `member` is as afterwards.
///
/// # Errors
/// `occurred_at_out_of_range`; `field_invalid` for no sessions; `pass_ended` after its last day or once it was paid back;
/// `insufficient_value` with what is left.
pub fn decide_use(
    member: &mut Member,
    pass: &PassRecord,
    (sessions, therapist, confirmation): (i64, StaffId, Confirmation),
    args: &UseArgs,
    context: &Context,
    ids: &mut dyn NewIds,
) -> Result<(Rows, UseAnswer), Refusal> {
    check_occurred_at(args.occurred_at, context.now, args.privileged)?;
    if sessions < 1 {
        let zh = "至少使用 1 次。";
        return Err(Refusal::new(Code::FieldInvalid, zh, "At least one session is used.").at("/sessions"));
    }
    check_usable(pass, args.key.business_date)?;
    if sessions > pass.left() {
        let mut refusal = insufficient_value(pass.left(), sessions);
        refusal.detail = Text::new(
            format!(
                "「{}」只剩 {} 次，要用 {sessions} 次；可减少次数，或另购次卡。",
                pass.terms.name,
                pass.left()
            ),
            format!(
                "Of “{}” {} sessions are left and {sessions} are wanted: use fewer, or sell another pass.",
                pass.terms.name,
                pass.left()
            ),
        );
        return Err(refusal.at("/sessions"));
    }
    let from_paid = sessions.min(pass.paid_left);
    let parts = [(pass.paid_lot, from_paid), (pass.gift_lot, sessions - from_paid)];
    let parts: Vec<(LotId, i64)> = parts
        .into_iter()
        .filter_map(|(lot, amount)| lot.filter(|_| amount > 0).map(|lot| (lot, amount)))
        .collect();
    let mut rows = Rows {
        bills: vec![use_bill(member, BillKind::PassUse, args, context)?],
        ..Rows::default()
    };
    let draft = EntryDraft {
        kind: EntryKind::Use,
        rule: "core.pass_use".to_owned(),
        explanation: Text::new(
            format!("使用「{}」{sessions} 次。", pass.terms.name),
            format!("“{}”: {sessions} used.", pass.terms.name),
        ),
        line: None,
        reverses: None,
    };
    let asset = Asset::sessions(&pass.terms.service);
    let mut booking = Booking::new(
        member,
        asset,
        source(context, args.id, args.occurred_at),
        &mut rows,
        ids,
    );
    booking.debit_lots(draft, &parts)?;
    let entries = booking.finish();
    rows.pass_uses.push(PassUseRow {
        id: args.id,
        pass: pass.id,
        membership: member.id,
        store: context.store,
        at: args.occurred_at,
        sessions,
        therapist,
        confirmation,
        staff: context.staff,
    });
    rows.membership_updates.push(member.touch());
    let left = pass.left() - sessions;
    Ok((rows, UseAnswer { entries, left }))
}

fn check_usable(pass: &PassRecord, on: Day) -> Result<(), Refusal> {
    if pass.refunded {
        let en = "The pass was paid back: none of its sessions are left.";
        return Err(Refusal::new(Code::PassEnded, "次卡已退款，没有可用的次数。", en));
    }
    match pass.terms.valid_through.filter(|last| on > *last) {
        None => Ok(()),
        Some(last) => Err(Refusal::new(
            Code::PassEnded,
            format!("次卡有效期至 {last}，已过期不能使用；未用次数可办理退款。"),
            format!("The pass was good through {last} and can't be used any more; what is left can be paid back."),
        )),
    }
}

/// Gives the sessions of a use back, once (V6). `member` is as afterwards.
///
/// # Errors
/// `occurred_at_out_of_range`; `not_cancellable` for a use that was called off before, or of a pass that was paid back.
pub fn decide_use_cancel(
    member: &mut Member,
    (pass, used): (&PassRecord, &PassUseRecord),
    args: &UseArgs,
    context: &Context,
    ids: &mut dyn NewIds,
) -> Result<(Rows, UseAnswer), Refusal> {
    check_occurred_at(args.occurred_at, context.now, args.privileged)?;
    if used.cancelled {
        let en = "This use was called off before: its sessions are back already.";
        return Err(Refusal::new(Code::NotCancellable, "这次使用已撤销，次数已退回。", en));
    }
    if pass.refunded {
        let en = "The pass was paid back since: this use was counted then.";
        return Err(Refusal::new(
            Code::NotCancellable,
            "次卡已退款，其使用记录不能再撤销。",
            en,
        ));
    }
    let mut rows = Rows {
        bills: vec![use_bill(member, BillKind::PassUseCancellation, args, context)?],
        pass_uses_cancelled: vec![(used.id, args.id)],
        ..Rows::default()
    };
    let draft = |kind| EntryDraft {
        kind,
        rule: "core.pass_use_cancelled".to_owned(),
        explanation: Text::new(
            format!(
                "撤销「{}」的使用（小票 {}），退回 {} 次。",
                pass.terms.name, used.receipt, used.sessions
            ),
            format!(
                "The use of “{}” (receipt {}) was called off: {} back.",
                pass.terms.name, used.receipt, used.sessions
            ),
        ),
        line: None,
        reverses: Some(used.entry),
    };
    let asset = Asset::sessions(&pass.terms.service);
    let mut booking = Booking::new(
        member,
        asset,
        source(context, args.id, args.occurred_at),
        &mut rows,
        ids,
    );
    booking.give_back(draft(EntryKind::GiveBack), &used.moves, &draft(EntryKind::Expire));
    let entries = booking.finish();
    rows.membership_updates.push(member.touch());
    let left = pass.left() + used.sessions;
    Ok((rows, UseAnswer { entries, left }))
}

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
/// bill that sold it, `member` as afterwards.
///
/// # Errors
/// `occurred_at_out_of_range`; `not_refundable`; `tenders_mismatch`, `field_invalid`.
pub fn decide_pass_refund(
    member: &mut Member,
    (pass, sale): (&PassRecord, &SaleRecord),
    args: &RefundArgs,
    context: &Context,
    ids: &mut dyn NewIds,
) -> Result<(Rows, PassRefundAnswer), Refusal> {
    check_occurred_at(args.occurred_at, context.now, args.privileged)?;
    if pass.refunded {
        return Err(refunded_before());
    }
    if args.reason == RefundReason::Within7Days {
        check_seven_days(pass.on, args.key.business_date, pass.used_before)?;
    }
    let (terms, all) = (&pass.terms, pass.terms.sessions + pass.terms.gifts);
    let case = RefundCase {
        reason: args.reason,
        paid: Paid::Pass {
            paid: sale.paid,
            sessions: terms.sessions,
            gifts: terms.gifts,
            list: terms.list,
        },
        uses: Uses::Sessions(all - pass.left()),
    };
    let refunded = refund(&case, context.minor_units);
    let amount = refunded.amount;
    let paid: Vec<Tender> = money_of(sale);
    let tenders = way_back(&paid, args.tenders.as_deref(), amount, context.minor_units)?;
    let kept = mul_div(sale.earned, sale.paid - amount, sale.paid.max(1)).unwrap_or(0);
    let points = (sale.earned - kept - sale.expired_unspent).max(0);
    let bill = RefundBill {
        kind: BillKind::PassRefund,
        original: pass.id,
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
    if points > 0 {
        let (draft, excess) = (
            points_back(sale, EntryKind::ClawBack),
            points_back(sale, EntryKind::ClawBackExcess),
        );
        let origin = source(context, args.id, args.occurred_at);
        let mut booking = Booking::new(member, Asset::points(), origin, &mut rows, ids);
        booking.claw_back(draft, points, &sale.own_lots, sale.terms.return_policy, excess);
        entries.extend(booking.finish());
    }
    if amount != 0 {
        rows.measures.push(MeasureDelta {
            membership: member.id,
            measure: "paid",
            day: sale.key.business_date,
            delta: -amount,
        });
    }
    rows.progress.push(progress(sale, amount, points));
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

/// What the sale was paid with, as money; what stored value paid goes back as the till says.
fn money_of(sale: &SaleRecord) -> Vec<Tender> {
    let plain = |kind: TenderKind| kind.is_money() && kind.value_asset().is_none();
    let money = sale.tenders.iter().filter(|tender| plain(tender.kind));
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

fn use_bill(member: &Member, kind: BillKind, args: &UseArgs, context: &Context) -> Result<BillRow, Refusal> {
    Ok(BillRow {
        id: args.id,
        kind,
        key: args.key.clone(),
        content: args.content,
        occurred_at: args.occurred_at,
        booked_at: context.now,
        staff: context.staff,
        customer: member.customer,
        membership: Some(member.id),
        card: args.card,
        original: None,
        reward: None,
        total: 0,
        rounding: 0,
        paid: 0,
        judgement: Judgement::Judged,
        earned: 0,
        spent: 0,
        bonuses: json::<[Bonus]>(&[])?,
        terms: terms_row(&context.terms)?,
        reason: args.reason.clone(),
    })
}
