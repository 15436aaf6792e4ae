//! Marks by month: of a customer, of somebody's work, of a store, of all of one's stores.

use super::{SatisfactionQuery, narrowed};
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::{Action, StoreScope};
use crate::input::field;
use crate::store::Id;
use crate::store::schema::satisfaction;
use crate::{Engine, each};
use cardea_domain::Refusal;
use cardea_domain::id::{CustomerId, StaffId, StoreId};
use diesel::dsl::{count_star, sum};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TrendQuery {
    /// Only of this customer.
    #[param(value_type = Option<Uuid>)]
    pub customer_id: Option<CustomerId>,
    /// Only about this staff member's work.
    #[param(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    /// Only in this store.
    #[param(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    /// Months with the present one, 1–60; 12 if absent.
    #[param(minimum = 1, maximum = 60)]
    pub months: Option<u32>,
}

/// What was said in a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MonthOfMarks {
    #[schema(example = "2026-03")]
    pub month: String,
    pub forms: i64,
    /// Forms with a low mark.
    pub low: i64,
    /// The mean of all marks, in thousandths; null where nothing was said.
    #[schema(example = 4250)]
    pub mean_milli: Option<i64>,
}

impl Engine {
    /// Marks by month, the earliest month first, months without any included.
    ///
    /// # Errors
    /// `forbidden`, `field_invalid`.
    pub fn satisfaction_trend(&self, actor: &Actor, query: &TrendQuery) -> Result<Vec<MonthOfMarks>, Refusal> {
        let scope = actor.scope(Action::JournalRead)?;
        let months = query.months.unwrap_or(12);
        if !(1..=60).contains(&months) {
            return Err(field("/months", "1–60 个月", "1–60 months"));
        }
        let (chain, (_, today)) = (actor.chain, self.business_day(actor.chain)?);
        let (year, month, _) = today.ymd();
        let last = year * 12 + month as i32 - 1;
        let first = last - months as i32 + 1;
        let narrow = SatisfactionQuery {
            customer_id: query.customer_id,
            staff_id: query.staff_id,
            store_id: query.store_id,
            ..SatisfactionQuery::default()
        };
        type Sums = (i32, i64, Option<i64>, Option<i64>, Option<i64>);
        let rows: Vec<Sums> = self.read(chain, |conn| {
            Ok(each!(conn, c => {
                let found = satisfaction::table
                    .group_by(satisfaction::month)
                    .select((
                        satisfaction::month,
                        count_star(),
                        sum(satisfaction::low),
                        sum(satisfaction::mark_sum),
                        sum(satisfaction::mark_count),
                    ))
                    .filter(satisfaction::chain_id.eq(Id::from(chain)))
                    .filter(satisfaction::month.ge(first).and(satisfaction::month.le(last)))
                    .into_boxed();
                narrowed!(found, &scope, narrow).load(c)?
            }))
        })?;
        let of = |month: i32| {
            let found = rows.iter().find(|row| row.0 == month);
            let (_, forms, low, sum, count) = found.copied().unwrap_or((month, 0, None, None, None));
            let (sum, count) = (sum.unwrap_or_default(), count.unwrap_or_default());
            MonthOfMarks {
                month: format!("{:04}-{:02}", month.div_euclid(12), month.rem_euclid(12) + 1),
                forms,
                low: low.unwrap_or_default(),
                mean_milli: (count > 0).then(|| (sum * 1000 + count / 2) / count.max(1)),
            }
        };
        Ok((first..=last).map(of).collect())
    }
}
