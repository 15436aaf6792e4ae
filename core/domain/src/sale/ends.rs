//! The end of memberships and of lots (D-RET-4, D-LED-2), by the program's terms or by its plugin's word (D-HOT-8).

use super::{Context, EntryView, Terms, explain};
use crate::calendar::{Day, Instant};
use crate::card::{self, Card};
use crate::error::{Code, Refusal, Text};
use crate::id::*;
use crate::ledger::{Asset, AssetKind, Booking, EntryDraft, EntryKind, Lot, LotTerms, Member, Source};
use crate::prepaid::{Payer, PrepaidRules, TopUpFacts, check_top_up, holder_kind};
use crate::rows::{LotExtension, Rows};
use std::collections::BTreeMap;

/// What becomes of something at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    Lapsed,
    /// It is good through this day.
    Extended(Day),
    /// A lot becomes another one: of points or bonus, never of what was paid for.
    Converted {
        into: Asset,
        amount: i64,
        /// None: as the program's terms say.
        through: Option<Day>,
    },
}

/// What a plugin says of an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndRuling {
    pub fate: Fate,
    /// Stable name of the rule.
    pub rule: String,
    pub explanation: Text,
    /// SHA-256 of what it was asked.
    pub input: [u8; 32],
}

/// What a plugin says of the ends of a membership and its lots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// The membership's version that the plugin was told of.
    pub version: i64,
    /// Of the membership itself.
    pub membership: Option<EndRuling>,
    /// Of its lots that have something left.
    pub lots: BTreeMap<LotId, EndRuling>,
    /// The law that bounds bonus; None: nothing is known of one.
    pub rules: Option<&'static PrepaidRules>,
}

impl Ends {
    /// # Errors
    /// `busy` for a membership that has changed since the plugin was asked.
    pub fn check(&self, member: &Member) -> Result<(), Refusal> {
        if self.version == member.version {
            return Ok(());
        }
        let (zh, en) = (
            "会籍刚被修改，请重试",
            "The membership has just been changed; try again",
        );
        Err(Refusal::new(Code::Busy, zh, en))
    }
}

/// Ends a membership whose validity is over: its cards are void, its lots expire, one entry each (D-RET-4). Nothing to
/// do, and nothing done, for one that is closed or still valid. What `by_plugin` extends goes on instead.
pub fn expire_membership(
    member: &mut Member,
    cards: &mut [Card],
    by_plugin: Option<&Ends>,
    context: &Context,
    ids: &mut dyn NewIds,
) -> Rows {
    let mut rows = Rows::default();
    let Some(end) = member.expires_at.filter(|end| member.open && context.now >= *end) else {
        return rows;
    };
    let whole = by_plugin.and_then(|ends| ends.membership.as_ref());
    if let Some(Fate::Extended(through)) = whole.map(|ruling| &ruling.fate)
        && let Some(until) = context
            .zone
            .first_instant_after(*through)
            .filter(|until| *until > context.now)
    {
        let was = context.zone.day_of(Instant(end.0 - 1));
        for card in cards.iter_mut() {
            if card::renew(card, was, *through) {
                rows.card_updates.push(card.update());
            }
        }
        member.expires_at = Some(until);
        rows.membership_ends.push((member.id, *through, until));
        rows.membership_updates.push(member.touch());
        return rows;
    }
    end_lots(member, by_plugin, context, &mut rows, ids);
    for card in cards.iter_mut() {
        // Replaced, returned and merged cards keep their story.
        if card::expire(card) {
            rows.card_updates.push(card.update());
        }
    }
    member.open = false;
    rows.membership_updates.push(member.touch());
    rows
}

/// Expires every lot of a membership whose validity is over, but for what the plugin extends; what was paid for stays
/// (D-CARD-7).
pub(super) fn end_lots(
    member: &mut Member,
    by_plugin: Option<&Ends>,
    context: &Context,
    rows: &mut Rows,
    ids: &mut dyn NewIds,
) -> Vec<EntryView> {
    let ended_at = member.expires_at.unwrap_or(context.now);
    let mut entries = Vec::new();
    for (asset, lots) in void_lots(member) {
        for lot in lots {
            let ruling = by_plugin.and_then(|ends| ends.lots.get(&lot.id));
            if let Some(ruling) = ruling
                && extend(member, (&asset, &lot, true), ruling, (context, ended_at), rows)
            {
                continue;
            }
            let draft = match ruling {
                Some(ruling) => drafted(ruling),
                None => explain::membership_ended(last_day(context, ended_at)),
            };
            entries.extend(book_end(
                member,
                (&asset, lot.id),
                draft,
                (context, ended_at, ruling),
                rows,
                ids,
            ));
        }
    }
    entries
}

