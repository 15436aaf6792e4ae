//! Paying with stored value: how an amount is drawn from what was paid for and what was given beside it
//! (semantics.md, Stored value).

use super::bill::field;
use super::earn::draft;
use super::{Bill, Context, Tender, TenderKind};
use crate::calendar::Instant;
use crate::error::{Code, Refusal, Text};
use crate::id::LotId;
use crate::ledger::{Asset, EntryDraft, EntryKind, Lot, Member, insufficient_value};
use crate::money::{Minor, format_minor};
use crate::prepaid::{self, TopUpOffer};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Stored value of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ValueTerms {
    pub draw: Draw,
    /// What top-ups bring beside what is paid.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 20)]
    pub offers: Vec<TopUpOffer>,
    /// How long bonus of an anonymous membership is good, in months from its top-up; null: without end. A named one's
    /// never expires, and what was paid for doesn't at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1200, example = 36)]
    pub anonymous_months: Option<u32>,
}

named! {
/// What pays first.
#[derive(Default)]
pub enum Draw {
    /// In proportion to what principal and bonus come to before the bill, the bonus part rounded down (D-HOT-5).
    #[default]
    ProRata = "pro_rata",
    PrincipalFirst = "principal_first",
    BonusFirst = "bonus_first",
}
}

/// What pays an amount: lots with the amount > 0 that each gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Drawn {
    pub principal: Vec<(LotId, Minor)>,
    pub bonus: Vec<(LotId, Minor)>,
}

/// The bill as it is booked: its tender of stored value divided into `principal` and `bonus`, as the program's terms and
/// the member's lots say. A bill without one stays as it is.
///
/// # Errors
/// `field_invalid` where nobody is meant or the program has no stored value; `insufficient_value` with `available`,
/// `needed` and `possible_amount`.
pub fn resolve_value(bill: &Bill, member: Option<&Member>, context: &Context) -> Result<Bill, Refusal> {
    let asked = |tender: &Tender| tender.kind == TenderKind::Value;
    let Some(place) = bill.tenders.iter().position(asked) else {
        return Ok(bill.clone());
    };
    let pointer = format!("/tenders/{place}/kind");
    let Some(member) = member else {
        let zh = "无会员的账单不能用储值付款";
        let en = "must be money: without a member there is no stored value to pay with";
        return Err(field(pointer, zh, en));
    };
    let Some(terms) = &context.terms.value else {
        let zh = "本计划没有储值，请改用其他付款方式";
        return Err(field(pointer, zh, "must be money: the program has no stored value"));
    };
    let amount = bill.tenders[place].amount;
    let drawn = draw(member, amount, terms.draw, context.judged_at);
    let Some(drawn) = drawn else {
        return Err(short(member, amount, context).at(format!("/tenders/{place}/amount")));
    };
    let parts = [
        (TenderKind::Principal, sum(&drawn.principal)),
        (TenderKind::Bonus, sum(&drawn.bonus)),
    ];
    let parts = parts.into_iter().filter(|(_, amount)| *amount > 0);
    let parts = parts.map(|(kind, amount)| Tender { kind, amount });
    let mut resolved = bill.clone();
    resolved.tenders.splice(place..=place, parts);
    Ok(resolved)
}

