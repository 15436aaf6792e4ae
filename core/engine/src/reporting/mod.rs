//! Reports of visits (D-ARC-17) by day or month, with deadlines and lateness; each visit is an entry of the customer's
//! journal, and an urgent one raises a warning at once. How complete cards are stands beside them.

mod completeness;
mod row;
mod write;

pub use completeness::{CardCompleteness, CompletenessView};
pub(crate) use completeness::{Counted, count, save as save_completeness};
pub use write::{NewVisit, NewVisitReport};

use crate::Engine;
use crate::actor::Actor;
use crate::archive::people;
use crate::each;
use crate::error::Result;
use crate::identity::{Action, StoreScope};
use crate::input::{field, not_found};
use crate::page::{Page, PageArgs, day_cursor};
use crate::settings::{self, Setting};
use crate::store::schema::{staff, staff_stores, visit_reports};
use crate::store::{Conn, Id};
use cardea_domain::id::*;
use cardea_domain::reporting::{ReportPeriod, ReportRules, ReportState, standing};
use cardea_domain::{Day, Refusal, Text};
use diesel::prelude::*;
use row::{ReportRow, VisitRow};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

impl Setting for ReportRules {
    const NAME: &'static str = "report_rules";
    const CHANGED: &'static str = "report_rules.update";
    const READ: Action = Action::TaskRead;

    fn check(&self) -> Result<(), Refusal> {
        let Some(name) = self.fault() else { return Ok(()) };
        let (zh, en) = (
            "日报 0–14 天内，月报 0–31 天内",
            "Daily reports within 14 days, monthly ones within 31",
        );
        Err(field(&format!("/value/{name}"), zh, en))
    }
}

/// A visit in a report.
#[derive(Clone, Serialize, ToSchema)]
pub struct Visit {
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    /// 王女士 / Ms Wang.
    pub customer: Option<Text>,
    /// The entry that tells it in the customer's journal.
    #[schema(value_type = Uuid)]
    pub journal_id: JournalId,
    /// The warning that it raised.
    #[schema(value_type = Option<Uuid>)]
    pub warning_id: Option<WarningId>,
}

/// A report as it was handed in.
#[derive(Clone, Serialize, ToSchema)]
pub struct VisitReport {
    #[schema(value_type = Uuid)]
    pub id: VisitReportId,
    #[schema(value_type = Uuid)]
    pub staff_id: StaffId,
    pub period: ReportPeriod,
    /// The first day of the period.
    #[schema(value_type = String, format = Date)]
    pub from: Day,
    /// The last day for it.
    #[schema(value_type = String, format = Date)]
    pub due_on: Day,
    #[schema(value_type = String, format = Date)]
    pub handed_in_on: Day,
    pub late: bool,
    pub remark: String,
    pub visits: Vec<Visit>,
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VisitReportQuery {
    /// Only this staff member's.
    #[param(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    pub period: Option<ReportPeriod>,
    /// true: only what came late.
    pub late: Option<bool>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StandingQuery {
    pub period: ReportPeriod,
    /// Any day of the period; today if absent.
    #[param(value_type = Option<String>, format = Date)]
    pub day: Option<Day>,
}

/// How somebody's report stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReportStanding {
    #[schema(value_type = Uuid)]
    pub staff_id: StaffId,
    pub name: String,
    pub state: ReportState,
    #[schema(value_type = String, format = Date)]
    pub due_on: Day,
    #[schema(value_type = Option<Uuid>)]
    pub report_id: Option<VisitReportId>,
    pub visits: i64,
}

/// Whose reports somebody sees: those of staff of these stores, else the own ones alone.
enum Seen {
    Stores(StoreScope),
    Own(Id),
}

impl Seen {
    fn of(actor: &Actor) -> Result<Self, Refusal> {
        let all = actor
            .scope(Action::TaskManage)
            .or_else(|_| actor.scope(Action::AuditRead));
        match (all, actor.scope(Action::TaskRead)?, actor.staff) {
            (Ok(scope), _, _) => Ok(Self::Stores(scope)),
            (Err(_), _, Some(own)) => Ok(Self::Own(own.into())),
            (Err(refusal), ..) => Err(refusal),
        }
    }
}

/// Staff of some stores, as a condition on a column of staff ids.
macro_rules! of_stores {
    ($chain:expr, $stores:expr, $column:expr) => {{
        let stores: Vec<Id> = $stores.iter().map(|store| (*store).into()).collect();
        let theirs = staff_stores::table
            .filter(
                staff_stores::chain_id
                    .eq(Id::from($chain))
                    .and(staff_stores::store_id.eq_any(stores)),
            )
            .filter(staff_stores::staff_id.eq($column));
        diesel::dsl::exists(theirs)
    }};
}
use of_stores;

impl Engine {
    /// Reports, the latest period first: managers see those of their stores' staff, consultants their own.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn visit_reports(&self, actor: &Actor, query: &VisitReportQuery) -> Result<Page<VisitReport>, Refusal> {
        let seen = Seen::of(actor)?;
        let page = PageArgs::new(query.limit, query.after.as_deref());
        let (limit, after, chain) = (page.limit()?, page.after_day()?, actor.chain);
        let (day, id) = after.map_or((i32::MAX, Id(Uuid::max())), |(day, id)| (day.0, Id(id)));
        let rows: Vec<ReportRow> = self.read(chain, |conn| {
            Ok(each!(conn, c => {
                let mut found = visit_reports::table
                    .select(ReportRow::as_select())
                    .filter(visit_reports::chain_id.eq(Id::from(chain)))
                    .filter(visit_reports::from_day.lt(day).or(visit_reports::from_day.eq(day).and(visit_reports::id.lt(id))))
                    .into_boxed();
                if let Some(staff) = query.staff_id {
                    found = found.filter(visit_reports::staff_id.eq(Id::from(staff)));
                }
                if let Some(period) = query.period {
                    found = found.filter(visit_reports::period.eq(period.as_str()));
                }
                match query.late {
                    Some(true) => found = found.filter(visit_reports::handed_in_on.gt(visit_reports::due_on)),
                    Some(false) => found = found.filter(visit_reports::handed_in_on.le(visit_reports::due_on)),
                    None => {}
                }
                match &seen {
                    Seen::Stores(StoreScope::All) => {}
                    Seen::Stores(StoreScope::Only(stores)) => {
                        found = found.filter(of_stores!(chain, stores, visit_reports::staff_id));
                    }
                    Seen::Own(own) => found = found.filter(visit_reports::staff_id.eq(*own)),
                }
                found
                    .order((visit_reports::from_day.desc(), visit_reports::id.desc()))
                    .limit(limit as i64 + 1)
                    .load(c)?
            }))
        })?;
        let views = self.report_views(chain, rows)?;
        Ok(Page::cut(views, limit, |report| day_cursor(report.from, report.id)))
    }

