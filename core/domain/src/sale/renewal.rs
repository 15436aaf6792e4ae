//! Renewing a membership (D-CARD-8): what the program's own terms say, and what a renewal does.

use super::Context;
use super::bill::field;
use super::ends::{Ends, end_lots};
use crate::calendar::{Day, Instant};
use crate::card::{self, Block, Card, CardState};
use crate::error::{Code, FieldError, Refusal, RuleRefusal, Text};
use crate::id::*;
use crate::ledger::{Asset, Member};
use crate::money::Points;
use crate::rows::{RenewalRow, Rows};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// By when a renewal is applied for and what it brings; the plugin's rule goes before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RenewalTerms {
    /// From so many days before the last valid day on.
    #[schema(maximum = 3660, example = 30)]
    pub before_days: u32,
    /// Until so many days after it; 0: only before the end.
    #[schema(maximum = 366, example = 0)]
    pub grace_days: u32,
    /// The validity that follows the present one, in months.
    #[schema(minimum = 1, maximum = 120, example = 12)]
    pub months: u32,
}

impl Default for RenewalTerms {
    fn default() -> Self {
        Self {
            before_days: 30,
            grace_days: 0,
            months: 12,
        }
    }
}

impl RenewalTerms {
    /// What is wrong with them, with a pointer below them.
    pub(super) fn validate(&self) -> Option<FieldError> {
        let wrong = |pointer: &str, detail: &str| {
            Some(FieldError {
                pointer: pointer.to_owned(),
                detail: detail.to_owned(),
            })
        };
        match self {
            Self { before_days, .. } if *before_days > 3660 => wrong("/before_days", "must be 0 to 3660"),
            Self { grace_days, .. } if *grace_days > 366 => wrong("/grace_days", "must be 0 to 366"),
            Self { months, .. } if !(1..=120).contains(months) => wrong("/months", "must be 1 to 120"),
            _ => None,
        }
    }

    /// The new last valid day of a membership that is valid through `last` and whose renewal is applied for on a day.
    /// It follows the present validity; where that would be over already, it begins on that day.
    ///
    /// # Errors
    /// Too early or too late, with the day.
    pub fn renewed_through(&self, last: Day, applied_on: Day) -> Result<Day, RuleRefusal> {
        let shifted = |days: u32, sign: i32| last.plus_days(sign * i32::try_from(days).unwrap_or(i32::MAX));
        if let Some(first) = shifted(self.before_days, -1).filter(|first| applied_on < *first) {
            return Err(refusal(
                "core.renewal-early",
                format!("会籍有效期至{last}，{first}起方可申请续卡。"),
                format!("The membership is valid through {last}; a renewal can be applied for from {first} on."),
            ));
        }
        if let Some(latest) = shifted(self.grace_days, 1).filter(|latest| applied_on > *latest) {
            return Err(refusal(
                "core.renewal-late",
                format!("会籍有效期至{last}，续卡须在{latest}前（含当日）申请；现在可重新办卡。"),
                format!(
                    "The membership was valid through {last}; a renewal had to be applied for by {latest}. A new one can be applied for."
                ),
            ));
        }
        let through = |first: Option<Day>| first.and_then(|first| first.day_before_anniversary(self.months));
        through(last.plus_days(1))
            .filter(|through| *through >= applied_on)
            .or_else(|| through(Some(applied_on)))
            .ok_or_else(never)
    }
}

/// A program that renews nothing.
pub fn never() -> RuleRefusal {
    refusal(
        "core.renewal-none",
        "该计划的会籍到期不续，到期后可重新办卡。",
        "The program doesn't renew memberships; after the end a new one can be applied for.",
    )
}

/// A membership that doesn't end.
pub fn endless() -> RuleRefusal {
    refusal(
        "core.renewal-endless",
        "该会籍长期有效，无须续卡。",
        "The membership has no end, so there is nothing to renew.",
    )
}

/// What the program's own terms grant, in a sentence.
pub fn by_terms(through: Day) -> Text {
    Text::new(format!("续期至{through}。"), format!("Renewed through {through}."))
}

fn refusal(rule: &str, zh: impl Into<String>, en: impl Into<String>) -> RuleRefusal {
    RuleRefusal {
        rule: rule.to_owned(),
        explanation: Text::new(zh, en),
    }
}

/// A renewal that was granted, by the plugin or by the program's terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenewalArgs {
    pub id: RenewalId,
    /// The last valid day that the grant was made on.
    pub was_valid_through: Day,
    pub applied_on: Day,
    /// The new one.
    pub valid_through: Day,
    pub rule: String,
    pub explanation: Text,
    /// SHA-256 of what the plugin was asked.
    pub input: Option<[u8; 32]>,
    /// Of a late one: what the plugin says of the points that end with the membership; none: they have ended.
    pub ends: Option<Ends>,
    /// Lots that the plugin has let outlive the membership, with the dates of their own that they get back.
    pub own_dates: Vec<(LotId, Option<Instant>)>,
}

