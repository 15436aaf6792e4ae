//! Reporting, resolving and putting off warnings.

use super::row::{self, Texts, WarningRow};
use super::{Seen, Warning, WarningReport};
use crate::Engine;
use crate::actor::Actor;
use crate::archive::{CustomerRow, find_customer, find_living_customer};
use crate::error::Result;
use crate::identity::Action;
use crate::input::{self, Stored, Written, check_version, erased, field, not_found};
use crate::journal::{Told, tell};
use crate::keys::ChainKeys;
use crate::settings;
use crate::store::{Answer, IdempotencyKey, Name, Tx};
use cardea_domain::id::*;
use cardea_domain::warning::{WarningKind, WarningRules, WarningState};
use cardea_domain::{Code, Day, Refusal};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

/// Most days something is put off.
const LONGEST: i32 = 180;

/// A report: what has changed at the customer's, or where it sells.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWarning {
    /// `major_change` or `territory`; the others are computed.
    pub kind: WarningKind,
    #[schema(min_length = 1, max_length = 2000)]
    pub report: String,
    /// true: to be answered at once.
    #[serde(default)]
    pub urgent: bool,
}

/// What was done.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResolvedWarning {
    #[schema(min_length = 1, max_length = 2000)]
    pub resolution: String,
    /// Code of the category of the journal's entry; `service_visit` if absent.
    pub category: Option<String>,
}

/// A pause: the warning isn't overdue before that day.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SnoozedWarning {
    /// After today, within 180 days.
    #[schema(value_type = String, format = Date)]
    pub until: Day,
}

/// What another subject or a person reports.
pub(crate) struct Report {
    pub kind: WarningKind,
    pub text: String,
    pub urgent: bool,
}

/// Opens a warning with a report, or adds the report to the one that is open; None for a customer who was erased.
pub(crate) fn raise(
    tx: &mut Tx<'_>,
    keys: &ChainKeys,
    customer: &CustomerRow,
    today: Day,
    report: Report,
) -> Result<Option<WarningId>> {
    let Some(key) = customer.person(keys)? else {
        return Ok(None);
    };
    let chain = tx.chain();
    let rules = settings::read::<WarningRules>(tx.conn(), chain)?.value;
    let due_on = rules.due(today, report.urgent);
    let said = WarningReport {
        text: report.text,
        staff_id: tx.actor().staff,
        at: tx.business_now(),
    };
    if let Some(mut known) = row::open_of(tx.conn(), customer.chain_id, customer.id, report.kind)? {
        let mut texts = known.texts(Some(&key))?;
        texts.reports.push(said);
        known.texts = texts.seal(&key, known.id)?;
        known.urgent |= report.urgent;
        known.due_on = known.due_on.min(due_on.0);
        if report.urgent {
            known.snoozed_until = None;
        }
        known.version += 1;
        row::save(tx.conn(), &known)?;
        return Ok(Some(known.id.typed()));
    }
    let id: WarningId = tx.new_id();
    let texts = Texts {
        reports: vec![said],
        resolution: None,
    };
    let new = WarningRow {
        urgent: report.urgent,
        texts: texts.seal(&key, id.into())?,
        ..WarningRow::new(customer, id, report.kind, (today, due_on))
    };
    row::insert(tx.conn(), &new)?;
    let told = json!({ "id": id, "customer_id": customer.id.0, "kind": report.kind, "urgent": report.urgent });
    tx.publish("warning.opened", told);
    Ok(Some(id))
}

/// An open warning that the actor may answer, with its customer.
fn open(tx: &mut Tx<'_>, id: WarningId, version: i64) -> Result<(WarningRow, CustomerRow)> {
    let chain = tx.chain();
    let row = row::find(tx.conn(), chain, id)?.ok_or_else(not_found)?;
    let customer = find_customer(tx.conn(), chain, row.customer_id.typed())?.ok_or_else(not_found)?;
    tx.actor().scope(Action::WarningWrite)?;
    if !Seen::of(tx.actor())?.allows(&customer) {
        tx.actor()
            .require(Action::WarningRead, Some(customer.store_id.typed()))?;
    }
    if row.state.0 != WarningState::Open {
        return Err(Refusal::new(Code::InUse, "预警已结束", "The warning has ended already").into());
    }
    check_version(row.version, version)?;
    Ok((row, customer))
}

