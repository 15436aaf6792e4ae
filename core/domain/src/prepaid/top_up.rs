//! Money that is paid in: its principal, the bonus that belongs to it, and the law's limits, in one decision (D-CARD-11).

use super::{HolderKind, Payer, PrepaidRules, TopUpFacts, check_held, check_top_up};
use crate::calendar::{Day, Instant};
use crate::error::{Code, Refusal, Text};
use crate::id::*;
use crate::ledger::{Asset, Booking, EntryDraft, EntryKind, LotTerms, Member, Source};
use crate::money::{LIMIT, Minor, format_minor, sum};
use crate::rows::{BillRow, BillTenderRow, Rows, TopUpRow};
use crate::sale::sell::{json, source, terms_row};
use crate::sale::{BillKind, Bonus, Context, EntryView, Judgement, NaturalKey, Tender, TenderKind, check_occurred_at};

/// A top-up to decide on.
#[derive(Clone, Debug)]
pub struct TopUpArgs {
    pub id: BillId,
    pub key: NaturalKey,
    /// Hash of what the till sent.
    pub content: [u8; 32],
    pub occurred_at: Instant,
    pub card: Option<CardId>,
    pub privileged: bool,
    pub amount: Minor,
    /// The bonus of the offer, or of the plugin.
    pub granted: Minor,
    /// The offer's code.
    pub offer: Option<String>,
    /// Why the plugin gives the bonus; none: the program's offers decide.
    pub grant: Option<PluginGrant>,
    pub tenders: Vec<Tender>,
    pub payer: Payer,
    pub payer_id: Option<CustomerId>,
    /// Whether an identity document of the payer is on record.
    pub identified: bool,
    /// What the payer pays at once, this included.
    pub at_once: Minor,
    /// How long the bonus of an anonymous membership is good, in months.
    pub anonymous_months: Option<u32>,
    /// The law that holds; None: nothing is known of one.
    pub rules: Option<&'static PrepaidRules>,
}

/// A bonus by the plugin's rule (D-HOT-5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginGrant {
    /// Stable name of the rule.
    pub rule: String,
    pub explanation: Text,
    /// SHA-256 of what the plugin was asked.
    pub input: [u8; 32],
}

/// A plugin's bonus is at most so many times what is paid in.
const MOST_TIMES: i64 = 10;

/// What a top-up brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopUpAnswer {
    pub entries: Vec<EntryView>,
    /// Both balances afterwards.
    pub principal: Minor,
    pub bonus: Minor,
}

/// Whether somebody stands behind a membership.
pub fn holder_kind(member: &Member) -> HolderKind {
    match member.customer {
        Some(_) => HolderKind::Named,
        None => HolderKind::Anonymous,
    }
}

/// Books a top-up: principal, and bonus beside it; neither counts as paid, for using it does. `member` is as afterwards, and
/// needs its balances alone.
///
/// # Errors
/// `occurred_at_out_of_range`, `membership_closed`, `field_invalid`, `tenders_mismatch`, `prepaid_rule`; `plugin_failed` for a
/// plugin's bonus below 0 or above ten times what is paid in. Nothing has changed then.
pub fn decide_top_up(
    member: &mut Member,
    args: &TopUpArgs,
    context: &Context,
    ids: &mut dyn NewIds,
) -> Result<(Rows, TopUpAnswer), Refusal> {
    check_occurred_at(args.occurred_at, context.now, args.privileged)?;
    member.check_open_as_of(context.judged_at, context.now)?;
    if !(1..=LIMIT).contains(&args.amount) {
        let zh = "充值金额须大于零。";
        return Err(Refusal::new(Code::FieldInvalid, zh, "A top-up is more than nothing.").at("/amount"));
    }
    check_tenders(&args.tenders, args.amount, context.minor_units)?;
    check_grant(args)?;
    let good_months = match holder_kind(member) {
        HolderKind::Named => None,
        HolderKind::Anonymous => args.anonymous_months,
    };
    if let Some(rules) = args.rules {
        check_top_up(rules, &facts(member, args, good_months), context.minor_units)?;
    }
    // What was paid for is never forfeited (D-CARD-7).
    let no_end = LotTerms {
        matures_at: None,
        expires_at: None,
    };
    let bonus_terms = LotTerms {
        expires_at: end_of(args.key.business_date, good_months, context),
        ..no_end
    };
    let mut rows = Rows {
        bills: vec![bill_row(member, args, context)?],
        tenders: tender_rows(args.id, &args.tenders, 1),
        ..Rows::default()
    };
    let source = source(context, args.id, args.occurred_at);
    let mut booking = Booking::new(member, Asset::principal(), source.clone(), &mut rows, ids);
    let principal = booking.credit(paid_in(args.amount, context.minor_units), args.amount, no_end);
    let mut entries = booking.finish();
    let mut bonus = None;
    if args.granted > 0 {
        let input = args.grant.as_ref().map(|grant| grant.input);
        let mut booking = Booking::new(member, Asset::bonus(), Source { input, ..source }, &mut rows, ids);
        bonus = booking.credit(granted(args, context.minor_units), args.granted, bonus_terms);
        entries.extend(booking.finish());
    }
    rows.top_ups.push(TopUpRow {
        id: args.id,
        membership: member.id,
        store: context.store,
        at: args.occurred_at,
        on: args.key.business_date,
        paid: args.amount,
        granted: args.granted,
        offer: args.offer.clone(),
        principal,
        bonus,
        payer: args.payer,
        payer_id: args.payer_id,
        staff: context.staff,
    });
    rows.membership_updates.push(member.touch());
    let answer = TopUpAnswer {
        entries,
        principal: balance(member, &Asset::principal()),
        bonus: balance(member, &Asset::bonus()),
    };
    Ok((rows, answer))
}

