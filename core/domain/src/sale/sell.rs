//! A sale: points spent first, at the old balance, then earned at the old tier.

use super::earn::{self, Earning, KeptLine};
use super::value;
use super::{
    Basis, Bill, BillKind, Context, EntryView, Judgement, Line, NaturalKey, Outcome, Proposal, Tender, TenderKind,
    Terms, check_occurred_at, counted, ends, expiry, explain, spend, spread_unpaid,
};
use crate::calendar::{Day, Instant};
use crate::error::{Code, Refusal};
use crate::id::*;
use crate::ledger::{Asset, Balance, Booking, LotTerms, Member, Source};
use crate::money::{Minor, Points};
use crate::rows::{BillLineRow, BillRow, BillTenderRow, Rows};
use crate::tier::TierView;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A sale to book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaleArgs {
    /// Id of the new bill.
    pub id: BillId,
    pub key: NaturalKey,
    /// Hash of what the till sent.
    pub content: [u8; 32],
    pub bill: Bill,
    pub occurred_at: Instant,
    pub customer: Option<CustomerId>,
    /// The credential used, if any; the caller has checked that it is usable.
    pub card: Option<CardId>,
    /// Lifts the limit on how far back `occurred_at` may lie.
    pub privileged: bool,
    /// Why it is entered so late.
    pub reason: Option<String>,
}

/// What a sale did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaleAnswer {
    pub id: BillId,
    pub points_earned: Points,
    pub points_spent: Points,
    pub paid: Minor,
    pub judged: Judgement,
    pub entries: Vec<EntryView>,
    pub balances: Vec<Balance>,
    /// The tier at which it was earned.
    pub tier: Option<TierView>,
    /// The tier of the next sale, after an upgrade.
    pub tier_next: Option<TierView>,
}

/// Books a sale. `member` is as afterwards, `introducer` too (who gets the proposal's introducer bonus, if it is open).
///
/// # Errors
/// Those of [`Bill::validate`], `occurred_at_out_of_range`, `membership_closed`, `field_invalid` for a points tender
/// that can't be converted exactly or is beyond its share, `insufficient_points`, and `busy` for a proposal whose
/// [`Basis`] is no longer the member's: propose again. Nothing has changed then.
pub fn decide_sale(
    member: Option<&mut Member>,
    introducer: Option<&mut Member>,
    args: &SaleArgs,
    proposal: Option<&Proposal>,
    context: &Context,
    ids: &mut dyn NewIds,
) -> Result<(Rows, SaleAnswer), Refusal> {
    args.bill.validate(context.minor_units)?;
    check_occurred_at(args.occurred_at, context.now, args.privileged)?;
    match member {
        Some(member) => sell_to(member, introducer, args, proposal, context, ids),
        None => sell_to_nobody(args, context),
    }
}

fn sell_to_nobody(args: &SaleArgs, context: &Context) -> Result<(Rows, SaleAnswer), Refusal> {
    spend::nobody(&args.bill)?;
    let bill = bill_row(args, context, Judgement::NoMember, None)?;
    let answer = SaleAnswer {
        id: args.id,
        points_earned: 0,
        points_spent: 0,
        paid: bill.paid,
        judged: Judgement::NoMember,
        entries: Vec::new(),
        balances: Vec::new(),
        tier: None,
        tier_next: None,
    };
    Ok((bill_rows(args, bill, None, 0)?, answer))
}

