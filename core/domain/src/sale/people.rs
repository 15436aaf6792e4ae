//! What people decide about a membership's points without a bill: adjustments (D-LED-8), debts that are let go (D-LED-11),
//! holds (D-LED-3), transfers (D-LED-8).

use super::{Context, EntryView};
use crate::calendar::Instant;
use crate::error::{Code, Refusal, Text};
use crate::id::*;
use crate::ledger::{Asset, Booking, EntryDraft, EntryKind, Hold, LotTerms, Member, Source, SpentMove};
use crate::rows::Rows;

/// What one may adjust alone within the window, of points either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdjustLimit {
    /// By one person, over all memberships.
    pub per_staff: i64,
    /// Of one membership, by whomever.
    pub per_membership: i64,
}

/// Whether a second person has to agree: the amounts of the window count together, so that no splitting helps.
/// `limit` None: the role may adjust nothing alone.
pub fn needs_second_person(limit: Option<AdjustLimit>, by_staff: i64, of_membership: i64, amount: i64) -> bool {
    let more = amount.saturating_abs();
    limit.is_none_or(|limit| {
        by_staff.saturating_add(more) > limit.per_staff || of_membership.saturating_add(more) > limit.per_membership
    })
}

/// An adjustment to book.
#[derive(Clone, Debug)]
pub struct AdjustArgs {
    pub asset: Asset,
    /// Not 0; positive: to the member.
    pub amount: i64,
    /// Of the chain's list, in words.
    pub reason: Text,
    /// Most that may be owed after a deduction.
    pub debt_limit: i64,
}

/// What was booked: the rows, and its entries as people see them.
pub type Booked = (Rows, Vec<EntryView>);

pub(super) fn source(context: &Context) -> Source {
    Source {
        bill: None,
        store: Some(context.store),
        occurred_at: context.now,
        booked_at: context.now,
        judged_at: context.now,
        configuration: Some(context.configuration),
        input: None,
    }
}

pub(super) fn draft(kind: EntryKind, rule: &str, explanation: Text) -> EntryDraft {
    EntryDraft {
        kind,
        rule: rule.to_owned(),
        explanation,
        line: None,
        reverses: None,
    }
}

fn booked(member: &mut Member, mut rows: Rows, entries: Vec<EntryView>) -> Booked {
    rows.membership_updates.push(member.touch());
    (rows, entries)
}

/// Books an adjustment. Points that are given end as those of a bill of today would, and don't wait.
///
/// # Errors
/// `membership_closed`; `insufficient_points` beyond what may be owed.
pub fn decide_adjustment(
    member: &mut Member,
    args: &AdjustArgs,
    context: &Context,
    ids: &mut dyn NewIds,
) -> Result<Booked, Refusal> {
    member.check_open(context.now)?;
    let (zh, en) = (&args.reason.zh, &args.reason.en);
    let amount = args.amount.saturating_abs();
    let text = if args.amount > 0 {
        Text::new(
            format!("人工补加{amount}分：{zh}。"),
            format!("{amount} points added by hand: {en}."),
        )
    } else {
        Text::new(
            format!("人工扣减{amount}分：{zh}。"),
            format!("{amount} points deducted by hand: {en}."),
        )
    };
    let draft = draft(EntryKind::Adjust, "core.adjustment", text);
    let mut rows = Rows::default();
    let mut booking = Booking::new(member, args.asset.clone(), source(context), &mut rows, ids);
    if args.amount > 0 {
        let day = context.zone.day_of(context.now);
        let terms = LotTerms {
            matures_at: None,
            expires_at: context.terms.expires_at(day, context),
        };
        booking.credit(draft, amount, terms);
    } else {
        booking.deduct(draft, amount, args.debt_limit)?;
    }
    let entries = booking.finish();
    Ok(booked(member, rows, entries))
}

/// Lets a debt go; the membership may have ended.
///
/// # Errors
/// `not_found` where nothing is owed.
pub fn decide_write_off(
    member: &mut Member,
    asset: &Asset,
    context: &Context,
    ids: &mut dyn NewIds,
) -> Result<Booked, Refusal> {
    let debt = member.account(asset).map_or(0, |account| account.debt);
    if debt == 0 {
        let (zh, en) = (
            "该会籍没有欠分，无须核销；请核对会籍。",
            "The membership owes nothing, so there is nothing to write off; see that it is the right one.",
        );
        return Err(Refusal::new(Code::NotFound, zh, en));
    }
    let text = Text::new(
        format!("核销超过12个月的欠分{debt}分，经第二人同意。"),
        format!("A debt of {debt} points, over twelve months old, was written off with a second person's word."),
    );
    let mut rows = Rows::default();
    let mut booking = Booking::new(member, asset.clone(), source(context), &mut rows, ids);
    booking.write_off(draft(EntryKind::WriteOff, "core.write_off", text));
    let entries = booking.finish();
    Ok(booked(member, rows, entries))
}

/// Longest a hold may last, minutes.
pub const HOLD_MINUTES: i64 = 7 * 24 * 60;

/// Whether so much can be set aside.
///
/// # Errors
/// `membership_closed`; `insufficient_points` (of value `insufficient_value`), also while in debt.
pub fn check_hold(member: &Member, asset: &Asset, amount: i64, now: Instant) -> Result<(), Refusal> {
    if asset.service().is_some() {
        let zh = "次卡的次数不能预留；请在使用时登记，或预留积分、储值。";
        let en = "Sessions of a pass can't be held: book them when they are used, or hold points or stored value.";
        return Err(Refusal::new(Code::FieldInvalid, zh, en).at("/asset"));
    }
    if asset.ends_with_membership() {
        member.check_open(now)?;
    }
    let available = member.spendable(asset, now);
    let debt = member.account(asset).map_or(0, |account| account.debt);
    if debt > 0 || available < amount {
        return Err(crate::ledger::short(asset, available, amount));
    }
    Ok(())
}

