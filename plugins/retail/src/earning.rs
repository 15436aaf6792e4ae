//! D-RET-2, D-RET-7 and D-RET-8: what a sale earns.

use crate::config::{Config, rate};
use cardea_plugin::earning::{Beneficiary, Bonus, Condition, Contribution, Line, Outcome, Reason, Sale};
use cardea_plugin::{LIMIT, Money, ONE, Ppm, Text, decimal};

/// A rule that touched the sale; told once.
#[derive(Clone, Copy, PartialEq)]
enum Applied<'a> {
    Base(Ppm),
    Excluded(&'a str),
    Category(&'a str, Ppm),
    Birthday(Ppm),
    Tier(&'a str, Ppm),
    Introducer,
    Introduced,
}

impl Applied<'_> {
    fn reason(self) -> Reason {
        let (rule, explanation) = match self {
            Self::Base(rate) => {
                let (rate, noun) = (decimal::format_ppm(rate), if rate == ONE { "point" } else { "points" });
                let explanation = Text::new(
                    format!("每实付1.00积{rate}分。"),
                    format!("{rate} {noun} per 1.00 paid."),
                );
                ("retail.base", explanation)
            }
            Self::Excluded(category) => {
                let category = short(category);
                let explanation = Text::new(
                    format!("品类“{category}”不积分。"),
                    format!("Category “{category}” earns no points."),
                );
                ("retail.excluded", explanation)
            }
            Self::Category(category, multiplier) => {
                let (category, by) = (short(category), decimal::format_ppm(multiplier));
                let explanation = Text::new(
                    format!("品类“{category}”积分×{by}。"),
                    format!("Category “{category}”: points × {by}."),
                );
                ("retail.category", explanation)
            }
            Self::Birthday(multiplier) => {
                let by = decimal::format_ppm(multiplier);
                (
                    "retail.birthday",
                    Text::new(format!("生日月积分×{by}。"), format!("Birthday month: points × {by}.")),
                )
            }
            Self::Tier(tier, multiplier) => {
                let (tier, by) = (short(tier), decimal::format_ppm(multiplier));
                (
                    "retail.tier",
                    Text::new(
                        format!("等级“{tier}”积分×{by}。"),
                        format!("Tier “{tier}”: points × {by}."),
                    ),
                )
            }
            Self::Introducer => (
                "retail.introducer",
                Text::new(
                    "所介绍顾客首次消费奖励。",
                    "First purchase of a customer you introduced.",
                ),
            ),
            Self::Introduced => (
                "retail.introduced",
                Text::new("经介绍首次消费奖励。", "First purchase after an introduction."),
            ),
        };
        Reason {
            rule: rule.to_owned(),
            explanation,
        }
    }
}

/// A code as it fits into a sentence.
fn short(code: &str) -> String {
    code.chars().take(100).collect()
}

/// Rules as they are met, each with its place in `reasons`.
#[derive(Default)]
struct Reasons<'a>(Vec<Applied<'a>>);

impl<'a> Reasons<'a> {
    fn index(&mut self, applied: Applied<'a>) -> u32 {
        let index = self.0.iter().position(|a| *a == applied).unwrap_or_else(|| {
            self.0.push(applied);
            self.0.len() - 1
        });
        index as u32
    }
}

/// The figures of a sale that don't depend on the line.
struct Figures<'a> {
    base: Ppm,
    minor: i64,
    categories: Vec<(&'a str, Ppm)>,
    excluded: &'a [String],
    /// Birthday month and tier, in this order.
    of_sale: Vec<Applied<'a>>,
}

