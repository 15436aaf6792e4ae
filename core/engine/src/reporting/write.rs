//! Handing a report in: its visits go into the customers' journals, urgent ones raise warnings, all in one transaction.

use super::VisitReport;
use super::row::{self, ReportRow, VisitRow};
use crate::actor::Actor;
use crate::archive::find_living_customer;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{self, Stored, Written, erased, exists, field};
use crate::journal::{Told, tell};
use crate::keys::ChainKeys;
use crate::settings;
use crate::store::schema::{visit_report_visits, visit_reports};
use crate::store::{Answer, Id, IdempotencyKey, Name, Tx};
use crate::warning::{Report, raise};
use crate::{Engine, each};
use cardea_domain::id::{CustomerId, VisitReportId};
use cardea_domain::reporting::{ReportPeriod, ReportRules};
use cardea_domain::warning::WarningKind;
use cardea_domain::{Day, Refusal};
use diesel::prelude::*;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

/// Most visits of a report.
const MOST: usize = 100;

/// A visit to tell.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVisit {
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    /// Goes into the customer's journal.
    #[schema(min_length = 1, max_length = 2000)]
    pub description: String,
    /// true: raises a warning of a major change at once.
    #[serde(default)]
    pub urgent: bool,
}

/// A report to hand in.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVisitReport {
    pub period: ReportPeriod,
    /// Any day of the period. Not later than today.
    #[schema(value_type = String, format = Date)]
    pub day: Day,
    /// About the work; what concerns a customer belongs to the visit.
    #[schema(min_length = 1, max_length = 2000)]
    pub remark: String,
    /// At most 100.
    #[schema(max_items = 100)]
    pub visits: Vec<NewVisit>,
}

impl NewVisitReport {
    fn check(mut self, today: Day) -> Result<Self, Refusal> {
        self.remark = input::lines(&self.remark, 2000, "/remark")?;
        if self.day > today {
            return Err(field("/day", "不能晚于今天", "Not later than today"));
        }
        if self.visits.len() > MOST {
            return Err(field("/visits", "最多 100 次拜访", "At most 100 visits"));
        }
        for (n, visit) in self.visits.iter_mut().enumerate() {
            visit.description = input::lines(&visit.description, 2000, &format!("/visits/{n}/description"))?;
        }
        Ok(self)
    }
}

/// One visit: its entry, and its warning if it is urgent.
fn visit(tx: &mut Tx<'_>, keys: &ChainKeys, today: Day, n: usize, visit: &NewVisit) -> Result<(Id, Option<Id>)> {
    let chain = tx.chain();
    let nobody = || {
        field(
            &format!("/visits/{n}/customer_id"),
            "没有这位顾客",
            "There is no such customer",
        )
    };
    let customer = find_living_customer(tx.conn(), chain, visit.customer_id)?.ok_or_else(nobody)?;
    let store = Some(customer.store_id.typed());
    tx.actor().require(Action::JournalWrite, store)?;
    let told = Told {
        category: None,
        description: visit.description.clone(),
        summary: None,
    };
    let entry = tell(tx, keys, &customer, told)?.ok_or_else(erased)?;
    if !visit.urgent {
        return Ok((entry.into(), None));
    }
    let report = Report {
        kind: WarningKind::MajorChange,
        text: visit.description.clone(),
        urgent: true,
    };
    let warning = raise(tx, keys, &customer, today, report)?;
    Ok((entry.into(), warning.map(Id::from)))
}

impl Engine {
    /// Hands in one's report of a day or a month.
    ///
    /// # Errors
    /// `forbidden`, `field_invalid`, `erased`, `customer_merged`; `already_exists` for a second one of the period.
    pub async fn hand_in_report(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        new: NewVisitReport,
    ) -> Result<Written<VisitReport>, Refusal> {
        actor.scope(Action::TaskWrite)?;
        let (_, today) = self.business_day(actor.chain)?;
        let (new, keys) = (new.check(today)?, self.keys().chain(actor.chain));
        let Some(own) = actor.staff.map(Id::from) else {
            return Err(input::not_found());
        };
        let work = move |tx: &mut Tx<'_>| {
            let (chain, first) = (tx.chain(), new.period.first(new.day));
            if row::is_there(tx.conn(), chain, own, new.period, first)? {
                return Err(exists("/day").into());
            }
            let rules = settings::read::<ReportRules>(tx.conn(), chain)?.value;
            let id: VisitReportId = tx.new_id();
            let report = ReportRow {
                chain_id: chain.into(),
                id: id.into(),
                staff_id: own,
                period: Name(new.period),
                from_day: first.0,
                due_on: rules.due(new.period, first).0,
                handed_in_on: today.0,
                remark: new.remark.clone(),
            };
            each!(tx.conn(), c => diesel::insert_into(visit_reports::table).values(&report).execute(c)?);
            let mut urgent = 0;
            for (n, one) in new.visits.iter().enumerate() {
                let (journal_id, warning_id) = visit(tx, &keys, today, n, one)?;
                urgent += i32::from(warning_id.is_some());
                let row = VisitRow {
                    chain_id: chain.into(),
                    report_id: id.into(),
                    journal_id,
                    warning_id,
                };
                each!(tx.conn(), c => diesel::insert_into(visit_report_visits::table).values(&row).execute(c)?);
            }
            let detail = json!({ "period": new.period, "from": first, "visits": new.visits.len(), "urgent": urgent });
            tx.audit("visit_report.hand_in", id.0, detail);
            Answer::created(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "visit_report.hand_in", work).await?;
        Written::read(answered, |id| self.report_view(actor.chain, id.into()))
    }
}
