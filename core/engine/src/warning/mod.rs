//! Warnings about customers (D-ARC-10): with cause, figures, who is to answer, what was done, and a pause until a day.

pub(crate) mod row;
mod write;

pub use write::{NewWarning, ResolvedWarning, SnoozedWarning};
pub(crate) use write::{Report, raise};

use crate::Engine;
use crate::actor::Actor;
use crate::archive::{CustomerRow, find_customer, people};
use crate::each;
use crate::error::Result;
use crate::identity::{Action, StoreScope};
use crate::input::{field, not_found};
use crate::page::{Page, PageArgs, day_cursor};
use crate::settings::Setting;
use crate::store::schema::{customers, warnings};
use crate::store::{Conn, Id};
use cardea_domain::id::*;
use cardea_domain::warning::{WarningKind, WarningRules, WarningState};
use cardea_domain::{Day, Instant, Refusal, Text};
use diesel::prelude::*;
use row::WarningRow;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

impl Setting for WarningRules {
    const NAME: &'static str = "warning_rules";
    const CHANGED: &'static str = "warning_rules.update";
    const READ: Action = Action::WarningOwn;

    fn check(&self) -> Result<(), Refusal> {
        let Some(name) = self.fault() else { return Ok(()) };
        let (zh, en) = (
            "比较 30–365 天，占比 0–100%，流失 1–365 天，答复 0–90 天，紧急 0–30 天",
            "30–365 days compared, a share up to 100 %, gone after 1–365 days, answers within 90 and urgent ones within 30",
        );
        Err(field(&format!("/value/{name}"), zh, en))
    }
}

/// What somebody reported.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct WarningReport {
    pub text: String,
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
}

/// A warning as it is shown; what belongs to an erased customer has no texts.
#[derive(Clone, Serialize, ToSchema)]
pub struct Warning {
    #[schema(value_type = Uuid)]
    pub id: WarningId,
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    /// 王女士 / Ms Wang.
    pub customer: Option<Text>,
    /// Who is to answer it: the customer's consultant; null: nobody looks after the customer.
    #[schema(value_type = Option<Uuid>)]
    pub owner_id: Option<StaffId>,
    pub kind: WarningKind,
    pub state: WarningState,
    pub urgent: bool,
    /// The figures behind a computed one, as they were when it was opened.
    pub why: Option<Text>,
    /// What people reported, the first report first.
    pub reports: Vec<WarningReport>,
    #[schema(value_type = String, format = Date)]
    pub opened_on: Day,
    /// The last day for an answer.
    #[schema(value_type = String, format = Date)]
    pub due_on: Day,
    /// Open, past its day, and not put off.
    pub overdue: bool,
    /// Put off until this day; null: not put off.
    #[schema(value_type = Option<String>, format = Date)]
    pub snoozed_until: Option<Day>,
    /// What was done.
    pub resolution: Option<String>,
    /// Of one that no longer holds: the figures as they were then.
    pub why_ended: Option<Text>,
    #[schema(value_type = Option<Uuid>)]
    pub ended_by: Option<StaffId>,
    #[schema(value_type = Option<String>, format = Date)]
    pub ended_on: Option<Day>,
    /// Rises with every change; the ETag.
    pub version: i64,
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WarningQuery {
    /// Only of this kind.
    pub kind: Option<WarningKind>,
    /// Only those that this staff member is to answer.
    #[param(value_type = Option<Uuid>)]
    pub owner_id: Option<StaffId>,
    /// true: only of customers whom nobody looks after.
    pub unowned: Option<bool>,
    /// Only of this customer.
    #[param(value_type = Option<Uuid>)]
    pub customer_id: Option<CustomerId>,
    /// `open` if absent.
    pub state: Option<WarningState>,
    /// true: only open ones past their day that aren't put off.
    pub overdue: Option<bool>,
    /// true: only what is put off, false: only what isn't.
    pub snoozed: Option<bool>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// Whose warnings somebody sees.
#[derive(Clone)]
enum Seen {
    /// Of all customers of these stores.
    Stores(StoreScope),
    /// Of the customers that this one looks after.
    Own(Option<StaffId>),
}

impl Seen {
    fn of(actor: &Actor) -> Result<Self, Refusal> {
        let scope = actor.scope(Action::WarningRead);
        scope.map(Self::Stores).or_else(|refusal| {
            let own = actor.scope(Action::WarningOwn).map(|_| Self::Own(actor.staff));
            own.map_err(|_| refusal)
        })
    }

    fn allows(&self, customer: &CustomerRow) -> bool {
        match self {
            Self::Stores(scope) => scope.allows(customer.store_id.typed()),
            Self::Own(staff) => staff.is_some() && customer.consultant_id == staff.map(Id::from),
        }
    }
}

impl Engine {
    /// Warnings, the earliest due first: of one's stores, or of the customers one looks after.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn warnings(&self, actor: &Actor, query: &WarningQuery) -> Result<Page<Warning>, Refusal> {
        let seen = Seen::of(actor)?;
        let page = PageArgs::new(query.limit, query.after.as_deref());
        let (limit, after) = (page.limit()?, page.after_day()?);
        let (chain, (_, today)) = (actor.chain, self.business_day(actor.chain)?);
        let rows = self.read(chain, |conn| {
            select(conn, chain, &seen, query, today, after, limit as i64 + 1)
        })?;
        let views = self.warning_views(chain, rows)?;
        Ok(Page::cut(views, limit, |one| day_cursor(one.due_on, one.id)))
    }

    /// One warning.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn warning(&self, actor: &Actor, id: WarningId) -> Result<Warning, Refusal> {
        let (chain, seen) = (actor.chain, Seen::of(actor)?);
        let (row, customer) = self.read(chain, |conn| {
            let row = row::find(conn, chain, id)?.ok_or_else(not_found)?;
            let customer = find_customer(conn, chain, row.customer_id.typed())?.ok_or_else(not_found)?;
            Ok((row, customer))
        })?;
        if !seen.allows(&customer) {
            actor.require(Action::WarningRead, Some(customer.store_id.typed()))?;
        }
        Ok(self.warning_view(chain, row)?)
    }