/// What a bill of a closed membership leaves behind: its own points end at once, and so does what it took back from its
/// end; what the plugin has given a date of its own stays.
pub(super) fn end_late_lots(
    member: &mut Member,
    bill: BillId,
    context: &Context,
    rows: &mut Rows,
    ids: &mut dyn NewIds,
) {
    let ended_at = member.expires_at.unwrap_or(context.now);
    for (asset, lots) in void_lots(member) {
        let over = lots
            .into_iter()
            .filter(|lot| lot.bill == Some(bill) || lot.terms.expires_at.is_none_or(|end| end <= context.now));
        for lot in over {
            let draft = explain::membership_ended(last_day(context, ended_at));
            book_end(member, (&asset, lot.id), draft, (context, ended_at, None), rows, ids);
        }
    }
}

/// Books the end of the lots past their date, one entry per lot: `due` are the lots whose end has not been booked yet,
/// empty ones too. Nothing to do, and nothing done, for a lot that isn't past its date, nor for one the plugin extends.
/// Where no plugin has a word the membership keeps its version: nobody could use these lots before, so that no proposal was
/// made with them.
pub fn expire_lots(
    member: &mut Member,
    (asset, due): (&Asset, &[Lot]),
    by_plugin: Option<&Ends>,
    context: &Context,
    ids: &mut dyn NewIds,
) -> Rows {
    let mut rows = Rows::default();
    for lot in due {
        let Some(ended_at) = lot.terms.expires_at.filter(|end| context.now >= *end) else {
            continue;
        };
        let ruling = by_plugin.and_then(|ends| ends.lots.get(&lot.id));
        if let Some(ruling) = ruling
            && extend(member, (asset, lot, false), ruling, (context, ended_at), &mut rows)
        {
            continue;
        }
        let draft = match ruling {
            Some(ruling) => drafted(ruling),
            None => explain::expired(last_day(context, ended_at)),
        };
        book_end(
            member,
            (asset, lot.id),
            draft,
            (context, ended_at, ruling),
            &mut rows,
            ids,
        );
        if let Some((ruling, ends)) = ruling.zip(by_plugin) {
            convert(member, (asset, ruling), (context, ended_at, ends.rules), &mut rows, ids);
        }
    }
    if by_plugin.is_some() && (!rows.entries.is_empty() || !rows.lot_dates.is_empty()) {
        rows.membership_updates.push(member.touch());
    }
    rows
}

/// What ends with a membership, by asset.
fn void_lots(member: &Member) -> Vec<(Asset, Vec<Lot>)> {
    let ending = member.accounts.iter().filter(|(asset, _)| asset.ends_with_membership());
    ending
        .map(|(asset, account)| (asset.clone(), account.lots.clone()))
        .collect()
}

fn drafted(ruling: &EndRuling) -> EntryDraft {
    EntryDraft {
        kind: EntryKind::Expire,
        rule: ruling.rule.clone(),
        explanation: ruling.explanation.clone(),
        line: None,
        reverses: None,
    }
}

fn book_end(
    member: &mut Member,
    (asset, lot): (&Asset, LotId),
    draft: EntryDraft,
    (context, ended_at, ruling): (&Context, Instant, Option<&EndRuling>),
    rows: &mut Rows,
    ids: &mut dyn NewIds,
) -> Vec<EntryView> {
    let source = Source {
        input: ruling.map(|ruling| ruling.input),
        ..end_of(context, ended_at)
    };
    let mut booking = Booking::new(member, asset.clone(), source, rows, ids);
    booking.expire(draft, lot);
    booking.finish()
}

