//! D-RET-1 and D-RET-4: who may hold a card, and until when.

use crate::config::{Config, Counted, money};
use cardea_plugin::admission::{Decision, Grant, Purchase, Refusal, Request, Window};
use cardea_plugin::{Day, Money, Text, calendar, text};

/// The thresholds of D-RET-1 in minor units; `None`: switched off.
struct Thresholds {
    single: Option<Money>,
    total: Option<Money>,
    months: u32,
    counted: Counted,
    minor_digits: u8,
}

impl Thresholds {
    fn read(config: &Config, minor_digits: u8) -> Result<Self, String> {
        let figure = |name, text: &str| Ok::<_, String>(Some(money(name, text, minor_digits)?).filter(|m| *m > 0));
        let single = figure("single_purchase", &config.single_purchase)?;
        let total = figure("window_total", &config.window_total)?;
        let months = if single.is_none() && total.is_none() {
            0
        } else {
            config.window_months
        };
        Ok(Self {
            single,
            total,
            months,
            counted: config.scope,
            minor_digits,
        })
    }

    fn money(&self, amount: Money) -> String {
        text::money(amount, self.minor_digits)
    }

    fn place(&self) -> Text {
        match self.counted {
            Counted::Store => Text::new("本店", "in this store"),
            Counted::Chain => Text::new("连锁各店", "in the chain"),
        }
    }
}

pub fn history(config: &str) -> Result<Window, String> {
    let config = Config::read(config)?;
    // Whether a threshold is 0 doesn't depend on the currency; the schema allows two decimals.
    let thresholds = Thresholds::read(&config, 2)?;
    Ok(Window {
        months: thresholds.months,
        scope: config.scope.into(),
    })
}

pub fn decide(request: &Request) -> Result<Decision, String> {
    let config = Config::read(&request.config)?;
    let thresholds = Thresholds::read(&config, request.minor_digits)?;
    let purchases = Purchases::counted(request, thresholds.months);
    let mut refusals = Vec::new();
    if let Some(missing) = missing_fields(&config, &request.filled) {
        refusals.push(missing);
    }
    match purchases.admit(&thresholds) {
        Some(admitted) if refusals.is_empty() => Ok(Decision::Granted(Grant {
            rule: admitted.rule.to_owned(),
            explanation: admitted.explanation,
            valid_through: match config.validity_months {
                0 => None,
                months => Some(calendar::last_valid(request.today, months)),
            },
            qualifying: admitted.qualifying,
        })),
        admitted => {
            if admitted.is_none() {
                refusals.push(purchases.too_little(&thresholds));
            }
            Ok(Decision::Refused(refusals))
        }
    }
}

fn missing_fields(config: &Config, filled: &[String]) -> Option<Refusal> {
    let missing: Vec<_> = config
        .required_fields
        .iter()
        .filter(|f| !filled.contains(f))
        .map(|f| field(f))
        .collect();
    (!missing.is_empty()).then(|| Refusal {
        rule: "retail.register".to_owned(),
        explanation: Text::list(missing).map(
            |zh| format!("登记表未填：{zh}。"),
            |en| format!("The register form lacks: {en}."),
        ),
    })
}

fn field(name: &str) -> Text {
    match name {
        "name" => Text::new("姓名", "name"),
        "form_of_address" => Text::new("称谓", "form of address"),
        "phone" => Text::new("电话", "phone"),
        "birthday" => Text::new("生日", "birthday"),
        "store" => Text::new("所属门店", "store"),
        "consultant" => Text::new("顾问", "consultant"),
        "introducer" => Text::new("介绍人", "introducer"),
        other => Text::new(other, other),
    }
}

struct Admitted {
    rule: &'static str,
    explanation: Text,
    qualifying: Option<u32>,
}

/// What counts on `today`, oldest first, with the index in the request.
struct Purchases<'a> {
    today: Day,
    counted: Vec<(u32, &'a Purchase)>,
}

impl<'a> Purchases<'a> {
    fn counted(request: &'a Request, months: u32) -> Self {
        let window = calendar::window_start(request.today, months)..=request.today;
        let counted = (0..)
            .zip(&request.purchases)
            .filter(|(_, p)| p.paid > 0 && window.contains(&p.day));
        Self {
            today: request.today,
            counted: counted.collect(),
        }
    }

    fn total(&self) -> Money {
        self.counted.iter().fold(0, |sum, (_, p)| sum.saturating_add(p.paid))
    }

