//! Classes of customers (D-ARC-3): what figures say of a customer, and what people do.

use crate::calendar::Day;
use crate::error::Text;
use crate::money::{LIMIT, Minor, Ppm, format_minor};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The whole, in parts per million.
const PPM: Ppm = 1_000_000;

named! {
/// Along what customers are classified.
pub enum Dimension {
    /// Computed: `future`, `new`, `old`.
    Time = "time",
    /// Computed: `a`, `b`, `c` by share of sales.
    Volume = "volume",
    /// Computed: `none`, `lapsed`, `occasional`, `regular`, `loyal`.
    Loyalty = "loyalty",
    /// By hand: `dealt`, `dealing`, `about_to`.
    Process = "process",
    /// By hand: `government`, `special`, `company`, `person`, `partner`.
    Nature = "nature",
    /// By hand: `state`, `collective`, `private`, `foreign`, `joint`.
    Ownership = "ownership",
    /// By hand: `wholesale`, `retail`, `agency`, `online`.
    TradeForm = "trade_form",
    /// By hand: `business_centre`, `transport_hub`, `residential`.
    Location = "location",
    /// By hand: the code of one of the chain's regions.
    Region = "region",
    /// 路序, by hand: the place on the consultant's round, a number from 1 to 9999.
    Route = "route",
}
}

impl Dimension {
    /// Whether a job computes it; somebody may set it by hand nevertheless.
    pub fn is_computed(self) -> bool {
        matches!(self, Dimension::Time | Dimension::Volume | Dimension::Loyalty)
    }

    /// The classes that there are in every chain; none along regions, which are a chain's own, and routes, which are numbers.
    pub fn classes(self) -> &'static [&'static str] {
        match self {
            Dimension::Time => &["future", "new", "old"],
            Dimension::Volume => &["a", "b", "c"],
            Dimension::Loyalty => &["none", "lapsed", "occasional", "regular", "loyal"],
            Dimension::Process => &["dealt", "dealing", "about_to"],
            Dimension::Nature => &["government", "special", "company", "person", "partner"],
            Dimension::Ownership => &["state", "collective", "private", "foreign", "joint"],
            Dimension::TradeForm => &["wholesale", "retail", "agency", "online"],
            Dimension::Location => &["business_centre", "transport_hub", "residential"],
            Dimension::Region | Dimension::Route => &[],
        }
    }
}

/// A place on a round, as a class is written: 1–9999, without zeros in front.
pub fn place(class: &str) -> Option<i32> {
    let number: i32 = class.parse().ok()?;
    ((1..=9999).contains(&number) && number.to_string() == class).then_some(number)
}

/// Where a customer is on a consultant's round: by region, in it by place; who has none comes after those who have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stop {
    /// Code.
    pub region: Option<String>,
    pub place: Option<i32>,
}

impl PartialOrd for Stop {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Stop {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        fn key(stop: &Stop) -> (bool, &Option<String>, bool, Option<i32>) {
            (stop.region.is_none(), &stop.region, stop.place.is_none(), stop.place)
        }
        key(self).cmp(&key(other))
    }
}

/// By what figures a chain's customers are classified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassRules {
    /// Sales of so many months count, today included; 1–120.
    #[schema(minimum = 1, maximum = 120)]
    pub window_months: u32,
    /// Whose first purchase is at most so many months ago is new; 1–120.
    #[schema(minimum = 1, maximum = 120)]
    pub new_months: u32,
    /// Parts per million of all sales that the largest customers, class A, have together.
    #[schema(value_type = i64, minimum = 1, maximum = 1_000_000)]
    pub a_share_ppm: Ppm,
    /// The same of classes A and B.
    #[schema(value_type = i64, minimum = 1, maximum = 1_000_000)]
    pub b_share_ppm: Ppm,
    /// Purchases in the window from which a customer is regular.
    #[schema(minimum = 2)]
    pub regular_purchases: i64,
    /// And from which one is loyal.
    #[schema(minimum = 3)]
    pub loyal_purchases: i64,
}

impl Default for ClassRules {
    fn default() -> Self {
        Self {
            window_months: 12,
            new_months: 6,
            a_share_ppm: 800_000,
            b_share_ppm: 950_000,
            regular_purchases: 3,
            loyal_purchases: 6,
        }
    }
}

impl ClassRules {
    /// The field that is wrong, if one is.
    pub fn fault(&self) -> Option<&'static str> {
        let months = 1..=120;
        let faults = [
            ("window_months", !months.contains(&self.window_months)),
            ("new_months", !months.contains(&self.new_months)),
            ("a_share_ppm", !(1..=PPM).contains(&self.a_share_ppm)),
            ("b_share_ppm", !(self.a_share_ppm..=PPM).contains(&self.b_share_ppm)),
            ("regular_purchases", !(2..=LIMIT).contains(&self.regular_purchases)),
            (
                "loyal_purchases",
                !(self.regular_purchases + 1..=LIMIT).contains(&self.loyal_purchases),
            ),
        ];
        faults.into_iter().find(|(_, wrong)| *wrong).map(|(field, _)| field)
    }
}

/// What a customer has bought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bought {
    /// Day of the first sale ever.
    pub first: Option<Day>,
    /// Paid in the window, less what was returned of it.
    pub paid: Minor,
    /// Sales in the window that weren't returned whole.
    pub purchases: i64,
}

impl Bought {
    /// Together with what was bought another way.
    pub fn add(&mut self, other: Bought) {
        self.first = self.first.into_iter().chain(other.first).min();
        self.paid = self.paid.saturating_add(other.paid);
        self.purchases = self.purchases.saturating_add(other.purchases);
    }
}