/// Gives a lot the later end that a plugin grants; false where it grants none, or one that is over. With its membership a
/// lot never gets more than its own date.
fn extend(
    member: &mut Member,
    (asset, lot, with_membership): (&Asset, &Lot, bool),
    ruling: &EndRuling,
    (context, ended_at): (&Context, Instant),
    rows: &mut Rows,
) -> bool {
    let Fate::Extended(through) = ruling.fate else {
        return false;
    };
    let own = lot.terms.expires_at.filter(|end| *end > ended_at);
    let until = context.zone.first_instant_after(through);
    let Some(until) = until.map(|until| own.map_or(until, |own| own.min(until))) else {
        return false;
    };
    if until <= context.now {
        return false;
    }
    let account = member.accounts.entry(asset.clone()).or_default();
    if let Some(kept) = account.lots.iter_mut().find(|kept| kept.id == lot.id) {
        kept.terms.expires_at = Some(until);
    }
    rows.lot_dates.push((member.id, lot.id, Some(until)));
    rows.lot_extensions.push(LotExtension {
        membership: member.id,
        lot: lot.id,
        with_membership,
        at: context.now,
        was: lot.terms.expires_at,
        until,
        rule: ruling.rule.clone(),
        explanation: ruling.explanation.clone(),
        configuration: context.configuration,
        input: ruling.input,
    });
    true
}

/// Books what an ended lot becomes; nothing where the membership is over, the program has no such thing, or the law
/// doesn't let it have so much.
fn convert(
    member: &mut Member,
    (from, ruling): (&Asset, &EndRuling),
    (context, ended_at, rules): (&Context, Instant, Option<&PrepaidRules>),
    rows: &mut Rows,
    ids: &mut dyn NewIds,
) {
    let Fate::Converted { into, amount, through } = &ruling.fate else {
        return;
    };
    let never_paid = matches!(
        (from.kind(), into.kind()),
        (AssetKind::Points, AssetKind::Bonus) | (AssetKind::Bonus, AssetKind::Points)
    );
    if !never_paid || *amount < 1 || !member.is_open(context.now) {
        return;
    }
    if into.is_money() && !may_hold(member, *amount, context, rules) {
        return;
    }
    let today = context.zone.day_of(context.now);
    let expires_at = match through {
        Some(day) => context.zone.first_instant_after(*day),
        None => by_terms(&context.terms, (member, into), today, context),
    };
    let draft = EntryDraft {
        kind: EntryKind::Grant,
        ..drafted(ruling)
    };
    let source = Source {
        input: Some(ruling.input),
        occurred_at: context.now,
        ..end_of(context, ended_at)
    };
    let mut booking = Booking::new(member, into.clone(), source, rows, ids);
    let terms = LotTerms {
        matures_at: None,
        expires_at,
    };
    booking.credit(draft, *amount, terms);
    booking.finish();
}

fn by_terms(terms: &Terms, (member, asset): (&Member, &Asset), today: Day, context: &Context) -> Option<Instant> {
    if !asset.is_money() {
        return terms.expires_at(today, context);
    }
    // Named value never expires (D-CARD-11).
    let months = terms.value.as_ref().and_then(|value| value.anonymous_months);
    let months = months.filter(|_| member.customer.is_none())?;
    context.zone.first_instant_after(today.day_before_anniversary(months)?)
}

/// Whether the program keeps stored value, and the law lets the membership have so much more of it (D-CARD-11).
fn may_hold(member: &Member, bonus: i64, context: &Context, rules: Option<&PrepaidRules>) -> bool {
    let Some(value) = &context.terms.value else {
        return false;
    };
    let balance = |asset: Asset| member.account(&asset).map_or(0, |account| account.balance.max(0));
    let facts = TopUpFacts {
        holder: holder_kind(member),
        before: balance(Asset::principal()).saturating_add(balance(Asset::bonus())),
        paid: 0,
        granted: bonus,
        at_once: 0,
        payer: Payer::default(),
        identified: true,
        transferred: true,
        good_months: value.anonymous_months.filter(|_| member.customer.is_none()),
    };
    rules.is_none_or(|rules| check_top_up(rules, &facts, context.minor_units).is_ok())
}

/// The last valid day of what ended at an instant.
fn last_day(context: &Context, ended_at: Instant) -> Option<Day> {
    Some(context.zone.day_of(Instant(ended_at.0 - 1)))
}

pub(super) fn end_of(context: &Context, ended_at: Instant) -> Source {
    Source {
        bill: None,
        store: Some(context.store),
        occurred_at: ended_at,
        booked_at: context.now,
        judged_at: context.now,
        configuration: Some(context.configuration),
        input: None,
    }
}
