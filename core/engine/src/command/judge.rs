//! Asks the plugin what a sale earns. A plugin that fails never stops a sale: it is booked `unjudged`.

use super::desk::{Desk, StoreFacts};
use crate::archive::RegisterFacts;
use crate::error::Result;
use crate::plugin::{self, Attribute, Failure, Plugin, Value, earning};
use crate::program::Configuration;
use crate::store::writer::parts::{self, Asked, Parts};
use cardea_domain::id::MembershipId;
use cardea_domain::ledger::Member;
use cardea_domain::money::ONE;
use cardea_domain::sale::{AttrValue, Basis, Beneficiary, Bonus, Condition, Contribution, Outcome, Proposal};
use cardea_domain::{Day, Instant};

/// The open membership, in the same program, of who introduced the customer.
pub(super) fn introducer(
    desk: &Desk,
    register: Option<&RegisterFacts>,
    member: &Member,
    now: Instant,
) -> Result<Option<MembershipId>> {
    match register.and_then(|register| register.introducer) {
        Some(introducer) if member.purchases == 0 => desk.open_membership(introducer, member.program, now),
        _ => Ok(None),
    }
}

/// What the plugin is told besides the configuration.
pub(super) struct Question<'a> {
    pub store: StoreFacts,
    pub today: Day,
    pub tier: &'a str,
    pub first_purchase: bool,
    /// The customer's register, if there is a customer.
    pub register: Option<&'a RegisterFacts>,
    /// The open membership of who introduced the customer.
    pub introducer: Option<MembershipId>,
    pub lines: Vec<earning::Line>,
}

/// A line as the plugin sees it.
pub(super) struct Counted<'a> {
    pub number: i32,
    pub sku: &'a str,
    pub category: &'a str,
    pub quantity: i64,
    pub counted: i64,
    pub attributes: &'a [(String, AttrValue)],
}

impl Counted<'_> {
    pub fn line(&self) -> earning::Line {
        let attribute = |(name, value): &(String, AttrValue)| Attribute {
            name: name.clone(),
            value: match value {
                AttrValue::Flag(flag) => Value::Flag(*flag),
                AttrValue::Integer(n) => Value::Integer(*n),
                AttrValue::Text(text) => Value::Text(text.clone()),
            },
        };
        let mut attributes: Vec<Attribute> = self.attributes.iter().map(attribute).collect();
        // In the order in which they are kept, so that the question can be put again.
        attributes.sort_by(|a, b| a.name.cmp(&b.name));
        earning::Line {
            number: self.number.unsigned_abs(),
            sku: self.sku.to_owned(),
            category: self.category.to_owned(),
            quantity: self.quantity,
            counted: self.counted,
            attributes,
        }
    }
}

/// What asking led to.
pub(super) struct Judged {
    pub proposal: Proposal,
    /// What the plugin was asked, without the configuration.
    pub asked: earning::Sale,
    /// The sale would bring more points than can be booked.
    pub too_much: bool,
}

/// The plugin's proposal on this basis, and what it was asked.
pub(super) fn propose(desk: &Desk, configuration: &Configuration, basis: Basis, question: Question) -> Result<Judged> {
    let step = configuration.ladder.step(question.tier);
    let mut sale = earning::Sale {
        config: configuration.plugin_config.clone(),
        minor_digits: question.store.minor_units as u8,
        today: question.today.0,
        birthday_month: question
            .register
            .is_some_and(|register| register.birthday_month(question.today)),
        tier: question.tier.to_owned(),
        tier_multiplier: step.map_or(ONE, |step| step.multiplier),
        first_purchase: question.first_purchase,
        introduced: question.introducer.is_some(),
        lines: question.lines,
    };
    let plugin = desk.plugin(configuration)?;
    let judged = plugin
        .as_ref()
        .map_err(Clone::clone)
        .and_then(|plugin| plugin.judge(&sale));
    let undecided = judged.as_ref().err().filter(|e| e.failure == Failure::Undecided);
    let mut too_much = matches!((&plugin, undecided), (Ok(plugin), Some(_)) if is_for_its_size(plugin, &sale));
    // The record leaves the configuration out; without it there is less to copy.
    sale.config.clear();
    let outcome = match judged.map(translate) {
        Ok(outcome) if outcome.is_too_much() => {
            too_much = true;
            None
        }
        Ok(outcome) => Some(outcome),
        Err(e) => {
            tracing::warn!(chain = %desk.chain(), error = %e, "the plugin couldn't judge a sale");
            None
        }
    };
    let input = Some(plugin::fingerprint(&sale)?);
    Ok(Judged {
        proposal: Proposal { basis, outcome, input },
        asked: sale,
        too_much,
    })
}