/// From what amount on a customer is of class A and of class B.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeBounds {
    pub a: Minor,
    pub b: Minor,
}

impl VolumeBounds {
    /// Of all customers' sales, in any order: the largest ones that have `a_share_ppm` of the sum together are A. Who has
    /// sold the same is of the same class.
    pub fn of(mut paid: Vec<Minor>, rules: &ClassRules) -> Self {
        paid.retain(|amount| *amount > 0);
        paid.sort_unstable_by(|one, other| other.cmp(one));
        let all: i128 = paid.iter().map(|amount| i128::from(*amount)).sum();
        let bound = |share: Ppm| {
            let mut before = 0_i128;
            let mut last = LIMIT;
            for amount in &paid {
                if before * i128::from(PPM) >= all * i128::from(share) {
                    break;
                }
                before += i128::from(*amount);
                last = *amount;
            }
            last
        };
        Self {
            a: bound(rules.a_share_ppm),
            b: bound(rules.b_share_ppm),
        }
    }
}

/// As of when and by what customers are classified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Yardstick {
    pub rules: ClassRules,
    pub today: Day,
    pub bounds: VolumeBounds,
}

/// Why a computed class is what it is: the figures, as they were.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// The figure that counts: months, minor units or purchases.
    pub figure: i64,
    /// What it was compared with, in the order of the classes.
    pub bounds: [i64; 2],
    pub window_months: u32,
    /// First purchase, where that counts.
    pub first: Option<Day>,
}

/// A computed class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Computed {
    pub dimension: Dimension,
    pub class: &'static str,
    pub basis: Basis,
}

/// What the figures say of a customer. Nobody who bought nothing in the window has a class by volume.
pub fn classify(bought: &Bought, by: &Yardstick) -> Vec<Computed> {
    let rules = &by.rules;
    let since = by.today.months_earlier(rules.new_months);
    let time = match bought.first {
        None => "future",
        Some(first) if since.is_none_or(|since| first >= since) => "new",
        Some(_) => "old",
    };
    let loyalty = match (bought.first, bought.purchases) {
        (None, _) => "none",
        (_, ..=0) => "lapsed",
        (_, n) if n >= rules.loyal_purchases => "loyal",
        (_, n) if n >= rules.regular_purchases => "regular",
        _ => "occasional",
    };
    let basis = |figure, bounds| Basis {
        figure,
        bounds,
        window_months: rules.window_months,
        first: bought.first,
    };
    let computed = |dimension, class, basis| Computed {
        dimension,
        class,
        basis,
    };
    let months = i64::from(rules.new_months);
    let loyal = [rules.regular_purchases, rules.loyal_purchases];
    let mut classes = vec![
        computed(Dimension::Time, time, basis(months, [months, 0])),
        computed(Dimension::Loyalty, loyalty, basis(bought.purchases, loyal)),
    ];
    if bought.paid > 0 {
        let class = match bought.paid {
            paid if paid >= by.bounds.a => "a",
            paid if paid >= by.bounds.b => "b",
            _ => "c",
        };
        let bounds = [by.bounds.a, by.bounds.b];
        classes.push(computed(Dimension::Volume, class, basis(bought.paid, bounds)));
    }
    classes
}

/// The rule behind a computed class with its figures, in words; `minor_units` of the chain's currency.
pub fn reason(dimension: Dimension, basis: &Basis, minor_units: u32) -> Text {
    let money = |amount| format_minor(amount, minor_units);
    let [first_bound, second_bound] = basis.bounds;
    let (window, figure) = (basis.window_months, basis.figure);
    match (dimension, basis.first) {
        (Dimension::Time, None) => Text::new("尚未消费", "Has bought nothing yet"),
        (Dimension::Time, Some(first)) => Text::new(
            format!("首次消费 {first}；{first_bound} 个月内为新客户，更早为老客户"),
            format!("First purchase {first}; new for {first_bound} months, old after that"),
        ),
        (Dimension::Volume, _) => Text::new(
            format!(
                "近 {window} 个月净消费 {}；A 类从 {} 起，B 类从 {} 起",
                money(figure),
                money(first_bound),
                money(second_bound)
            ),
            format!(
                "{} paid in {window} months, returns deducted; A from {}, B from {}",
                money(figure),
                money(first_bound),
                money(second_bound)
            ),
        ),
        _ => Text::new(
            format!("近 {window} 个月消费 {figure} 次；{first_bound} 次起为常客，{second_bound} 次起为忠诚客户"),
            format!("{figure} purchases in {window} months; regular from {first_bound}, loyal from {second_bound}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d_arc_3_a_place_on_a_route_is_a_number_from_1_to_9999() {
        let places = ["1", "12", "9999", "0", "-1", "10000", "012", "+1", " 1", "x", ""].map(place);
        let some: Vec<i32> = places.into_iter().flatten().collect();
        assert_eq!(some, [1, 12, 9999]);
    }

    #[test]
    fn d_arc_3_a_round_goes_by_region_then_by_place_and_ends_with_those_who_have_none() {
        let stop = |region: Option<&str>, place| Stop {
            region: region.map(Into::into),
            place,
        };
        let round = [
            stop(Some("a"), Some(9)),
            stop(Some("a"), Some(10)),
            stop(Some("a"), None),
            stop(Some("b"), Some(1)),
            stop(None, Some(1)),
            stop(None, None),
        ];
        let mut sorted = round.clone();
        sorted.reverse();
        sorted.sort();
        assert_eq!(sorted, round);
    }
}