fn facts(member: &Member, args: &TopUpArgs, good_months: Option<u32>) -> TopUpFacts {
    let before = balance(member, &Asset::principal()).saturating_add(balance(member, &Asset::bonus()));
    TopUpFacts {
        holder: holder_kind(member),
        before: before.max(0),
        paid: args.amount,
        granted: args.granted,
        at_once: args.at_once.max(args.amount),
        payer: args.payer,
        identified: args.identified,
        transferred: args.tenders.iter().all(|tender| tender.kind == TenderKind::Transfer),
        good_months,
    }
}

/// Whether a membership may hold what it has of principal and bonus, and `more`.
///
/// # Errors
/// `prepaid_rule`
pub(crate) fn check_member(
    rules: Option<&PrepaidRules>,
    member: &Member,
    more: Minor,
    minor_units: u32,
) -> Result<(), Refusal> {
    let Some(rules) = rules else { return Ok(()) };
    let held = value_of(member).saturating_add(more);
    check_held(rules, holder_kind(member), held, minor_units)
}

/// Principal and bonus.
pub(crate) fn value_of(member: &Member) -> Minor {
    balance(member, &Asset::principal()).saturating_add(balance(member, &Asset::bonus()))
}

pub(super) fn balance(member: &Member, asset: &Asset) -> Minor {
    member.account(asset).map_or(0, |account| account.balance)
}

/// First instant after so many months.
fn end_of(day: Day, months: Option<u32>, context: &Context) -> Option<Instant> {
    let last = day.day_before_anniversary(months?)?;
    context.zone.first_instant_after(last)
}

/// Money alone pays for what is paid in, and it adds up.
///
/// # Errors
/// `field_invalid`, `tenders_mismatch`
pub(super) fn check_tenders(tenders: &[Tender], due: Minor, minor_units: u32) -> Result<(), Refusal> {
    for (i, tender) in tenders.iter().enumerate() {
        if !tender.kind.is_cash_like() || tender.amount <= 0 {
            let zh = "只能用现金、银行卡、移动支付、转账等方式付款，金额须大于零。";
            let en = "Only money can be paid in or back, by cash, card, mobile, transfer or otherwise, and more than nothing.";
            return Err(Refusal::new(Code::FieldInvalid, zh, en).at(format!("/tenders/{i}")));
        }
    }
    let given = sum(tenders.iter().map(|tender| tender.amount));
    if given == Some(due) {
        return Ok(());
    }
    let show = |money: Minor| format_minor(money, minor_units);
    let (due, given) = (show(due), show(given.unwrap_or(LIMIT)));
    let zh = format!("应为 {due}，付款合计 {given}，请核对。");
    let en = format!("{due} are due and the tenders add up to {given}; correct one of them.");
    Err(Refusal::new(Code::TendersMismatch, zh, en).at("/tenders"))
}

/// As they stand in a bill; `sign` −1: what is paid back.
pub(super) fn tender_rows(bill: BillId, tenders: &[Tender], sign: i64) -> Vec<BillTenderRow> {
    let row = |(position, tender): (i32, &Tender)| BillTenderRow {
        bill,
        position,
        kind: tender.kind,
        amount: sign * tender.amount,
        points: 0,
    };
    (1..).zip(tenders).map(row).collect()
}

fn paid_in(amount: Minor, minor_units: u32) -> EntryDraft {
    let money = format_minor(amount, minor_units);
    EntryDraft {
        kind: EntryKind::TopUp,
        rule: "core.top_up".to_owned(),
        explanation: Text::new(format!("充值 {money}。"), format!("Topped up by {money}.")),
        line: None,
        reverses: None,
    }
}

fn check_grant(args: &TopUpArgs) -> Result<(), Refusal> {
    let most = args.amount.saturating_mul(MOST_TIMES).min(LIMIT);
    if args.grant.is_none() || (0..=most).contains(&args.granted) {
        return Ok(());
    }
    let zh = "会员规则给出的赠送金额超出允许范围，未充值；请联系总部。";
    let en = "The program's rules give a bonus out of bounds, so nothing was topped up; tell headquarters.";
    Err(Refusal::new(Code::PluginFailed, zh, en))
}

fn granted(args: &TopUpArgs, minor_units: u32) -> EntryDraft {
    let money = format_minor(args.granted, minor_units);
    let (rule, explanation) = match &args.grant {
        Some(grant) => (grant.rule.clone(), grant.explanation.clone()),
        None => (
            "core.top_up_bonus".to_owned(),
            Text::new(
                format!("充值赠送 {money}。"),
                format!("A bonus of {money} with the top-up."),
            ),
        ),
    };
    EntryDraft {
        kind: EntryKind::Grant,
        rule,
        explanation,
        line: None,
        reverses: None,
    }
}

fn bill_row(member: &Member, args: &TopUpArgs, context: &Context) -> Result<BillRow, Refusal> {
    Ok(BillRow {
        id: args.id,
        kind: BillKind::TopUp,
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
        total: args.amount,
        rounding: 0,
        paid: 0,
        judgement: Judgement::Judged,
        earned: 0,
        spent: 0,
        bonuses: json::<[Bonus]>(&[])?,
        terms: terms_row(&context.terms)?,
        reason: None,
    })
}
