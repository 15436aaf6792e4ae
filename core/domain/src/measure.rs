//! Measures: what is counted per membership and business day, windows over that, and conditions on it (D-TIER-1).

use crate::calendar::Day;
use crate::error::FieldError;
use crate::money::{LIMIT, format_minor};
use crate::sale::AttrValue;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What was paid, minor units.
pub const PAID: &str = "paid";
/// Sales of which something is kept.
pub const VISITS: &str = "visits";
/// Points that own purchases have earned, less what returns took back, on the day from which they can be spent.
pub const POINTS: &str = "points";

named! {
/// What a measure is counted in.
pub enum Unit {
    /// Minor units of the chain's currency.
    Money = "money",
    Points = "points",
    Times = "times",
    Nights = "nights",
    Pieces = "pieces",
}
}

/// A measure that ladders can ask for.
struct Known {
    name: &'static str,
    unit: Unit,
    /// Summed from the whole-number attribute of this name of a bill's lines.
    of_lines: bool,
    /// What stands before and after the figure.
    zh: [&'static str; 2],
    en: &'static str,
}

// A measure more is a line here, and its word in the pages' `locales/*/hq.ftl`.
const KNOWN: &[Known] = &[
    known(PAID, Unit::Money, false, ["实付", ""], "paid"),
    known(VISITS, Unit::Times, false, ["消费", "次"], "purchases"),
    known(POINTS, Unit::Points, false, ["消费所得积分", "分"], "points earned"),
    known("nights", Unit::Nights, true, ["入住", "晚"], "nights"),
    known("vehicles", Unit::Pieces, true, ["购车", "辆"], "vehicles bought"),
];

const fn known(name: &'static str, unit: Unit, of_lines: bool, zh: [&'static str; 2], en: &'static str) -> Known {
    Known {
        name,
        unit,
        of_lines,
        zh,
        en,
    }
}

fn find(name: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.name == name)
}

/// The names of all measures.
pub fn names() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().map(|known| known.name)
}

/// What the attributes of a bill's line count for.
pub fn of_line<'a>(attributes: impl IntoIterator<Item = (&'a str, &'a AttrValue)>) -> Vec<(&'static str, i64)> {
    let counted = |(name, value): (&str, &AttrValue)| match value {
        AttrValue::Integer(n) if *n > 0 => Some((find(name).filter(|known| known.of_lines)?.name, *n)),
        _ => None,
    };
    attributes.into_iter().filter_map(counted).collect()
}

/// Of a line's whole figure, the part of what is kept; rounded down.
pub fn kept_of(whole: i64, kept: i64, quantity: i64) -> i64 {
    let part = i128::from(whole) * i128::from(kept.max(0)) / i128::from(quantity.max(1));
    i64::try_from(part).unwrap_or(LIMIT)
}

/// From when to when a measure is summed. It ends with the day that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[schema(as = MeasureWindow)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Window {
    /// From the same day so many months earlier, inclusive.
    RollingMonths {
        #[schema(minimum = 1, maximum = 120, example = 12)]
        months: u32,
    },
    /// So many days, the last one included.
    RollingDays {
        #[schema(minimum = 1, maximum = 3660, example = 90)]
        days: u32,
    },
    /// From 1 January.
    CalendarYear,
    /// Everything there ever was.
    SinceEnrolment,
}

impl Window {
    /// Its first day; none: everything.
    pub fn since(self, end: Day) -> Option<Day> {
        match self {
            Self::RollingMonths { months } => Some(end.months_earlier(months).unwrap_or(end)),
            Self::RollingDays { days } => {
                let back = i32::try_from(days).unwrap_or(i32::MAX).saturating_sub(1);
                Some(end.plus_days(-back).unwrap_or(end))
            }
            Self::CalendarYear => Some(Day::from_ymd(end.year(), 1, 1).unwrap_or(end)),
            Self::SinceEnrolment => None,
        }
    }

    fn validate(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::RollingMonths { months } if !(1..=120).contains(&months) => Some(("months", "must be 1 to 120")),
            Self::RollingDays { days } if !(1..=3660).contains(&days) => Some(("days", "must be 1 to 3660")),
            _ => None,
        }
    }
}

/// A measure that must reach a threshold in its window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = TierCondition)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// `paid`, `visits`, `points`, `nights`, `vehicles`.
    #[schema(example = "nights")]
    pub measure: String,
    pub window: Window,
    /// Reached at or above it; in the measure's unit.
    #[schema(minimum = 1, example = 10)]
    pub threshold: i64,
}