impl Engine {
    /// Reports something about a customer; while a warning of the kind is open, the report is added to it.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `erased`, `customer_merged`, `field_invalid`.
    pub async fn report_warning(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        customer: CustomerId,
        new: NewWarning,
    ) -> Result<Written<Warning>, Refusal> {
        actor.scope(Action::WarningWrite)?;
        if new.kind.is_computed() {
            let (zh, en) = ("此类预警由系统计算", "This kind is computed, not reported");
            return Err(field("/kind", zh, en));
        }
        let (text, keys) = (
            input::lines(&new.report, 2000, "/report")?,
            self.keys().chain(actor.chain),
        );
        let (_, today) = self.business_day(actor.chain)?;
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let row = find_living_customer(tx.conn(), chain, customer)?.ok_or_else(not_found)?;
            tx.actor().require(Action::WarningWrite, Some(row.store_id.typed()))?;
            let report = Report {
                kind: new.kind,
                text: text.clone(),
                urgent: new.urgent,
            };
            let id = raise(tx, &keys, &row, today, report)?.ok_or_else(erased)?;
            let detail = json!({ "customer_id": customer, "kind": new.kind, "urgent": new.urgent });
            tx.audit("warning.report", id.0, detail);
            Answer::created(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "warning.report", work).await?;
        self.written_warning(actor, answered)
    }

    /// Ends a warning with what was done; that and the cause stand in the customer's journal.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `field_invalid`, `version_conflict`; `in_use` once it has ended.
    pub async fn resolve_warning(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: WarningId,
        version: i64,
        resolved: ResolvedWarning,
    ) -> Result<Written<Warning>, Refusal> {
        actor.scope(Action::WarningWrite)?;
        let (text, keys) = (
            input::lines(&resolved.resolution, 2000, "/resolution")?,
            self.keys().chain(actor.chain),
        );
        let minor_units = self.chain(actor.chain)?.minor_units;
        let (_, today) = self.business_day(actor.chain)?;
        let work = move |tx: &mut Tx<'_>| {
            let (mut row, customer) = open(tx, id, version)?;
            let key = customer.person(&keys)?.ok_or_else(erased)?;
            let mut texts = row.texts(Some(&key))?;
            let told = Told {
                category: resolved.category.clone(),
                description: text.clone(),
                summary: Some(row.cause(&texts, minor_units)?),
            };
            let entry = tell(tx, &keys, &customer, told)?.ok_or_else(erased)?;
            texts.resolution = Some(text.clone());
            row.texts = texts.seal(&key, row.id)?;
            row.state = Name(WarningState::Resolved);
            row.ended_by = tx.actor().staff.map(Into::into);
            row.ended_on = Some(today.0);
            row.version += 1;
            row::save(tx.conn(), &row)?;
            tx.audit(
                "warning.resolve",
                id.0,
                json!({ "kind": row.kind.0, "journal_id": entry }),
            );
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "warning.resolve", work).await?;
        self.written_warning(actor, answered)
    }

    /// Puts a warning off until a day.
    ///
    /// # Errors
    /// As [`Engine::resolve_warning`].
    pub async fn snooze_warning(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: WarningId,
        version: i64,
        snoozed: SnoozedWarning,
    ) -> Result<Written<Warning>, Refusal> {
        actor.scope(Action::WarningWrite)?;
        let (_, today) = self.business_day(actor.chain)?;
        if !(today.0 + 1..=today.0 + LONGEST).contains(&snoozed.until.0) {
            let (zh, en) = ("须在明天到 180 天之内", "From tomorrow on, within 180 days");
            return Err(field("/until", zh, en));
        }
        let work = move |tx: &mut Tx<'_>| {
            let (mut row, _) = open(tx, id, version)?;
            row.snoozed_until = Some(snoozed.until.0);
            row.version += 1;
            row::save(tx.conn(), &row)?;
            tx.audit("warning.snooze", id.0, json!({ "until": snoozed.until }));
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "warning.snooze", work).await?;
        self.written_warning(actor, answered)
    }

    fn written_warning(&self, actor: &Actor, answered: crate::store::Answered) -> Result<Written<Warning>, Refusal> {
        let chain = actor.chain;
        Written::read(answered, |id| {
            let row = self.read(chain, |conn| row::find(conn, chain, WarningId(id)))?;
            self.warning_view(chain, row.ok_or_else(not_found)?)
        })
    }
}