fn sell_to(
    member: &mut Member,
    introducer: Option<&mut Member>,
    args: &SaleArgs,
    proposal: Option<&Proposal>,
    context: &Context,
    ids: &mut dyn NewIds,
) -> Result<(Rows, SaleAnswer), Refusal> {
    member.check_open_as_of(context.judged_at, context.now)?;
    let outcome = current_outcome(proposal, &Basis::of(member, context))?;
    let outcome = outcome.filter(|outcome| outcome.check(&args.bill).is_ok());
    let available = member.spendable(&Asset::points(), context.judged_at);
    let spend = spend::plan(&args.bill, available, context)?;
    let drawn = value::drawn(&args.bill, member, context)?;
    let introducer = introducer.filter(|introducer| introducer.is_open(context.now));
    let earning = outcome.map(|outcome| {
        let earning = Earning::new(outcome, &kept_lines(&args.bill), context.terms.rounding);
        earning.introduced_if(introducer.is_some())
    });
    let judged = match earning {
        Some(_) => Judgement::Judged,
        None => Judgement::Unjudged,
    };
    let mut bill = bill_row(args, context, judged, earning.as_ref())?;
    bill.membership = Some(member.id);
    bill.spent = spend.map_or(0, |spend| spend.points);
    let (paid, day) = (bill.paid, args.key.business_date);
    let mut rows = bill_rows(args, bill, earning.as_ref(), spend.map_or(0, |spend| spend.points))?;
    if judged == Judgement::Unjudged {
        let input = proposal.and_then(|proposal| proposal.input);
        rows.unjudged.extend(input.map(|input| (args.id, input)));
    }
    let mut source = source(context, args.id, args.occurred_at);
    source.input = proposal.and_then(|proposal| proposal.input);
    let lot_terms = earn::lot_terms(context, day);
    let mut booking = Booking::new(member, Asset::points(), source.clone(), &mut rows, ids);
    // At the old balance: a bill can't be paid with what it earns. Nothing after it refuses, for what is drawn was looked at.
    if let Some(spend) = spend {
        booking.debit(
            explain::spend(spend.points, spend.money, context.minor_units),
            spend.points,
        )?;
    }
    if let Some(earning) = &earning {
        earning.book(&mut booking, lot_terms);
    }
    let mut entries = booking.finish();
    entries.extend(pay(member, &drawn, &source, context, &mut rows, ids)?);
    settle(member, (args.id, day), context, &mut rows, ids);
    if let (Some(earning), Some(introducer)) = (&earning, introducer) {
        book_introducer(introducer, earning, source, lot_terms, &mut rows, ids);
    }
    let tier = context.ladder.view(&member.tier);
    let earned = earning.as_ref().map_or(0, |earning| earning.earned);
    let purchase = counted::Purchase::of(args, paid, earned);
    let upgraded = counted::count(member, &purchase, context, &mut rows);
    let answer = SaleAnswer {
        id: args.id,
        points_earned: earned,
        points_spent: spend.map_or(0, |spend| spend.points),
        paid,
        judged,
        entries,
        balances: member.balances(context.now),
        tier: Some(tier),
        tier_next: upgraded.then(|| context.ladder.view(&member.tier)),
    };
    Ok((rows, answer))
}

/// Takes the stored value that pays the bill.
fn pay(
    member: &mut Member,
    drawn: &value::Drawn,
    source: &Source,
    context: &Context,
    rows: &mut Rows,
    ids: &mut dyn NewIds,
) -> Result<Vec<EntryView>, Refusal> {
    let mut entries = Vec::new();
    for (asset, parts) in [(Asset::principal(), &drawn.principal), (Asset::bonus(), &drawn.bonus)] {
        if !parts.is_empty() {
            let amount = parts.iter().map(|(_, amount)| amount).sum();
            let draft = value::explain(&asset, amount, context.minor_units);
            let mut booking = Booking::new(member, asset, source.clone(), rows, ids);
            booking.debit_lots(draft, parts)?;
            entries.extend(booking.finish());
        }
    }
    Ok(entries)
}

/// What a bill of `day` does to lots beside its own: they roll; or end at once, where the membership's end is booked
/// already and the bill came late. Those ends are the membership's, not the bill's: its answer doesn't tell them.
fn settle(member: &mut Member, (bill, day): (BillId, Day), context: &Context, rows: &mut Rows, ids: &mut dyn NewIds) {
    expiry::roll(member, day, context, rows);
    if !member.open {
        ends::end_late_lots(member, bill, context, rows, ids);
    }
}

/// The outcome of a proposal, if the plugin had one.
///
/// # Errors
/// `busy` where the proposal was made on another basis than the present one.
pub(super) fn current_outcome<'a>(
    proposal: Option<&'a Proposal>,
    basis: &Basis,
) -> Result<Option<&'a Outcome>, Refusal> {
    let Some(proposal) = proposal else { return Ok(None) };
    if proposal.basis != *basis {
        let zh = "会籍刚有变动，请重试。";
        return Err(Refusal::new(
            Code::Busy,
            zh,
            "The membership has just changed; try again.",
        ));
    }
    Ok(proposal.outcome.as_ref())
}

