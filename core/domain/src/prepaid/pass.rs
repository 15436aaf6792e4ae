//! Passes: sessions of a service, sold together, used one by one, paid back by reason (D-BEA-2, D-CARD-12).
//!
//! Their sessions have no end in the ledger: after its last day a pass can't be used, but it can be paid back.

use super::Confirmation;
use crate::calendar::{Day, Instant};
use crate::error::{Code, Refusal, Text};
use crate::id::*;
use crate::ledger::{Asset, Booking, EntryDraft, EntryKind, LotTerms, Member, SpentMove, insufficient_value};
use crate::money::Minor;
use crate::rows::{BillRow, PassRow, PassUseRow, Rows};
use crate::sale::sell::{json, source, terms_row};
use crate::sale::{BillKind, Bonus, Context, EntryView, Judgement, NaturalKey, check_occurred_at};

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
        return Err(too_few(pass, sessions));
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

/// Fewer are left than are wanted.
fn too_few(pass: &PassRecord, wanted: i64) -> Refusal {
    let (name, left) = (&pass.terms.name, pass.left());
    let mut refusal = insufficient_value(left, wanted);
    refusal.detail = Text::new(
        format!("「{name}」只剩 {left} 次，要用 {wanted} 次；可减少次数，或另购次卡。"),
        format!("Of “{name}” {left} sessions are left and {wanted} are wanted: use fewer, or sell another pass."),
    );
    refusal.at("/sessions")
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
