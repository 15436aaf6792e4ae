//! What campaigns add to what a plugin proposed for a bill.

use super::{CampaignEffect, Offer, Usage, Use};
use crate::error::Text;
use crate::money::{self, Minor, ONE, Points, Ppm, format_ppm};
use crate::sale::{Beneficiary, Bonus, Condition, Contribution, Outcome};
use std::collections::BTreeMap;

/// A line as campaigns see it.
#[derive(Clone, Copy, Debug)]
pub struct CoveredLine<'a> {
    pub number: i32,
    pub sku: &'a str,
    pub category: &'a str,
    /// Thousandths.
    pub quantity: i64,
    /// What of it counts as paid.
    pub counted: Minor,
}

/// An outcome with what campaigns add to it, and what each of them gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    pub outcome: Outcome,
    pub uses: Vec<Use>,
}

/// Adds to an outcome what the offers bring, each held to its caps. Whatever is added is a contribution or bonus of its own
/// beside the plugin's, so that a return takes it back as it does those: a multiplier and points per piece with the pieces,
/// points per bill once less than the least that is to be paid is left of the covered lines.
///
/// `usage` says what an offer has given so far. A cap is told in an entry of its own, also where nothing is left.
pub fn judge(outcome: &Outcome, lines: &[CoveredLine], offers: &[&Offer], usage: impl Fn(&Offer) -> Usage) -> Judged {
    let mut judged = Judged {
        outcome: outcome.clone(),
        uses: Vec::new(),
    };
    // Unrounded points by line, multiplied so far.
    let mut earned: BTreeMap<i32, i128> = BTreeMap::new();
    for contribution in &outcome.contributions {
        *earned.entry(contribution.line).or_default() += i128::from(contribution.points);
    }
    for offer in applying(lines, offers) {
        let covered: Vec<&CoveredLine> = covered(offer, lines).collect();
        let wanted: Vec<Ppm> = match offer.rules.effect {
            CampaignEffect::PerBill => vec![in_ppm(offer.rules.amount, 1)],
            _ => covered.iter().map(|line| more(offer, line, &earned)).collect(),
        };
        let total: i128 = wanted.iter().map(|ppm| i128::from(*ppm)).sum();
        if total == 0 {
            continue;
        }
        let whole = (total + i128::from(ONE) - 1) / i128::from(ONE);
        let whole = whole.min(i128::from(money::LIMIT)) as Points;
        let cap = offer.rules.left(&usage(offer)).filter(|(left, _)| *left < whole);
        let (given, points) = match &cap {
            Some((left, _)) => (money::spread(in_ppm(*left, 1), &wanted), *left),
            None => (wanted, whole),
        };
        if offer.rules.effect == CampaignEffect::PerBill {
            judged.outcome.bonuses.extend(per_bill(offer, &covered, points));
        } else {
            for (line, ppm) in covered.iter().zip(&given) {
                if offer.rules.effect == CampaignEffect::Multiplier {
                    *earned.entry(line.number).or_default() += i128::from(*ppm);
                }
                judged
                    .outcome
                    .contributions
                    .extend(contribution(offer, line.number, *ppm));
            }
        }
        if let Some((_, why)) = &cap {
            judged.outcome.bonuses.push(capped(offer, whole, points, why));
        }
        judged.uses.push(Use {
            campaign: offer.id,
            version: offer.version,
            points,
            let_off: whole - points,
        });
    }
    judged
}

/// Whether a campaign for bills covers something of one with these lines, and enough is paid for that.
pub fn meets(offer: &Offer, lines: &[CoveredLine]) -> bool {
    let paid: Minor = covered(offer, lines).map(|line| line.counted).sum();
    let any = covered(offer, lines).next().is_some();
    any && !offer.rules.effect.is_award() && paid >= offer.rules.minimum_paid
}