/// What a capture took.
#[derive(Clone, Debug)]
pub struct Captured {
    pub rows: Rows,
    pub entries: Vec<EntryView>,
    /// Spent; 0 where nothing is left.
    pub amount: i64,
}

/// Spends `amount` > 0 of what a hold has set aside, at most what of it is still there: what has expired since, or was
/// taken back by a return, isn't kept alive. The hold is over afterwards.
///
/// # Errors
/// `field_invalid` for more than is held.
pub fn decide_capture(
    member: &mut Member,
    hold: &Hold,
    amount: i64,
    purpose: &str,
    context: &Context,
    ids: &mut dyn NewIds,
) -> Result<Captured, Refusal> {
    if amount > hold.amount {
        let held = hold.amount;
        let (zh, en) = (
            format!("只预留了{held}，不能扣用{amount}；请减少扣用，不足部分另行预留。"),
            format!("{held} are held, so {amount} can't be captured; capture at most that, and hold the rest anew."),
        );
        return Err(Refusal::new(Code::FieldInvalid, zh, en)
            .at("/amount")
            .with(|facts| facts.limit = Some(held)));
    }
    member.holds.retain(|other| other.id != hold.id);
    let open = member.is_open(context.now) || !hold.asset.ends_with_membership();
    let left = if open {
        member.spendable(&hold.asset, context.now).max(0)
    } else {
        0
    };
    let taken = amount.min(left);
    let text = if taken < amount {
        Text::new(
            format!("预留的{amount}中只剩{taken}，已扣用（{purpose}）。"),
            format!("Of {amount} that were held {taken} were left, and spent: {purpose}."),
        )
    } else {
        Text::new(
            format!("扣用预留的{taken}（{purpose}）。"),
            format!("{taken} that were held are spent: {purpose}."),
        )
    };
    let mut rows = Rows::default();
    let mut booking = Booking::new(member, hold.asset.clone(), source(context), &mut rows, ids);
    let draft = draft(EntryKind::Redeem, "core.hold_captured", text);
    if taken > 0 {
        booking.debit(draft, taken)?;
    } else {
        booking.note(draft);
    }
    let entries = booking.finish();
    let (rows, entries) = booked(member, rows, entries);
    Ok(Captured {
        rows,
        entries,
        amount: taken,
    })
}

/// A part of a transfer: what a lot gives, and the store that issued it, to which it still counts.
#[derive(Clone, Debug)]
pub struct Handed {
    pub part: SpentMove,
    pub issued_by: Option<StoreId>,
}

/// Which lots give `amount` > 0, in spend order.
///
/// # Errors
/// `membership_closed`, `insufficient_points`.
pub fn plan_transfer(member: &Member, asset: &Asset, amount: i64, now: Instant) -> Result<Vec<SpentMove>, Refusal> {
    check_hold(member, asset, amount, now)?;
    let mut lots: Vec<_> = member.account(asset).map_or(Vec::new(), |account| account.lots.clone());
    lots.sort_by_cached_key(crate::ledger::Lot::spend_order);
    let mut left = amount;
    let mut parts = Vec::new();
    for lot in lots.iter().filter(|lot| lot.spendable(now)) {
        let part = left.min(lot.remaining);
        if part > 0 {
            left -= part;
            parts.push(SpentMove {
                lot: lot.id,
                bill: lot.bill,
                opened_at: lot.opened_at,
                terms: lot.terms,
                amount: part,
            });
        }
    }
    Ok(parts)
}

/// Books a transfer, lot by lot: each keeps its dates and counts to the store that issued it.
///
/// # Errors
/// `membership_closed` of either; `insufficient_points`.
pub fn decide_transfer(
    (from, to): (&mut Member, &mut Member),
    (asset, parts): (&Asset, &[Handed]),
    context: &Context,
    ids: &mut dyn NewIds,
) -> Result<(Booked, Booked), Refusal> {
    from.check_open(context.now)?;
    to.check_open(context.now)?;
    let (mut out, mut into) = (Rows::default(), Rows::default());
    let (mut left, mut came) = (Vec::new(), Vec::new());
    for Handed { part, issued_by } in parts {
        let amount = part.amount;
        let source = Source {
            store: issued_by.or(Some(context.store)),
            ..source(context)
        };
        let text = Text::new(
            format!("转给另一会籍{amount}分，有效期不变。"),
            format!("{amount} points were handed to another membership with their dates."),
        );
        let mut booking = Booking::new(from, asset.clone(), source.clone(), &mut out, ids);
        booking.debit_lots(
            draft(EntryKind::TransferOut, "core.transfer_out", text),
            &[(part.lot, amount)],
        )?;
        left.extend(booking.finish());
        let text = Text::new(
            format!("从另一会籍转来{amount}分，有效期不变。"),
            format!("{amount} points came from another membership with their dates."),
        );
        let mut booking = Booking::new(to, asset.clone(), source, &mut into, ids);
        booking.receive(draft(EntryKind::TransferIn, "core.transfer_in", text), part);
        came.extend(booking.finish());
    }
    Ok((booked(from, out, left), booked(to, into, came)))
}
