//! Cancelling an exchange while its program allows it (D-RET-3): points and reward go back where they came from.

use super::pool;
use super::redemption::{pieces, reward_line};
use super::returns::check_after_sale;
use super::{BillKind, Context, EntryView, NaturalKey, PoolDraw, Reward, SaleRecord, check_occurred_at, explain, sell};
use crate::calendar::{Day, Instant};
use crate::error::{Code, Refusal};
use crate::id::*;
use crate::ledger::{Asset, Balance, Booking, EntryDraft, EntryKind, Member};
use crate::money::Points;
use crate::rows::{BillProgress, BillRow, Rows};
use serde::{Deserialize, Serialize};

/// The cancelling of an exchange, to be booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancelArgs {
    /// Id of the new bill.
    pub id: BillId,
    pub key: NaturalKey,
    pub content: [u8; 32],
    pub occurred_at: Instant,
    pub reason: String,
    /// Last day on which it may be cancelled, as the exchange was answered; none: never.
    pub until: Option<Day>,
    /// The store whose own stock its pieces came from.
    pub from_store: Option<StoreId>,
}

/// What cancelling an exchange did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelAnswer {
    pub id: BillId,
    pub redemption: BillId,
    /// Points that go back to their lots.
    pub points: Points,
    /// Of them, to lots that have expired: they stay expired.
    pub expired: Points,
    /// Of them, back to the others in the family pool who had lent them.
    pub to_pool: Points,
    pub entries: Vec<EntryView>,
    pub balances: Vec<Balance>,
    /// What goes on to those who had lent it, to be booked by [`super::take_home`].
    #[serde(skip)]
    pub passed_on: Vec<PoolDraw>,
}

/// Cancels an exchange as a whole. `member` is the exchange's, `reward` what it was for; both are as afterwards.
///
/// # Errors
/// `not_found` for a bill that is no exchange, `already_returned`, `not_cancellable` where the program never allows it or
/// the last day is over, `occurred_at_out_of_range`; `internal` if `member` isn't the exchange's. Nothing has changed then.
pub fn decide_cancel(
    member: &mut Member,
    reward: &mut Reward,
    record: &SaleRecord,
    args: &CancelArgs,
    context: &Context,
    ids: &mut dyn NewIds,
) -> Result<(Rows, CancelAnswer), Refusal> {
    check(member, record, args, context)?;
    let quantity = pieces(record);
    let mut line = reward_line(args.id, quantity, record.lines.first().map_or("", |line| &line.sku));
    line.number = record.lines.first().map_or(1, |line| line.number);
    let mut rows = Rows {
        bills: vec![bill_row(record, reward, args, context)?],
        lines: record.lines.first().map(|_| line).into_iter().collect(),
        progress: vec![BillProgress {
            bill: record.id,
            lines: record.lines.iter().map(|line| (line.number, line.quantity)).collect(),
            tenders: Vec::new(),
            returned_money: 0,
            returned_paid: 0,
            clawed_back: 0,
            given_back: record.spent,
        }],
        ..Rows::default()
    };
    let reversing = |draft: EntryDraft| EntryDraft {
        reverses: record.spend_entry,
        ..draft
    };
    let mut source = sell::source(context, args.id, args.occurred_at);
    source.configuration = record.configuration;
    let back = reversing(explain::exchange_cancelled(&record.key.receipt));
    let (own, lent) = pool::split(record.spent_moves.clone(), &record.pool_draws);
    let mut entries = pool::pass_on(member, &lent, (&source, &back), &mut rows, ids);
    let mut booking = Booking::new(member, Asset::points(), source, &mut rows, ids);
    let expire = reversing(explain::returned(EntryKind::Expire, &record.key.receipt, false));
    let given = booking.give_back(back, &own, &expire);
    entries.extend(booking.finish());
    if let Some(store) = args.from_store {
        rows.store_stock.push((reward.id, store, quantity));
    } else if let Some(stock) = &mut reward.stock {
        *stock += quantity;
        rows.stock.push((reward.id, quantity));
    }
    rows.claims_cancelled.push(record.id);
    rows.membership_updates.push(member.touch());
    let answer = CancelAnswer {
        id: args.id,
        redemption: record.id,
        points: record.spent,
        expired: given.expired + pool::expired(&lent, context.now),
        to_pool: record.spent - given.amount,
        entries,
        balances: member.balances(context.now),
        passed_on: lent.into_iter().map(|(_, draw)| draw).collect(),
    };
    Ok((rows, answer))
}

fn check(member: &Member, record: &SaleRecord, args: &CancelArgs, context: &Context) -> Result<(), Refusal> {
    if record.kind != BillKind::Redemption {
        let en = "Only an exchange can be cancelled.";
        return Err(Refusal::new(Code::NotFound, "只有兑换可以取消。", en));
    }
    if record.membership != Some(member.id) {
        let en = "The membership isn't the exchange's.";
        return Err(Refusal::new(Code::Internal, "会籍与兑换不符。", en));
    }
    check_occurred_at(args.occurred_at, context.now, false)?;
    check_after_sale(args.occurred_at, record.occurred_at)?;
    if record.given_back >= record.spent {
        let zh = format!("兑换{}已取消。", record.key.receipt);
        let en = format!("The exchange {} is cancelled already.", record.key.receipt);
        return Err(Refusal::new(Code::AlreadyReturned, zh, en));
    }
    let (zh, en) = match args.until {
        Some(last) if args.key.business_date <= last => return Ok(()),
        Some(last) => (
            format!("此兑换最迟{last}可以取消，现已过期。"),
            format!("It could be cancelled until {last}; that day is over."),
        ),
        None => (
            "按本计划的规则，兑换不能取消。".to_owned(),
            "The program's rules don't let exchanges be cancelled.".to_owned(),
        ),
    };
    Err(Refusal::new(Code::NotCancellable, zh, en))
}

fn bill_row(record: &SaleRecord, reward: &Reward, args: &CancelArgs, context: &Context) -> Result<BillRow, Refusal> {
    Ok(BillRow {
        id: args.id,
        kind: BillKind::Cancellation,
        key: args.key.clone(),
        content: args.content,
        occurred_at: args.occurred_at,
        booked_at: context.now,
        staff: context.staff,
        customer: record.customer,
        membership: record.membership,
        card: None,
        original: Some(record.id),
        reward: Some(reward.id),
        total: 0,
        rounding: 0,
        paid: 0,
        judgement: record.judgement,
        earned: 0,
        spent: -record.spent,
        bonuses: sell::json::<[super::Bonus]>(&[])?,
        terms: sell::terms_row(&record.terms)?,
        reason: Some(args.reason.clone()),
    })
}