    /// How the consultants' reports of a period stand, by name: in time, late, missing, not due yet.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn report_standing(&self, actor: &Actor, query: &StandingQuery) -> Result<Vec<ReportStanding>, Refusal> {
        let scope = actor.scope(Action::TaskManage)?;
        let (chain, (_, today)) = (actor.chain, self.business_day(actor.chain)?);
        let first = query.period.first(query.day.unwrap_or(today));
        let (rules, people, reports) = self.read(chain, |conn| {
            let rules = settings::read::<ReportRules>(conn, chain)?.value;
            let reports = row::of_period(conn, chain, query.period, first)?;
            Ok((rules, consultants(conn, chain, &scope)?, reports))
        })?;
        let reports: HashMap<Id, (ReportRow, i64)> = reports
            .into_iter()
            .map(|(row, visits)| (row.staff_id, (row, visits)))
            .collect();
        let stand = |(id, name): (Id, String)| {
            let report = reports.get(&id);
            let due_on = report.map_or_else(|| rules.due(query.period, first), |(row, _)| Day(row.due_on));
            let handed_in = report.map(|(row, _)| Day(row.handed_in_on));
            ReportStanding {
                staff_id: id.typed(),
                name,
                state: standing(due_on, handed_in, today),
                due_on,
                report_id: report.map(|(row, _)| row.id.typed()),
                visits: report.map_or(0, |(_, visits)| *visits),
            }
        };
        Ok(people.into_iter().map(stand).collect())
    }

    fn report_views(&self, chain: ChainId, rows: Vec<ReportRow>) -> Result<Vec<VisitReport>> {
        let ids: Vec<Id> = rows.iter().map(|row| row.id).collect();
        let (visits, customers) = self.read(chain, |conn| {
            let visits = row::visits(conn, chain, &ids)?;
            let customers = people(conn, chain, visits.iter().map(|visit| visit.1))?;
            Ok((visits, customers))
        })?;
        let view = |row: ReportRow| {
            let mine = visits.iter().filter(|(visit, _)| visit.report_id == row.id);
            let visit = |(visit, customer): &(VisitRow, Id)| Visit {
                customer_id: customer.typed(),
                customer: customers
                    .get(customer)
                    .map(|one| one.form_of_address.0.display(&one.name)),
                journal_id: visit.journal_id.typed(),
                warning_id: visit.warning_id.map(Id::typed),
            };
            VisitReport {
                id: row.id.typed(),
                staff_id: row.staff_id.typed(),
                period: row.period.0,
                from: Day(row.from_day),
                due_on: Day(row.due_on),
                handed_in_on: Day(row.handed_in_on),
                late: row.handed_in_on > row.due_on,
                remark: row.remark,
                visits: mine.map(visit).collect(),
            }
        };
        Ok(rows.into_iter().map(view).collect())
    }

    fn report_view(&self, chain: ChainId, id: VisitReportId) -> Result<VisitReport> {
        let row = self.read(chain, |conn| {
            row::find(conn, chain, id)?.ok_or_else(|| not_found().into())
        })?;
        let mut views = self.report_views(chain, vec![row])?;
        views.pop().ok_or_else(|| not_found().into())
    }
}

/// Consultants at work, by name.
fn consultants(conn: &mut Conn, chain: ChainId, scope: &StoreScope) -> Result<Vec<(Id, String)>> {
    Ok(each!(conn, c => {
        let mut found = staff::table
            .select((staff::id, staff::name))
            .filter(staff::chain_id.eq(Id::from(chain)).and(staff::active.eq(true)))
            .filter(staff::role.eq(crate::Role::Consultant.as_str()))
            .into_boxed();
        if let StoreScope::Only(stores) = scope {
            found = found.filter(of_stores!(chain, stores, staff::id));
        }
        found.order((staff::name, staff::id)).load(c)?
    }))
}
