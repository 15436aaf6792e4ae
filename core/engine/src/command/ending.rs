//! The end of a membership: booked by the nightly job, or before the next membership opens in its place; and what a plugin
//! is asked at ends (D-HOT-8).

use super::ask;
use crate::error::Result;
use crate::plugin::{self, Function, Plugin, expiry};
use crate::program::{Configuration, Wait};
use crate::store::writer::AuditRow;
use crate::store::writer::ledger::{CardEvent, Question, State};
use crate::store::writer::save::blocks_text;
use crate::{Engine, prepaid};
use cardea_domain::card::Card;
use cardea_domain::id::{ChainId, MembershipId, NewIds};
use cardea_domain::ledger::{Asset, AssetKind, EntryKind, Lot, Member};
use cardea_domain::rows::Rows;
use cardea_domain::sale::{Context, EndRuling, Ends, Fate, expire_membership};
use cardea_domain::{Day, Instant, Zone};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;

/// What a plugin was asked about ends, and its word.
pub(crate) struct AskedEnds {
    pub ends: Ends,
    /// To be kept, whatever it said.
    pub questions: Vec<Question>,
}

/// A lot at its end.
#[derive(Clone, Copy)]
pub(crate) struct LotOver<'a> {
    pub asset: &'a Asset,
    pub lot: &'a Lot,
    /// Its last valid day.
    pub ended_on: Day,
    /// It ends because its membership does.
    pub with_membership: bool,
}

/// Ends to ask a plugin about, in the zone of the store that opened the membership.
pub(crate) struct Over<'a> {
    pub member: &'a Member,
    pub zone: Zone,
    pub minor_units: u32,
    pub today: Day,
    /// The last valid day of the membership, where it is over itself.
    pub whole: Option<Day>,
    pub lots: Vec<LotOver<'a>>,
}

