//! What customers say of visits and services (意见表, D-ARC-16), how that changes by month, and the follow-up that a low
//! mark opens.

mod row;
mod trend;
mod write;

pub use trend::{MonthOfMarks, TrendQuery};
pub use write::NewSatisfaction;

use crate::Engine;
use crate::actor::Actor;
use crate::archive::people;
use crate::each;
use crate::error::Result;
use crate::identity::{Action, StoreScope};
use crate::input::{field, not_found};
use crate::page::{Page, PageArgs};
use crate::settings::Setting;
use crate::store::schema::satisfaction;
use crate::store::{Conn, Id};
use cardea_domain::id::*;
use cardea_domain::satisfaction::{Mark, Occasion, SatisfactionRules};
use cardea_domain::{Day, Refusal, Text};
use diesel::prelude::*;
use row::SatisfactionRow;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

pub(crate) use row::{erase, purpose};

impl Setting for SatisfactionRules {
    const NAME: &'static str = "satisfaction_rules";
    const CHANGED: &'static str = "satisfaction_rules.update";
    const READ: Action = Action::JournalRead;

    fn check(&self) -> Result<(), Refusal> {
        let Some(at) = self.fault() else { return Ok(()) };
        let (zh, en) = (
            "须有 1–20 个问题，代码各不相同，两种语言的名称；低分 1–4，跟进 0–30 天",
            "1–20 questions with codes of their own and names in both languages; a low mark is 1–4, a follow-up within 30 days",
        );
        Err(field(&format!("/value/{at}"), zh, en))
    }
}

/// A form as it is shown; what belongs to an erased customer has no remark.
#[derive(Clone, Serialize, ToSchema)]
pub struct Satisfaction {
    #[schema(value_type = Uuid)]
    pub id: SatisfactionId,
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    /// 王女士 / Ms Wang.
    pub customer: Option<Text>,
    /// Where it was.
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    /// Whose work it is about; null: nobody's in particular.
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    pub occasion: Occasion,
    #[schema(value_type = String, format = Date)]
    pub day: Day,
    pub marks: Vec<Mark>,
    pub remark: Option<String>,
    /// A mark is low.
    pub low: bool,
    /// The follow-up that it opened.
    #[schema(value_type = Option<Uuid>)]
    pub task_id: Option<TaskId>,
    #[schema(value_type = Option<Uuid>)]
    pub written_by: Option<StaffId>,
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SatisfactionQuery {
    /// Only of this customer.
    #[param(value_type = Option<Uuid>)]
    pub customer_id: Option<CustomerId>,
    /// Only about this staff member's work.
    #[param(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    /// Only in this store.
    #[param(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    /// true: only with a low mark.
    pub low: Option<bool>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

impl Engine {
    /// Forms, what was written last first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn satisfactions(&self, actor: &Actor, query: &SatisfactionQuery) -> Result<Page<Satisfaction>, Refusal> {
        let scope = actor.scope(Action::JournalRead)?;
        let page = PageArgs::new(query.limit, query.after.as_deref());
        let (limit, before) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let chain = actor.chain;
        let rows = self.read(chain, |conn| {
            select(conn, chain, &scope, query, before, limit as i64 + 1)
        })?;
        let views = self.satisfaction_views(chain, rows)?;
        Ok(Page::cut(views, limit, |one| one.id.to_string()))
    }

    /// All of a customer's forms with their cursors: for the file of what is kept about a person.
    pub(crate) fn own_satisfaction(
        &self,
        chain: ChainId,
        customer: CustomerId,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<(serde_json::Value, String)>> {
        let before = PageArgs::new(None, after).after_id()?.unwrap_or(Uuid::max());
        let query = SatisfactionQuery {
            customer_id: Some(customer),
            ..SatisfactionQuery::default()
        };
        let rows = self.read(chain, |conn| {
            select(conn, chain, &StoreScope::All, &query, Id(before), limit)
        })?;
        let own = |one: Satisfaction| Ok((serde_json::to_value(&one)?, one.id.to_string()));
        self.satisfaction_views(chain, rows)?.into_iter().map(own).collect()
    }

    fn satisfaction_views(&self, chain: ChainId, rows: Vec<SatisfactionRow>) -> Result<Vec<Satisfaction>> {
        let keys = self.keys().chain(chain);
        let found = self.read(chain, |conn| {
            people(conn, chain, rows.iter().map(|row| row.customer_id))
        })?;
        let view = |row: SatisfactionRow| {
            let customer = found.get(&row.customer_id).ok_or_else(not_found)?;
            row.view(customer.person(&keys)?.as_ref(), customer)
        };
        rows.into_iter().map(view).collect()
    }
}

/// Conditions on forms that lists and trends share.
macro_rules! narrowed {
    ($found:expr, $scope:expr, $query:expr) => {{
        let mut found = $found;
        if let Some(customer) = $query.customer_id {
            found = found.filter(satisfaction::customer_id.eq(Id::from(customer)));
        }
        if let Some(staff) = $query.staff_id {
            found = found.filter(satisfaction::staff_id.eq(Id::from(staff)));
        }
        if let Some(store) = $query.store_id {
            found = found.filter(satisfaction::store_id.eq(Id::from(store)));
        }
        if let StoreScope::Only(stores) = $scope {
            let stores: Vec<Id> = stores.iter().map(|store| (*store).into()).collect();
            found = found.filter(satisfaction::store_id.eq_any(stores));
        }
        found
    }};
}
use narrowed;

fn select(
    conn: &mut Conn,
    chain: ChainId,
    scope: &StoreScope,
    query: &SatisfactionQuery,
    before: Id,
    limit: i64,
) -> Result<Vec<SatisfactionRow>> {
    Ok(each!(conn, c => {
        let mut found = satisfaction::table
            .select(SatisfactionRow::as_select())
            .filter(satisfaction::chain_id.eq(Id::from(chain)).and(satisfaction::id.lt(before)))
            .into_boxed();
        if let Some(low) = query.low {
            found = found.filter(satisfaction::low.eq(i32::from(low)));
        }
        narrowed!(found, scope, query).order(satisfaction::id.desc()).limit(limit).load(c)?
    }))
}