    /// The rule that lets the customer in, with the latest purchase that met it and hasn't earned yet.
    fn admit(&self, thresholds: &Thresholds) -> Option<Admitted> {
        if thresholds.single.is_none() && thresholds.total.is_none() {
            return Some(Admitted {
                rule: "retail.no-threshold",
                explanation: Text::new("不设消费门槛。", "No purchase is required."),
                qualifying: self.latest(|_, _| true),
            });
        }
        thresholds
            .single
            .and_then(|s| self.admit_single(s, thresholds))
            .or_else(|| thresholds.total.and_then(|t| self.admit_total(t, thresholds)))
    }

    fn admit_single(&self, single: Money, thresholds: &Thresholds) -> Option<Admitted> {
        let qualifying = self.latest(|p, _| p.paid >= single);
        let met = |(index, p): &&(u32, &Purchase)| p.paid >= single && qualifying.is_none_or(|q| q == *index);
        let (_, purchase) = self.counted.iter().rfind(met)?;
        let (paid, least) = (thresholds.money(purchase.paid), thresholds.money(single));
        let (day, place) = (text::date(purchase.day, self.today), thresholds.place());
        Some(Admitted {
            rule: "retail.single-purchase",
            explanation: Text::new(
                format!("{}{}一次消费{paid}，达到{least}。", day.zh, place.zh),
                format!("One purchase of {paid} on {} {}, at least {least}.", day.en, place.en),
            ),
            qualifying,
        })
    }

    fn admit_total(&self, least: Money, thresholds: &Thresholds) -> Option<Admitted> {
        let total = self.total();
        if total < least {
            return None;
        }
        let (total, least_text) = (thresholds.money(total), thresholds.money(least));
        let (months, place) = (thresholds.months, thresholds.place());
        Some(Admitted {
            rule: "retail.window-total",
            explanation: Text::new(
                format!("{}{months}个月内累计消费{total}，达到{least_text}。", place.zh),
                format!("{total} within {months} months {}, at least {least_text}.", place.en),
            ),
            qualifying: self.latest(|_, total_so_far| total_so_far >= least),
        })
    }

    /// The latest purchase that hasn't earned and meets a condition on itself and the total up to it.
    fn latest(&self, met: impl Fn(&Purchase, Money) -> bool) -> Option<u32> {
        let mut total: Money = 0;
        let mut latest = None;
        for (index, purchase) in &self.counted {
            total = total.saturating_add(purchase.paid);
            if !purchase.earned && met(purchase, total) {
                latest = Some(*index);
            }
        }
        latest
    }

    fn too_little(&self, thresholds: &Thresholds) -> Refusal {
        let place = thresholds.place();
        let single = thresholds.single.map(|s| thresholds.money(s));
        let explanation = match (self.more_in_window(thresholds), single) {
            (Some(more), Some(single)) => more.map(
                |zh| format!("{}{zh}；或一次消费满{single}。", place.zh),
                |en| format!("{en}, or one purchase of {single}, {}.", place.en),
            ),
            (Some(more), None) => more.map(|zh| format!("{}{zh}。", place.zh), |en| format!("{en}, {}.", place.en)),
            (None, single) => self.larger_purchase(&single.unwrap_or_default(), &place, thresholds),
        };
        Refusal {
            rule: "retail.purchase".to_owned(),
            explanation,
        }
    }

    /// "340.00 more by 30 June for 2000.00 within 6 months".
    fn more_in_window(&self, thresholds: &Thresholds) -> Option<Text> {
        let least = thresholds.total?;
        let (months, least_text) = (thresholds.months, thresholds.money(least));
        Some(match self.counted.first() {
            Some((_, oldest)) => {
                let missing = thresholds.money(least.saturating_sub(self.total()));
                let by = text::date(calendar::window_end(oldest.day, months), self.today);
                Text::new(
                    format!("{months}个月内累计满{least_text}，{}前（含当日）还差{missing}", by.zh),
                    format!("{missing} more by {} for {least_text} within {months} months", by.en),
                )
            }
            None => Text::new(
                format!("{months}个月内累计满{least_text}，尚无消费"),
                format!("{least_text} within {months} months, nothing so far"),
            ),
        })
    }

    fn larger_purchase(&self, single: &str, place: &Text, thresholds: &Thresholds) -> Text {
        match self
            .counted
            .iter()
            .map(|(_, p)| p.paid)
            .max()
            .map(|m| thresholds.money(m))
        {
            Some(largest) => Text::new(
                format!("须在{}一次消费满{single}，最高一次为{largest}。", place.zh),
                format!(
                    "One purchase of {single} {}; the largest so far is {largest}.",
                    place.en
                ),
            ),
            None => Text::new(
                format!("须在{}一次消费满{single}，尚无消费。", place.zh),
                format!("One purchase of {single} {}; there is none so far.", place.en),
            ),
        }
    }
}