impl<'a> Over<'a> {
    /// What of a membership ends with it: the lots of what doesn't outlive it.
    pub fn with_membership(member: &'a Member, ended_on: Day) -> Vec<LotOver<'a>> {
        let ending = member.accounts.iter().filter(|(asset, _)| asset.ends_with_membership());
        ending
            .flat_map(|(asset, account)| account.lots.iter().map(move |lot| (asset, lot)))
            .map(|(asset, lot)| LotOver {
                asset,
                lot,
                ended_on,
                with_membership: true,
            })
            .collect()
    }

    /// Asks the plugin: of the membership, and where that doesn't go on, of each lot with something left. None where it has
    /// no say.
    ///
    /// # Errors
    /// `plugin_failed` where it can't decide or be loaded.
    pub fn ask(&self, engine: &Engine, chain: ChainId, configuration: &Configuration) -> Result<Option<AskedEnds>> {
        let Some(plugin) = decides_ends(engine, chain, configuration)? else {
            return Ok(None);
        };
        let mut asked = AskedEnds {
            ends: Ends {
                version: self.member.version,
                rules: engine.read(chain, |conn| Ok(prepaid::rules(conn, chain, self.today)?.0))?,
                ..Ends::default()
            },
            questions: Vec::new(),
        };
        let mut put = |ended_on: Day, subject: expiry::Subject| -> Result<EndRuling> {
            let request = expiry::Request {
                config: configuration.plugin_config.clone(),
                minor_digits: self.minor_units as u8,
                today: self.today.0,
                tier: self.member.tier.clone(),
                ended_on: ended_on.0,
                subject,
            };
            let decision = plugin.expire(&request).map_err(|e| ask::failed(chain, &e))?;
            let question = ask::question(&request, self.member.id.0, configuration.id)?;
            let input = question.input.sha256;
            asked.questions.push(question);
            Ok(ruling(decision, input))
        };
        if let Some(ended_on) = self.whole {
            let whole = put(ended_on, expiry::Subject::Membership)?;
            let goes_on = matches!(whole.fate, Fate::Extended(_));
            asked.ends.membership = Some(whole);
            if goes_on {
                return Ok(Some(asked));
            }
        }
        for over in &self.lots {
            if let Some(lot) = told(over, self.zone) {
                let ruled = put(over.ended_on, expiry::Subject::Lot(lot))?;
                asked.ends.lots.insert(over.lot.id, ruled);
            }
        }
        Ok(Some(asked))
    }
}

/// The program's plugin, where it has a say in ends.
///
/// # Errors
/// `plugin_failed` for one that can't be loaded.
pub(crate) fn decides_ends(
    engine: &Engine,
    chain: ChainId,
    configuration: &Configuration,
) -> Result<Option<Arc<Plugin>>> {
    let plugin = engine.plugin_of(configuration, Wait::Briefly)?;
    let plugin = plugin.map_err(|e| ask::failed(chain, &e))?;
    Ok(plugin.has(Function::ExpiryDecide).then_some(plugin))
}

/// Whether the program's plugin has a say in ends, or might have one if it could be loaded.
///
/// # Errors
/// The database fails.
pub(crate) fn may_decide_ends(engine: &Engine, configuration: &Configuration) -> Result<bool> {
    let plugin = engine.plugin_of(configuration, Wait::ForIt)?;
    Ok(plugin.map_or(true, |plugin| plugin.has(Function::ExpiryDecide)))
}

/// A lot as the plugin is told of it; None for an empty one, and for what it doesn't know.
fn told(over: &LotOver, zone: Zone) -> Option<expiry::Lot> {
    let asset = match over.asset.kind() {
        AssetKind::Points => plugin::Asset::Points,
        AssetKind::Principal => plugin::Asset::Principal,
        AssetKind::Bonus => plugin::Asset::Bonus,
        AssetKind::Sessions => plugin::Asset::Session,
        AssetKind::Unknown => return None,
    };
    (over.lot.remaining > 0).then(|| expiry::Lot {
        asset,
        service: over.asset.service().unwrap_or_default().to_owned(),
        opened_on: zone.day_of(over.lot.opened_at).0,
        remaining: over.lot.remaining,
        with_membership: over.with_membership,
    })
}

fn ruling(decision: expiry::Decision, input: [u8; 32]) -> EndRuling {
    let (reason, fate) = match decision {
        expiry::Decision::Lapsed(reason) => (reason, Fate::Lapsed),
        expiry::Decision::Extended(extension) => (extension.reason, Fate::Extended(Day(extension.through))),
        expiry::Decision::Converted(conversion) => {
            let into = match conversion.into {
                plugin::Asset::Bonus => Asset::bonus(),
                // The host has checked that it is one of both.
                _ => Asset::points(),
            };
            let fate = Fate::Converted {
                into,
                amount: conversion.amount,
                through: conversion.through.map(Day),
            };
            (conversion.reason, fate)
        }
    };
    let told = ask::told(reason);
    EndRuling {
        fate,
        rule: told.rule,
        explanation: told.explanation,
        input,
    }
}

/// Ends a membership with the cards that were loaded: what to save, and what happened to each card (D-CARD-4).
pub(crate) fn end_membership(
    member: &mut Member,
    (state, by_plugin): (&State, Option<&Ends>),
    context: &Context,
    ended_at: Instant,
    ids: &mut dyn NewIds,
) -> (Rows, Vec<CardEvent>) {
    let before: Vec<Card> = state.cards.values().map(|loaded| loaded.card.clone()).collect();
    let mut after = before.clone();
    let rows = expire_membership(member, &mut after, by_plugin, context, ids);
    let goes_on = !rows.membership_ends.is_empty();
    let changed = before
        .iter()
        .zip(&after)
        .filter(|(before, after)| before.version != after.version);
    let event = |(before, after): (&Card, &Card)| CardEvent {
        card: after.id,
        operation: if goes_on { "renew" } else { "expire" },
        store: Some(context.store),
        reason: None,
        finder: None,
        detail: json!({}),
        at: ended_at,
        from: before.state.as_str(),
        to: after.state.as_str(),
        blocks: blocks_text(&after.blocks),
    };
    let events = changed.map(event).collect();
    (rows, events)
}

/// What an end has booked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Booked {
    pub closed: bool,
    pub lots: u64,
    /// What a plugin lets go on: the membership, or lots.
    #[serde(default, skip_serializing_if = "is_none")]
    pub extended: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

impl Booked {
    pub fn of(rows: &Rows) -> Self {
        let expired = rows.entries.iter().filter(|entry| entry.kind == EntryKind::Expire);
        Self {
            closed: rows.membership_updates.iter().any(|update| !update.open),
            lots: expired.count() as u64,
            extended: (rows.membership_ends.len() + rows.lot_extensions.len()) as u64,
        }
    }

    /// Its line in the audit log; None if there was nothing to end.
    pub fn note(self, membership: MembershipId, ended_at: Instant) -> Option<AuditRow> {
        (self != Self::default()).then(|| {
            let mut detail = json!({ "closed": self.closed, "lots": self.lots, "ended_at": ended_at });
            if self.extended > 0 {
                detail["extended"] = json!(self.extended);
            }
            AuditRow {
                action: "membership.expire",
                subject: Some(membership.0),
                detail,
            }
        })
    }
}
