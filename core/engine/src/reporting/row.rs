//! The tables `visit_reports` and `visit_report_visits`.

use crate::each;
use crate::error::Result;
use crate::store::schema::{journal, visit_report_visits, visit_reports};
use crate::store::{Conn, Id, Name};
use cardea_domain::id::{ChainId, VisitReportId};
use cardea_domain::reporting::ReportPeriod;
use cardea_domain::{Day, Named};
use diesel::prelude::*;

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = visit_reports)]
pub(super) struct ReportRow {
    pub chain_id: Id,
    pub id: Id,
    pub staff_id: Id,
    pub period: Name<ReportPeriod>,
    pub from_day: i32,
    pub due_on: i32,
    pub handed_in_on: i32,
    pub remark: String,
}

/// Whose visit it was says the entry of the journal: it goes along when customers are merged.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = visit_report_visits)]
pub(super) struct VisitRow {
    pub chain_id: Id,
    pub report_id: Id,
    pub journal_id: Id,
    pub warning_id: Option<Id>,
}

pub(super) fn find(conn: &mut Conn, chain: ChainId, id: VisitReportId) -> Result<Option<ReportRow>> {
    let row = visit_reports::table.find((Id::from(chain), Id::from(id)));
    Ok(each!(conn, c => row.select(ReportRow::as_select()).get_result(c).optional()?))
}

/// Whether somebody's report of a period is there.
pub(super) fn is_there(conn: &mut Conn, chain: ChainId, staff: Id, period: ReportPeriod, first: Day) -> Result<bool> {
    let of = visit_reports::table
        .filter(
            visit_reports::chain_id
                .eq(Id::from(chain))
                .and(visit_reports::staff_id.eq(staff)),
        )
        .filter(
            visit_reports::period
                .eq(period.name())
                .and(visit_reports::from_day.eq(first.0)),
        );
    Ok(each!(conn, c => of.count().get_result::<i64>(c)?) > 0)
}

/// All reports of a period with the number of their visits.
pub(super) fn of_period(
    conn: &mut Conn,
    chain: ChainId,
    period: ReportPeriod,
    first: Day,
) -> Result<Vec<(ReportRow, i64)>> {
    let rows: Vec<ReportRow> = each!(conn, c => visit_reports::table
        .select(ReportRow::as_select())
        .filter(visit_reports::chain_id.eq(Id::from(chain)))
        .filter(visit_reports::period.eq(period.name()).and(visit_reports::from_day.eq(first.0)))
        .load(c)?);
    let ids: Vec<Id> = rows.iter().map(|row| row.id).collect();
    let counts: Vec<(Id, i64)> = each!(conn, c => visit_report_visits::table
        .group_by(visit_report_visits::report_id)
        .select((visit_report_visits::report_id, diesel::dsl::count_star()))
        .filter(visit_report_visits::chain_id.eq(Id::from(chain)).and(visit_report_visits::report_id.eq_any(ids)))
        .load(c)?);
    let count = |id: Id| counts.iter().find(|(of, _)| *of == id).map_or(0, |(_, count)| *count);
    Ok(rows.into_iter().map(|row| (row.clone(), count(row.id))).collect())
}

/// The visits of some reports with their customers, in the order in which they were told.
pub(super) fn visits(conn: &mut Conn, chain: ChainId, reports: &[Id]) -> Result<Vec<(VisitRow, Id)>> {
    let same = journal::chain_id
        .eq(visit_report_visits::chain_id)
        .and(journal::id.eq(visit_report_visits::journal_id));
    Ok(each!(conn, c => visit_report_visits::table
        .inner_join(journal::table.on(same))
        .select((VisitRow::as_select(), journal::customer_id))
        .filter(visit_report_visits::chain_id.eq(Id::from(chain)).and(visit_report_visits::report_id.eq_any(reports)))
        .order(visit_report_visits::journal_id)
        .load(c)?))
}