/// Where the entries of a bill come from.
pub(crate) fn source(context: &Context, bill: BillId, occurred_at: Instant) -> Source {
    Source {
        bill: Some(bill),
        store: Some(context.store),
        occurred_at,
        booked_at: context.now,
        judged_at: context.judged_at,
        configuration: Some(context.configuration),
        input: None,
    }
}

/// Books the introducer's bonus to the introducer.
pub(super) fn book_introducer(
    introducer: &mut Member,
    earning: &Earning,
    source: Source,
    lot_terms: LotTerms,
    rows: &mut Rows,
    ids: &mut dyn NewIds,
) {
    if earning.introducer > 0 {
        let mut booking = Booking::new(introducer, Asset::points(), source, rows, ids);
        earning.book_introducer(&mut booking, lot_terms);
        booking.finish();
        rows.membership_updates.push(introducer.touch());
    }
}

/// Every line of a new bill, kept in full.
fn kept_lines(bill: &Bill) -> Vec<KeptLine> {
    let line = |(line, counted): (&Line, Minor)| KeptLine {
        number: line.number,
        quantity: line.quantity,
        kept: line.quantity,
        counted,
    };
    bill.lines.iter().zip(spread_unpaid(bill)).map(line).collect()
}

/// JSON of a value that a later version reads again.
///
/// # Errors
/// `internal`: it can't be written. Never happens to the plain types it is used for.
pub(crate) fn json<T: serde::Serialize + ?Sized>(value: &T) -> Result<String, Refusal> {
    serde_json::to_string(value).map_err(not_saved)
}

/// Terms for a bill's row, with the same error.
pub(crate) fn terms_row(terms: &Terms) -> Result<String, Refusal> {
    terms.to_row().map_err(not_saved)
}

fn not_saved(_: serde_json::Error) -> Refusal {
    Refusal::new(Code::Internal, "账单无法保存。", "The bill can't be saved.")
}

fn bill_row(
    args: &SaleArgs,
    context: &Context,
    judgement: Judgement,
    earning: Option<&Earning>,
) -> Result<BillRow, Refusal> {
    Ok(BillRow {
        id: args.id,
        kind: BillKind::Sale,
        key: args.key.clone(),
        content: args.content,
        occurred_at: args.occurred_at,
        booked_at: context.now,
        staff: context.staff,
        customer: args.customer,
        membership: None,
        card: args.card,
        original: None,
        reward: None,
        total: args.bill.total(),
        rounding: args.bill.rounding,
        paid: args.bill.paid(),
        judgement,
        earned: earning.map_or(0, |earning| earning.earned),
        spent: 0,
        bonuses: json(earning.map_or(&[][..], |earning| &earning.bonuses))?,
        terms: terms_row(&context.terms)?,
        reason: args.reason.clone(),
    })
}

/// The bill with its lines and tenders.
fn bill_rows(args: &SaleArgs, bill: BillRow, earning: Option<&Earning>, points: Points) -> Result<Rows, Refusal> {
    let line = |(line, counted): (&Line, Minor)| {
        Ok(BillLineRow {
            bill: args.id,
            number: line.number,
            sku: line.sku.clone(),
            category: line.category.clone(),
            quantity: line.quantity,
            amount: line.amount,
            list_amount: line.list_amount,
            discount: line.discount,
            counted,
            contribution: earning.map_or(0, |earning| earning.contribution(line.number)),
            attributes: attributes(line)?,
        })
    };
    let tender = |(position, tender): (i32, &Tender)| BillTenderRow {
        bill: args.id,
        position,
        kind: tender.kind,
        amount: tender.amount,
        points: if tender.kind == TenderKind::Points { points } else { 0 },
    };
    Ok(Rows {
        bills: vec![bill],
        lines: args
            .bill
            .lines
            .iter()
            .zip(spread_unpaid(&args.bill))
            .map(line)
            .collect::<Result<_, Refusal>>()?,
        tenders: (1..).zip(&args.bill.tenders).map(tender).collect(),
        ..Rows::default()
    })
}

/// JSON object of a line's attributes.
fn attributes(line: &Line) -> Result<String, Refusal> {
    json(
        &line
            .attributes
            .iter()
            .map(|(name, value)| (name, value))
            .collect::<BTreeMap<_, _>>(),
    )
}