/// What the bill takes from the member's lots now; nothing of a bill without stored value.
///
/// # Errors
/// `insufficient_value`; `busy` where the lots would pay it in other parts than the bill says: propose again.
pub(super) fn drawn(bill: &Bill, member: &Member, context: &Context) -> Result<Drawn, Refusal> {
    let of = |kind: TenderKind| -> Minor {
        let tenders = bill.tenders.iter().filter(|tender| tender.kind == kind);
        tenders.map(|tender| tender.amount).sum()
    };
    if let Some(place) = bill.tenders.iter().position(|tender| tender.kind == TenderKind::Value) {
        let zh = "储值付款尚未分摊";
        return Err(field(
            format!("/tenders/{place}/kind"),
            zh,
            "must have been divided first",
        ));
    }
    let (principal, bonus) = (of(TenderKind::Principal), of(TenderKind::Bonus));
    let Some(terms) = context.terms.value.as_ref().filter(|_| principal + bonus > 0) else {
        return match principal + bonus {
            0 => Ok(Drawn::default()),
            amount => Err(short(member, amount, context)),
        };
    };
    let drawn = draw(member, principal + bonus, terms.draw, context.judged_at)
        .ok_or_else(|| short(member, principal + bonus, context))?;
    if (sum(&drawn.principal), sum(&drawn.bonus)) != (principal, bonus) {
        let en = "The stored value has just changed; try again.";
        return Err(Refusal::new(Code::Busy, "储值刚有变动，请重试。", en));
    }
    Ok(drawn)
}

/// Stored value paid on a bill.
pub(super) fn explain(asset: &Asset, amount: Minor, minor_units: u32) -> EntryDraft {
    let money = format_minor(amount, minor_units);
    let text = if *asset == Asset::bonus() {
        Text::new(
            format!("用储值赠额支付{money}。"),
            format!("{money} paid with bonus value."),
        )
    } else {
        Text::new(
            format!("用储值本金支付{money}。"),
            format!("{money} paid with stored value."),
        )
    };
    draft(EntryKind::Spend, "core.value_tender".to_owned(), text)
}

fn short(member: &Member, needed: Minor, context: &Context) -> Refusal {
    let available = |asset| member.spendable(&asset, context.judged_at).max(0);
    let available = available(Asset::principal()) + available(Asset::bonus());
    let show = |amount| format_minor(amount, context.minor_units);
    let (has, wants, missing) = (show(available), show(needed), show(needed - available));
    let mut refusal = insufficient_value(available, needed).with(|facts| facts.possible_amount = Some(available));
    refusal.detail = Text::new(
        format!("储值余额{has}，要付{wants}，还差{missing}；可先充值，或其余改用其他付款方式。"),
        format!(
            "{has} are stored and {wants} are to be paid: {missing} missing. Top up first, or pay the rest otherwise."
        ),
    );
    refusal
}

/// Which lots pay `amount` as of `at`; none where they don't suffice, or a debt comes first.
fn draw(member: &Member, amount: Minor, draw: Draw, at: Instant) -> Option<Drawn> {
    let (principal, bonus) = (
        live(member, &Asset::principal(), at)?,
        live(member, &Asset::bonus(), at)?,
    );
    // What is set aside pays nothing.
    let free = |asset| member.spendable(&asset, at);
    let parts = prepaid::drawn(draw, amount, free(Asset::principal()), free(Asset::bonus()))?;
    let mut drawn = Drawn::default();
    take(&principal, parts.principal, &mut drawn.principal);
    take(&bonus, parts.bonus, &mut drawn.bonus);
    Some(drawn)
}

/// Lots that can be spent then, in spend order; none where a debt comes first.
fn live<'a>(member: &'a Member, asset: &Asset, at: Instant) -> Option<Vec<&'a Lot>> {
    let Some(account) = member.account(asset) else {
        return Some(Vec::new());
    };
    let mut lots: Vec<&Lot> = account.lots.iter().filter(|lot| lot.spendable(at)).collect();
    lots.sort_by_cached_key(|lot| lot.spend_order());
    (account.debt == 0).then_some(lots)
}

/// Takes `amount` from lots in their order, which have as much.
fn take(lots: &[&Lot], amount: Minor, parts: &mut Vec<(LotId, Minor)>) {
    let mut left = amount;
    for lot in lots {
        let part = left.min(lot.remaining);
        if part > 0 {
            parts.push((lot.id, part));
            left -= part;
        }
    }
}

fn sum(parts: &[(LotId, Minor)]) -> Minor {
    parts.iter().map(|(_, amount)| amount).sum()
}