    /// All of a customer's warnings with their cursors: for the file of what is kept about a person.
    pub(crate) fn own_warnings(
        &self,
        chain: ChainId,
        customer: CustomerId,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<(serde_json::Value, String)>> {
        let after = PageArgs::new(None, after).after_id()?.unwrap_or(Uuid::nil());
        let rows = self.read(chain, |conn| row::of_customer(conn, chain, customer, Id(after), limit))?;
        let own = |one: Warning| Ok((serde_json::to_value(&one)?, one.id.to_string()));
        self.warning_views(chain, rows)?.into_iter().map(own).collect()
    }

    fn warning_view(&self, chain: ChainId, row: WarningRow) -> Result<Warning> {
        let mut views = self.warning_views(chain, vec![row])?;
        views.pop().ok_or_else(|| not_found().into())
    }

    fn warning_views(&self, chain: ChainId, rows: Vec<WarningRow>) -> Result<Vec<Warning>> {
        let (keys, (_, today)) = (self.keys().chain(chain), self.business_day(chain)?);
        let minor_units = self.chain(chain)?.minor_units;
        let found = self.read(chain, |conn| {
            people(conn, chain, rows.iter().map(|row| row.customer_id))
        })?;
        let view = |row: WarningRow| {
            let customer = found.get(&row.customer_id);
            let key = customer.map(|customer| customer.person(&keys)).transpose()?.flatten();
            row.view(key.as_ref(), customer, today, minor_units)
        };
        rows.into_iter().map(view).collect()
    }
}

fn select(
    conn: &mut Conn,
    chain: ChainId,
    seen: &Seen,
    query: &WarningQuery,
    today: Day,
    after: Option<(Day, Uuid)>,
    limit: i64,
) -> Result<Vec<WarningRow>> {
    let (day, id) = after.map_or((i32::MIN, Id(Uuid::nil())), |(day, id)| (day.0, Id(id)));
    let late = query.overdue == Some(true);
    let state = if late { None } else { query.state }.unwrap_or(WarningState::Open);
    let theirs = customers::table.filter(
        customers::chain_id
            .eq(Id::from(chain))
            .and(customers::id.eq(warnings::customer_id)),
    );
    Ok(each!(conn, c => {
        let mut found = warnings::table
            .select(WarningRow::as_select())
            .filter(warnings::chain_id.eq(Id::from(chain)).and(warnings::state.eq(state.as_str())))
            .filter(warnings::due_on.gt(day).or(warnings::due_on.eq(day).and(warnings::id.gt(id))))
            .into_boxed();
        if let Some(kind) = query.kind {
            found = found.filter(warnings::kind.eq(kind.as_str()));
        }
        if let Some(customer) = query.customer_id {
            found = found.filter(warnings::customer_id.eq(Id::from(customer)));
        }
        if let Some(owner) = query.owner_id {
            let of = theirs.filter(customers::consultant_id.eq(Id::from(owner)));
            found = found.filter(diesel::dsl::exists(of));
        }
        if query.unowned == Some(true) {
            found = found.filter(diesel::dsl::exists(theirs.filter(customers::consultant_id.is_null())));
        }
        let put_off = warnings::snoozed_until.gt(today.0);
        match query.snoozed.or(late.then_some(false)) {
            Some(true) => found = found.filter(put_off),
            Some(false) => found = found.filter(warnings::snoozed_until.is_null().or(warnings::snoozed_until.le(today.0))),
            None => {}
        }
        if late {
            found = found.filter(warnings::due_on.lt(today.0));
        }
        match seen {
            Seen::Stores(StoreScope::All) => {}
            Seen::Stores(StoreScope::Only(stores)) => {
                let stores: Vec<Id> = stores.iter().map(|store| (*store).into()).collect();
                found = found.filter(diesel::dsl::exists(theirs.filter(customers::store_id.eq_any(stores))));
            }
            Seen::Own(staff) => {
                let own = theirs.filter(customers::consultant_id.eq(staff.map(Id::from)));
                found = found.filter(diesel::dsl::exists(own));
            }
        }
        found.order((warnings::due_on, warnings::id)).limit(limit).load(c)?
    }))
}
