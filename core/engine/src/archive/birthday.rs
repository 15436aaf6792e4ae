//! Birthdays that are kept by the lunar calendar: clerks type them as they are told, pages show both calendars.

use crate::input::field;
use cardea_domain::lunar::LunarDay;
use cardea_domain::{Day, Refusal};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A day by one of the calendars.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LunarDayQuery {
    #[param(value_type = Option<String>, format = Date)]
    pub day: Option<Day>,
    /// Year, month and day by the lunar calendar, as typed: `1978-8-15`, in a leap month `1979-闰6-1`.
    pub lunar: Option<String>,
}

/// A day by both calendars.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LunarDayView {
    #[schema(value_type = String, format = Date, example = "1978-09-17")]
    pub day: Day,
    pub lunar: LunarDay,
    #[schema(example = "八月十五")]
    pub zh: String,
}

/// # Errors
/// `field_invalid` at `/lunar` or `/day`: no such day, or one outside 1900–2100.
pub fn lunar_day(asked: &LunarDayQuery) -> Result<LunarDayView, Refusal> {
    let typed = asked.lunar.as_deref().map(|text| text.parse::<LunarDay>().ok());
    let found = match (typed, asked.day) {
        (Some(lunar), _) => lunar.and_then(|lunar| Some((lunar.solar()?, lunar))),
        (None, day) => day.and_then(|day| Some((day, LunarDay::of(day)?))),
    };
    let (day, lunar) = found.ok_or_else(|| {
        field(
            if asked.lunar.is_some() { "/lunar" } else { "/day" },
            "农历没有这一天；请写年-月-日，如 1978-8-15，闰月如 1979-闰6-1（1900–2100 年）",
            "The lunar calendar has no such day; write year-month-day such as 1978-8-15, in a leap month 1979-闰6-1 (1900–2100)",
        )
    })?;
    Ok(LunarDayView {
        day,
        zh: lunar.zh(),
        lunar,
    })
}
