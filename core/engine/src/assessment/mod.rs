//! Assessment of customers by weighted scorecards (D-ARC-7): grade, credit limit and terms, with history.

mod card;
mod row;
mod write;

pub use card::{NewScorecard, ScorecardVersion};
pub use write::NewAssessment;

use crate::Engine;
use crate::actor::Actor;
use crate::archive::find_customer;
use crate::error::Result;
use crate::identity::Action;
use crate::input::not_found;
use crate::page::{Page, PageArgs};
use crate::store::Id;
use cardea_domain::id::*;
use cardea_domain::scorecard::Scored;
use cardea_domain::{Day, Refusal};
use row::AssessmentRow;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

pub(crate) use row::{erase, purpose};

/// An assessment as it is shown. The last one holds.
#[derive(Clone, Serialize, ToSchema)]
pub struct Assessment {
    #[schema(value_type = Uuid)]
    pub id: AssessmentId,
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    /// By which version of the scorecard; 0: the usual one.
    pub scorecard: i32,
    pub marks: Vec<Scored>,
    /// Of full marks, in parts per million.
    #[schema(example = 849_200)]
    pub score_ppm: i64,
    #[schema(example = "B")]
    pub grade: String,
    /// In minor units.
    pub credit_limit: i64,
    /// Days to pay in; 0: at once.
    pub terms_days: i32,
    pub remark: Option<String>,
    #[schema(value_type = String, format = Date)]
    pub day: Day,
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
}

impl Engine {
    /// A customer's assessments, the last one first: it holds.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `body_invalid` (limit, cursor).
    pub fn assessments(&self, actor: &Actor, id: CustomerId, page: &PageArgs) -> Result<Page<Assessment>, Refusal> {
        actor.scope(Action::CustomerCard)?;
        let (limit, before) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let chain = actor.chain;
        let store = self.read(chain, |conn| {
            let customer = find_customer(conn, chain, id)?.ok_or_else(not_found)?;
            Ok(customer.store_id.typed())
        })?;
        actor.require(Action::CustomerCard, Some(store))?;
        let views = self.assessments_before(chain, id, before, limit as i64 + 1)?;
        Ok(Page::cut(views, limit, |one| one.id.to_string()))
    }

    /// All of a customer's assessments with their cursors: for the file of what is kept about a person.
    pub(crate) fn own_assessments(
        &self,
        chain: ChainId,
        customer: CustomerId,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<(serde_json::Value, String)>> {
        let before = PageArgs::new(None, after).after_id()?.unwrap_or(Uuid::max());
        let own = |one: Assessment| Ok((serde_json::to_value(&one)?, one.id.to_string()));
        let views = self.assessments_before(chain, customer, Id(before), limit)?;
        views.into_iter().map(own).collect()
    }

    fn assessments_before(&self, chain: ChainId, id: CustomerId, before: Id, limit: i64) -> Result<Vec<Assessment>> {
        let keys = self.keys().chain(chain);
        self.read(chain, |conn| {
            let customer = find_customer(conn, chain, id)?.ok_or_else(not_found)?;
            let key = customer.person(&keys)?;
            let rows = row::before(conn, chain, id, before, limit)?;
            let views = rows.into_iter().map(|row: AssessmentRow| row.view(key.as_ref()));
            views.collect::<Result<Vec<_>>>()
        })
    }
}