impl<'a> Figures<'a> {
    fn read(config: &'a Config<'a>, sale: &'a Sale) -> Result<Self, String> {
        let category = |c: &'a crate::config::CategoryMultiplier| {
            Ok::<_, String>((c.category.as_ref(), rate("category_multipliers", &c.multiplier)?))
        };
        let mut of_sale = Vec::new();
        if sale.birthday_month {
            of_sale.push(Applied::Birthday(rate(
                "birthday_multiplier",
                &config.birthday_multiplier,
            )?));
        }
        if sale.tier_multiplier < 0 {
            return Err("the tier's multiplier is negative".to_owned());
        }
        of_sale.push(Applied::Tier(&sale.tier, sale.tier_multiplier));
        Ok(Self {
            base: rate("points_per_unit", &config.points_per_unit)?,
            minor: decimal::scale(sale.minor_digits)?,
            categories: config
                .category_multipliers
                .iter()
                .map(category)
                .collect::<Result<_, _>>()?,
            excluded: &config.excluded_categories,
            of_sale,
        })
    }

    /// Base points and every multiplier add what they change; the sum is the exact product, cut off once at a
    /// millionth of a point.
    fn judge(&self, line: &'a Line, reasons: &mut Reasons<'a>, out: &mut Vec<Contribution>) -> Result<(), String> {
        let mut add = |applied, points| {
            out.push(Contribution {
                line: line.number,
                points,
                reason: reasons.index(applied),
            });
        };
        if self.excluded.contains(&line.category) {
            add(Applied::Excluded(&line.category), 0);
            return Ok(());
        }
        let mut points = Exact::new(line.counted, self.base, self.minor);
        let mut so_far = points.floor(line)?;
        add(Applied::Base(self.base), so_far);
        let of_line = self
            .categories
            .iter()
            .filter(|(category, _)| *category == line.category);
        let of_line = of_line.map(|(category, multiplier)| Applied::Category(category, *multiplier));
        for applied in of_line.chain(self.of_sale.iter().copied()) {
            let (Applied::Category(_, by) | Applied::Birthday(by) | Applied::Tier(_, by)) = applied else {
                continue;
            };
            points.multiply(by);
            let now = points.floor(line)?;
            if now != so_far {
                add(applied, now - so_far);
                so_far = now;
            }
        }
        Ok(())
    }
}

/// Parts per million of a point as an exact fraction; `None` once it no longer fits.
struct Exact(Option<(i128, i128)>);

impl Exact {
    fn new(counted: Money, rate: Ppm, minor: i64) -> Self {
        Self(
            i128::from(counted)
                .checked_mul(i128::from(rate))
                .map(|n| (n, i128::from(minor))),
        )
    }

    fn multiply(&mut self, by: Ppm) {
        let common = common_divisor(by, ONE);
        self.0 = self.0.and_then(|(numerator, denominator)| {
            let numerator = numerator.checked_mul(i128::from(by / common))?;
            Some((numerator, denominator.checked_mul(i128::from(ONE / common))?))
        });
    }

    fn floor(&self, line: &Line) -> Result<Ppm, String> {
        self.0
            .map(|(numerator, denominator)| numerator.div_euclid(denominator))
            .filter(|points| points.unsigned_abs() <= LIMIT as u128)
            .map(|points| points as Ppm)
            .ok_or_else(|| format!("line {}: too many points", line.number))
    }
}

/// Never 0, since one of them isn't.
fn common_divisor(mut a: i64, mut b: i64) -> i64 {
    while a != 0 {
        (a, b) = (b % a, a);
    }
    b
}

pub fn judge(sale: &Sale) -> Result<Outcome, String> {
    let config = Config::read(&sale.config)?;
    let figures = Figures::read(&config, sale)?;
    let mut reasons = Reasons::default();
    let mut contributions = Vec::with_capacity(sale.lines.len() * 2);
    for line in &sale.lines {
        figures.judge(line, &mut reasons, &mut contributions)?;
    }
    let bonuses = introduction(&config, sale, &mut reasons);
    let reasons = reasons.0.into_iter().map(Applied::reason).collect();
    Ok(Outcome {
        reasons,
        contributions,
        bonuses,
    })
}

/// D-RET-7: both are rewarded at the first purchase, as long as something of it is kept.
fn introduction(config: &Config, sale: &Sale, reasons: &mut Reasons) -> Vec<Bonus> {
    if !(sale.first_purchase && sale.introduced && sale.lines.iter().any(|l| l.counted > 0)) {
        return Vec::new();
    }
    let bonuses = [
        (
            "introduced",
            config.introduced_points,
            Beneficiary::Member,
            Applied::Introduced,
        ),
        (
            "introducer",
            config.introducer_points,
            Beneficiary::Introducer,
            Applied::Introducer,
        ),
    ];
    let rewarded = bonuses.into_iter().filter(|(_, points, ..)| *points > 0);
    rewarded
        .map(|(id, points, beneficiary, applied)| Bonus {
            id: id.to_owned(),
            points: Ppm::from(points) * ONE,
            condition: Condition::KeptAtLeast(1),
            beneficiary,
            reason: reasons.index(applied),
        })
        .collect()
}