named! {
/// Whether all conditions must hold, or one of them.
#[derive(Default)]
pub enum Join {
    #[default]
    All = "all",
    Any = "any",
}
}

/// What reaches a step of a ladder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = TierConditions)]
#[serde(deny_unknown_fields)]
pub struct Conditions {
    #[serde(default)]
    pub join: Join,
    /// 1 to 5 conditions, each measure and window once.
    #[schema(min_items = 1, max_items = 5)]
    pub of: Vec<Condition>,
}

impl Conditions {
    /// Everything wrong with them, with pointers below them.
    pub(crate) fn validate(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut wrong = |pointer: String, detail: &str| {
            errors.push(FieldError {
                pointer,
                detail: detail.to_owned(),
            })
        };
        if !(1..=5).contains(&self.of.len()) {
            wrong("/of".to_owned(), "must have 1 to 5 conditions");
        }
        for (i, condition) in self.of.iter().enumerate() {
            if find(&condition.measure).is_none() {
                wrong(format!("/of/{i}/measure"), "isn't a measure");
            }
            if let Some((field, detail)) = condition.window.validate() {
                wrong(format!("/of/{i}/window/{field}"), detail);
            }
            if !(1..=LIMIT).contains(&condition.threshold) {
                wrong(format!("/of/{i}/threshold"), "must be above 0");
            }
            let same = |other: &Condition| other.measure == condition.measure && other.window == condition.window;
            if self.of[..i].iter().any(same) {
                wrong(format!("/of/{i}/measure"), "stands there already with this window");
            }
        }
        errors
    }

    /// The figures that they ask for; `end` says with which day a window ends.
    pub fn measured(&self, figures: &Figures, end: impl Fn(Window) -> Day) -> Measured {
        let figure = |condition: &Condition| {
            let day = end(condition.window);
            Figure {
                measure: condition.measure.clone(),
                window: condition.window,
                since: condition.window.since(day),
                until: day,
                threshold: condition.threshold,
                figure: figures.of(&condition.measure, condition.window, day),
            }
        };
        Measured {
            join: self.join,
            of: self.of.iter().map(figure).collect(),
        }
    }
}

/// A condition with its figure, as a change of a tier records it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    pub measure: String,
    pub window: Window,
    /// First day of the window; none: everything.
    pub since: Option<Day>,
    /// Its last day.
    pub until: Day,
    pub threshold: i64,
    pub figure: i64,
}

/// Conditions with their figures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    pub join: Join,
    pub of: Vec<Figure>,
}

impl Figure {
    pub fn holds(&self) -> bool {
        self.figure >= self.threshold
    }

    pub fn missing(&self) -> i64 {
        self.threshold.saturating_sub(self.figure).max(0)
    }

    pub fn unit(&self) -> Unit {
        find(&self.measure).map_or(Unit::Times, |known| known.unit)
    }

    pub(crate) fn amount(&self, amount: i64, minor_units: u32) -> String {
        match self.unit() {
            Unit::Money => format_minor(amount, minor_units),
            _ => amount.to_string(),
        }
    }

    /// The figure in its window, as a sentence begins with it.
    pub(crate) fn told(&self, minor_units: u32) -> crate::Text {
        let figure = self.amount(self.figure, minor_units);
        let (zh, en) = find(&self.measure).map_or((["", ""], self.measure.as_str()), |known| (known.zh, known.en));
        let zh = format!("{}{figure}{}", zh[0], zh[1]);
        match self.since {
            Some(since) => crate::Text::new(
                format!("{since}至{}{zh}", self.until),
                format!("{figure} {en} from {since} to {}", self.until),
            ),
            None => crate::Text::new(format!("入会以来{zh}"), format!("{figure} {en} since enrolment")),
        }
    }
}

impl Measured {
    pub fn holds(&self) -> bool {
        match self.join {
            Join::All => self.of.iter().all(Figure::holds),
            Join::Any => self.of.is_empty() || self.of.iter().any(Figure::holds),
        }
    }

    /// What was paid from a day to another, against a threshold: a change from before all conditions were recorded.
    pub fn paid((since, until): (Day, Day), (figure, threshold): (i64, i64)) -> Self {
        Self {
            join: Join::All,
            of: vec![Figure {
                measure: PAID.to_owned(),
                window: Window::RollingDays {
                    days: since.0.abs_diff(until.0) + 1,
                },
                since: Some(since),
                until,
                threshold,
                figure,
            }],
        }
    }