/// Whether a sale that a plugin can't decide is one that it decides at a millionth of its amounts.
fn is_for_its_size(plugin: &Plugin, sale: &earning::Sale) -> bool {
    let mut small = sale.clone();
    small.lines.iter_mut().for_each(|line| line.counted /= ONE);
    plugin.judge(&small).is_ok()
}

/// What has to be kept of a question beside the bill's lines.
pub(super) fn asked(sale: &earning::Sale) -> Asked {
    Asked {
        minor_digits: sale.minor_digits,
        today: sale.today,
        birthday_month: sale.birthday_month,
        tier: sale.tier.clone(),
        tier_multiplier: sale.tier_multiplier,
        first_purchase: sale.first_purchase,
        introduced: sale.introduced,
    }
}

/// What the plugin was asked of a bill when it was rung up, without the configuration; None for one it wasn't asked of.
pub(crate) fn asked_of(parts: &Parts) -> Result<Option<earning::Sale>> {
    let Some(asked) = &parts.asked else { return Ok(None) };
    let line = |line: &parts::Line| {
        let counted = Counted {
            number: line.number,
            sku: &line.sku,
            category: &line.category,
            quantity: line.quantity,
            counted: line.counted,
            attributes: &line.attributes()?,
        };
        Ok(counted.line())
    };
    Ok(Some(earning::Sale {
        config: String::new(),
        minor_digits: asked.minor_digits,
        today: asked.today,
        birthday_month: asked.birthday_month,
        tier: asked.tier.clone(),
        tier_multiplier: asked.tier_multiplier,
        first_purchase: asked.first_purchase,
        introduced: asked.introduced,
        lines: parts.lines.iter().map(line).collect::<Result<_>>()?,
    }))
}

/// The hash of what the plugin was asked of a bill, made anew from what the bill says.
pub(crate) fn input_of(parts: &str) -> Result<Option<[u8; 32]>> {
    let asked = asked_of(&Parts::parse(parts)?)?;
    Ok(asked.map(|asked| plugin::fingerprint(&asked)).transpose()?)
}

pub(super) fn translate(outcome: earning::Outcome) -> Outcome {
    let reason = |index: u32| outcome.reasons.get(index as usize).cloned();
    let text = |text: plugin::Text| cardea_domain::Text {
        zh: text.zh,
        en: text.en,
    };
    let contribution = |c: &earning::Contribution| {
        let reason = reason(c.reason)?;
        Some(Contribution {
            line: c.line as i32,
            points: c.points,
            rule: reason.rule,
            explanation: text(reason.explanation),
        })
    };
    let bonus = |b: &earning::Bonus| {
        let reason = reason(b.reason)?;
        Some(Bonus {
            id: b.id.clone(),
            points: b.points,
            condition: match b.condition {
                earning::Condition::Always => Condition::Always,
                earning::Condition::KeptAtLeast(amount) => Condition::KeptAtLeast(amount),
            },
            beneficiary: match b.beneficiary {
                earning::Beneficiary::Member => Beneficiary::Member,
                earning::Beneficiary::Introducer => Beneficiary::Introducer,
            },
            rule: reason.rule,
            explanation: text(reason.explanation),
        })
    };
    // The host has checked every index.
    Outcome {
        contributions: outcome.contributions.iter().filter_map(contribution).collect(),
        bonuses: outcome.bonuses.iter().filter_map(bonus).collect(),
    }
}