/// The offers that apply side by side, by priority: an exclusive one of the highest alone, or all that aren't exclusive.
fn applying<'a>(lines: &[CoveredLine], offers: &[&'a Offer]) -> Vec<&'a Offer> {
    let mut met: Vec<&Offer> = offers.iter().copied().filter(|offer| meets(offer, lines)).collect();
    met.sort_by_key(|offer| (-offer.rules.priority, offer.id));
    match met.first() {
        Some(first) if first.rules.exclusive => vec![*first],
        _ => met.into_iter().filter(|offer| !offer.rules.exclusive).collect(),
    }
}

fn covered<'a, 'b>(offer: &'b Offer, lines: &'b [CoveredLine<'a>]) -> impl Iterator<Item = &'b CoveredLine<'a>> {
    let covers = |line: &&CoveredLine| offer.rules.covers(line.category, line.sku);
    lines.iter().filter(covers)
}

/// What an offer adds to a line, unrounded.
fn more(offer: &Offer, line: &CoveredLine, earned: &BTreeMap<i32, i128>) -> Ppm {
    match offer.rules.effect {
        CampaignEffect::Multiplier => {
            let before = earned.get(&line.number).copied().unwrap_or_default();
            let more = before * i128::from(offer.rules.amount - ONE) / i128::from(ONE);
            more.clamp(0, i128::from(money::LIMIT)) as Ppm
        }
        CampaignEffect::PerPiece => in_ppm(offer.rules.amount, line.quantity / 1000),
        _ => 0,
    }
}

/// `points` × `times` as parts per million.
fn in_ppm(points: Points, times: i64) -> Ppm {
    let ppm = i128::from(points) * i128::from(times) * i128::from(ONE);
    ppm.clamp(0, i128::from(money::LIMIT)) as Ppm
}

fn rule(offer: &Offer) -> String {
    format!("campaign.{}", offer.code)
}

fn contribution(offer: &Offer, line: i32, points: Ppm) -> Option<Contribution> {
    let Text { zh, en } = &offer.name;
    let amount = offer.rules.amount;
    let explanation = match offer.rules.effect {
        CampaignEffect::Multiplier => {
            let times = format_ppm(amount);
            Text::new(
                format!("活动「{zh}」{times}倍积分，另加"),
                format!("Campaign “{en}”: × {times}, on top"),
            )
        }
        _ => Text::new(
            format!("活动「{zh}」每件送{amount}分"),
            format!("Campaign “{en}”: {amount} points a piece"),
        ),
    };
    (points > 0).then(|| Contribution {
        line,
        points,
        rule: rule(offer),
        explanation,
    })
}

/// Points for the bill, which stay while enough is kept of the covered lines.
fn per_bill(offer: &Offer, covered: &[&CoveredLine], points: Points) -> Option<Bonus> {
    let Text { zh, en } = &offer.name;
    let condition = Condition::LinesKeptAtLeast {
        lines: covered.iter().map(|line| line.number).collect(),
        amount: offer.rules.minimum_paid.max(1),
    };
    let free = covered.iter().all(|line| line.counted == 0);
    (points > 0).then(|| Bonus {
        id: rule(offer),
        points: in_ppm(points, 1),
        // A gift earns what its campaign says: nothing was paid that could be kept.
        condition: if free { Condition::Always } else { condition },
        beneficiary: Beneficiary::Member,
        rule: rule(offer),
        explanation: Text::new(
            format!("活动「{zh}」本单送分"),
            format!("Campaign “{en}”: points for the bill"),
        ),
    })
}

/// What a cap let off: it brings nothing and is told.
fn capped(offer: &Offer, whole: Points, given: Points, why: &Text) -> Bonus {
    let (Text { zh, en }, off) = (&offer.name, whole - given);
    let (why_zh, why_en) = (&why.zh, &why.en);
    Bonus {
        id: format!("{}.cap", rule(offer)),
        points: 0,
        condition: Condition::LetOff,
        beneficiary: Beneficiary::Member,
        rule: format!("{}.cap", rule(offer)),
        explanation: Text::new(
            format!("活动「{zh}」{why_zh}：本单可得{whole}分，实得{given}分，其余{off}分不计。"),
            format!(
                "Campaign “{en}”: {why_en}; this bill would bring {whole}, it brings {given}, and {off} are let off."
            ),
        ),
    }
}