    /// Whether what is counted on a day is in one of its windows.
    pub(crate) fn counts(&self, measure: &str, day: Day) -> bool {
        let inside = |figure: &Figure| day <= figure.until && figure.since.is_none_or(|since| since <= day);
        self.of.iter().any(|figure| figure.measure == measure && inside(figure))
    }

    /// The same windows with what is known of them now.
    #[must_use]
    pub(crate) fn again(&self, figures: &Figures) -> Self {
        let again = |figure: &Figure| Figure {
            figure: match figure.since {
                Some(since) => figures.between(&figure.measure, since, figure.until),
                None => figures.until(&figure.measure, figure.until),
            },
            ..figure.clone()
        };
        Self {
            join: self.join,
            of: self.of.iter().map(again).collect(),
        }
    }

    /// What made them hold, or kept them from it.
    pub fn decisive(&self) -> Option<&Figure> {
        let holds = self.holds();
        self.of
            .iter()
            .find(|figure| figure.holds() == holds)
            .or(self.of.first())
    }

    /// Each figure as the higher of the two: the same conditions, looked at on two days.
    #[must_use]
    pub(crate) fn or_better(mut self, other: Measured) -> Self {
        for (figure, other) in self.of.iter_mut().zip(other.of) {
            if other.figure > figure.figure {
                *figure = other;
            }
        }
        self
    }

    /// The figures that decided as one phrase, `word` between figure and threshold.
    pub(crate) fn told(&self, minor_units: u32, word: [&str; 2]) -> crate::Text {
        let holds = self.holds();
        let decided = self.of.iter().filter(|figure| figure.holds() == holds);
        let (mut zh, mut en) = (Vec::new(), Vec::new());
        for figure in decided {
            let (text, threshold) = (figure.told(minor_units), figure.amount(figure.threshold, minor_units));
            zh.push(format!("{}，{}{threshold}", text.zh, word[0]));
            en.push(format!("{} {} {threshold}", text.en, word[1]));
        }
        crate::Text::new(zh.join("；"), en.join("; "))
    }
}

/// What a membership's figures must reach back to for a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// First day of the longest window that ends with the day that is looked at.
    pub since: Day,
    /// Days of the longest window.
    pub back: i32,
    /// Other measures than `paid`.
    pub all: bool,
    /// Of everything there ever was.
    pub totals: bool,
}

/// A membership's figures, as far as they were loaded: by measure and day, and of everything there ever was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    by_day: BTreeMap<String, BTreeMap<Day, i64>>,
    totals: BTreeMap<String, i64>,
}

impl Figures {
    /// A figure as it is kept.
    pub fn load(&mut self, measure: &str, day: Day, amount: i64) {
        self.days_of(measure).insert(day, amount);
    }

    /// A total as it is kept.
    pub fn load_total(&mut self, measure: &str, amount: i64) {
        self.totals.insert(measure.to_owned(), amount);
    }

    /// Counts something on a day.
    pub fn count(&mut self, measure: &str, day: Day, delta: i64) {
        let of_day = self.days_of(measure).entry(day).or_default();
        *of_day = of_day.saturating_add(delta);
        match self.totals.get_mut(measure) {
            Some(total) => *total = total.saturating_add(delta),
            None => self.load_total(measure, delta),
        }
    }

    fn days_of(&mut self, measure: &str) -> &mut BTreeMap<Day, i64> {
        self.by_day.entry(measure.to_owned()).or_default()
    }

    /// Σ from `since` to `until`, both inclusive; saturates at ±[`LIMIT`].
    pub fn between(&self, measure: &str, since: Day, until: Day) -> i64 {
        let Some(days) = self.by_day.get(measure).filter(|_| since <= until) else {
            return 0;
        };
        saturated(days.range(since..=until).map(|(_, amount)| i128::from(*amount)).sum())
    }

    /// Everything until a day: the total less what comes after it.
    pub fn until(&self, measure: &str, day: Day) -> i64 {
        let total = self.totals.get(measure).copied().map_or(0, i128::from);
        let days = self.by_day.get(measure).into_iter();
        let later = days.flat_map(|days| days.range(day..).filter(|(of, _)| **of > day));
        saturated(total - later.map(|(_, amount)| i128::from(*amount)).sum::<i128>())
    }

    /// The figure of a window that ends with `end`.
    pub fn of(&self, measure: &str, window: Window, end: Day) -> i64 {
        match window.since(end) {
            Some(since) => self.between(measure, since, end),
            None => self.until(measure, end),
        }
    }
}

fn saturated(total: i128) -> i64 {
    total.clamp(i128::from(-LIMIT), i128::from(LIMIT)) as i64
}