/// How the membership stands afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenewalAnswer {
    /// Its end had been booked: it and its cards are open again.
    pub reopened: bool,
    /// Points that ended with the membership before it was renewed; they stay ended.
    pub points_ended: Points,
}

/// Renews a membership with its cards. One that comes late finds the points ended, whether a job has booked it or not, but
/// for those that the plugin lets outlive it: what isn't booked yet is booked here. `context` has the zone of the store that opened it; `member.ended` has what ended with it.
///
/// # Errors
/// `membership_closed` for one that people have closed; `busy` for a grant on another last day; `field_invalid` for a new
/// last day beyond the calendar. Nothing has changed then.
pub fn decide_renewal(
    member: &mut Member,
    cards: &mut [Card],
    args: &RenewalArgs,
    context: &Context,
    ids: &mut dyn NewIds,
) -> Result<(Rows, RenewalAnswer), Refusal> {
    let end = renewable(member, cards, context.now)?;
    args.ends.as_ref().map_or(Ok(()), |ends| ends.check(member))?;
    if context.zone.day_of(Instant(end.0 - 1)) != args.was_valid_through {
        let (zh, en) = (
            "会籍刚被修改，请重试",
            "The membership has just been changed; try again",
        );
        return Err(Refusal::new(Code::Busy, zh, en));
    }
    let expires_at = context.zone.first_instant_after(args.valid_through);
    let expires_at = expires_at
        .filter(|after| *after > end && *after > context.now)
        .ok_or_else(|| {
            field(
                "/valid_through",
                "新的有效期须晚于现在的有效期",
                "must lie after the present end",
            )
        })?;
    let mut rows = Rows::default();
    let reopened = !member.open;
    let mut points_ended = 0;
    if context.now >= end {
        let before = member.ended.iter().map(|ended| ended.was.remaining).sum::<Points>();
        let entries = end_lots(member, args.ends.as_ref(), context, &mut rows, ids);
        let points = entries.iter().filter(|entry| entry.asset == Asset::points());
        points_ended = before - points.map(|entry| entry.amount).sum::<Points>();
    }
    give_dates_back(member, &args.own_dates, &mut rows);
    for card in cards.iter_mut() {
        if card::renew(card, args.was_valid_through, args.valid_through) {
            rows.card_updates.push(card.update());
        }
    }
    member.open = true;
    member.expires_at = Some(expires_at);
    rows.membership_updates.push(member.touch());
    rows.renewals.push(RenewalRow {
        id: args.id,
        membership: member.id,
        staff: context.staff,
        store: context.store,
        at: context.now,
        applied_on: args.applied_on,
        was_valid_through: args.was_valid_through,
        valid_through: args.valid_through,
        expires_at,
        reopened,
        points_ended,
        rule: args.rule.clone(),
        explanation: args.explanation.clone(),
        configuration: context.configuration,
        input: args.input,
    });
    let answer = RenewalAnswer { reopened, points_ended };
    Ok((rows, answer))
}

/// Points that outlived the membership until it is renewed are as good as before: what was extended here, or in a night
/// before, has its own date again.
fn give_dates_back(member: &mut Member, own_dates: &[(LotId, Option<Instant>)], rows: &mut Rows) {
    let here = rows
        .lot_extensions
        .drain(..)
        .map(|extension| (extension.lot, extension.was));
    let mut dates: Vec<(LotId, Option<Instant>)> = here.collect();
    // An earlier one knows the date before all extensions.
    for (lot, was) in own_dates {
        dates.retain(|(known, _)| known != lot);
        dates.push((*lot, *was));
    }
    rows.lot_dates.clear();
    let Some(account) = member.accounts.get_mut(&Asset::points()) else {
        return;
    };
    for (id, was) in dates {
        let Some(lot) = account.lots.iter_mut().find(|lot| lot.id == id) else {
            continue;
        };
        if lot.remaining > 0 {
            lot.terms.expires_at = was;
            rows.lot_dates.push((member.id, id, was));
        }
    }
}

/// The end of a membership that can be renewed at all: open, or closed by nothing but its time, which the night wrote on
/// its cards.
fn renewable(member: &Member, cards: &[Card], now: Instant) -> Result<Instant, Refusal> {
    let closed = || {
        Refusal::new(
            Code::MembershipClosed,
            "该会籍已被关闭，不能续卡；符合条件时可重新办卡。",
            "The membership has been closed, so it can't be renewed; a new one can be applied for.",
        )
    };
    let end = member.expires_at.ok_or_else(closed)?;
    let timed_out = |card: &Card| card.state == CardState::Void && card.blocks.contains(&Block::Expired);
    match member.open || now >= end && cards.iter().any(timed_out) {
        true => Ok(end),
        false => Err(closed()),
    }
}
