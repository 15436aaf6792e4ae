//! The `warnings` table.

use super::{Warning, WarningReport};
use crate::archive::CustomerRow;
use crate::each;
use crate::error::{Error, Result};
use crate::keys::PersonKey;
use crate::store::schema::warnings;
use crate::store::{Conn, Id, Name};
use cardea_domain::id::{ChainId, CustomerId, WarningId};
use cardea_domain::warning::{Figures, WarningKind, WarningState, told};
use cardea_domain::{Day, Text};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = warnings, treat_none_as_null = true)]
pub(crate) struct WarningRow {
    pub chain_id: Id,
    pub id: Id,
    pub customer_id: Id,
    pub kind: Name<WarningKind>,
    pub state: Name<WarningState>,
    pub urgent: bool,
    pub basis: Option<String>,
    pub texts: Vec<u8>,
    pub opened_on: i32,
    pub due_on: i32,
    pub snoozed_until: Option<i32>,
    pub ended_basis: Option<String>,
    pub ended_by: Option<Id>,
    pub ended_on: Option<i32>,
    pub version: i64,
}

/// What people wrote: the document that is sealed.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Texts {
    pub reports: Vec<WarningReport>,
    pub resolution: Option<String>,
}

/// Most characters of what a journal says of a warning's cause.
const CAUSE: usize = 500;

/// Bound to the warning: moved to another row, it doesn't open.
pub(crate) fn purpose(warning: Id) -> Vec<u8> {
    [b"warning/".as_slice(), warning.0.as_bytes()].concat()
}

impl Texts {
    pub fn seal(&self, key: &PersonKey, warning: Id) -> Result<Vec<u8>> {
        let document = Zeroizing::new(serde_json::to_vec(self)?);
        key.seal_as(&purpose(warning), &document).map_err(Error::internal)
    }
}

pub(super) fn find(conn: &mut Conn, chain: ChainId, id: WarningId) -> Result<Option<WarningRow>> {
    let row = warnings::table.find((Id::from(chain), Id::from(id)));
    Ok(each!(conn, c => row.select(WarningRow::as_select()).get_result(c).optional()?))
}

/// A customer's open warning of a kind.
pub(crate) fn open_of(conn: &mut Conn, chain: Id, customer: Id, kind: WarningKind) -> Result<Option<WarningRow>> {
    let of = warnings::chain_id.eq(chain).and(warnings::customer_id.eq(customer));
    let open = warnings::state
        .eq(WarningState::Open.as_str())
        .and(warnings::kind.eq(kind.as_str()));
    Ok(each!(conn, c => warnings::table
        .select(WarningRow::as_select())
        .filter(of.and(open))
        .get_result(c)
        .optional()?))
}

/// What customers from one id (exclusive) to another (inclusive) have of computed kinds: open ones, and when somebody
/// resolved some.
pub(crate) fn between(conn: &mut Conn, chain: ChainId, after: Id, last: Id) -> Result<Vec<WarningRow>> {
    let states = [WarningState::Open, WarningState::Resolved].map(WarningState::as_str);
    let computed: Vec<&str> = WarningKind::ALL
        .iter()
        .filter(|kind| kind.is_computed())
        .map(|kind| kind.as_str())
        .collect();
    Ok(each!(conn, c => warnings::table
        .select(WarningRow::as_select())
        .filter(warnings::chain_id.eq(Id::from(chain)))
        .filter(warnings::customer_id.gt(after).and(warnings::customer_id.le(last)))
        .filter(warnings::state.eq_any(states).and(warnings::kind.eq_any(computed)))
        .order((warnings::customer_id, warnings::id))
        .load(c)?))
}

/// A customer's warnings in any state, the oldest first.
pub(super) fn of_customer(
    conn: &mut Conn,
    chain: ChainId,
    customer: CustomerId,
    after: Id,
    limit: i64,
) -> Result<Vec<WarningRow>> {
    Ok(each!(conn, c => warnings::table
        .select(WarningRow::as_select())
        .filter(warnings::chain_id.eq(Id::from(chain)).and(warnings::customer_id.eq(Id::from(customer))))
        .filter(warnings::id.gt(after))
        .order(warnings::id)
        .limit(limit)
        .load(c)?))
}

pub(crate) fn insert(conn: &mut Conn, row: &WarningRow) -> Result<()> {
    each!(conn, c => diesel::insert_into(warnings::table).values(row).execute(c)?);
    Ok(())
}

pub(crate) fn save(conn: &mut Conn, row: &WarningRow) -> Result<()> {
    let found = warnings::table.find((row.chain_id, row.id));
    each!(conn, c => diesel::update(found).set(row).execute(c)?);
    Ok(())
}

/// What erasure takes of a customer's warnings: the texts; nobody is to answer what is open.
pub(crate) fn erase(conn: &mut Conn, customer: &CustomerRow) -> Result<()> {
    let own = warnings::chain_id
        .eq(customer.chain_id)
        .and(warnings::customer_id.eq(customer.id));
    let open = warnings::table.filter(own.and(warnings::state.eq(WarningState::Open.as_str())));
    each!(conn, c => {
        diesel::update(open).set(warnings::state.eq(WarningState::Ceased.as_str())).execute(c)?;
        diesel::update(warnings::table.filter(own)).set(warnings::texts.eq(Vec::<u8>::new())).execute(c)?;
    });
    Ok(())
}

/// Gives a warning to another customer, its texts sealed anew; where that one has an open one of the kind, it rests.
pub(crate) fn give(
    conn: &mut Conn,
    (chain, id): (Id, Id),
    from: Id,
    to: Id,
    reseal: impl FnOnce(&[u8], &[u8]) -> Result<Vec<u8>>,
) -> Result<()> {
    let found = find(conn, chain.typed(), id.typed())?.filter(|row| row.customer_id == from);
    let Some(mut row) = found else { return Ok(()) };
    let open = row.state.0 == WarningState::Open;
    if open && open_of(conn, chain, to, row.kind.0)?.is_some() {
        row.state = Name(WarningState::Merged);
    }
    row.texts = reseal(&purpose(id), &row.texts)?;
    row.customer_id = to;
    save(conn, &row)
}

/// Opens what rested while its customer was another one's.
pub(crate) fn wake(conn: &mut Conn, (chain, id): (Id, Id), customer: Id) -> Result<()> {
    let Some(mut row) = find(conn, chain.typed(), id.typed())? else {
        return Ok(());
    };
    let resting = row.state.0 == WarningState::Merged && row.customer_id == customer;
    if resting && open_of(conn, chain, customer, row.kind.0)?.is_none() {
        row.state = Name(WarningState::Open);
        save(conn, &row)?;
    }
    Ok(())
}

fn words(basis: Option<&str>, minor_units: u32) -> Result<Option<Text>> {
    let figures: Option<Vec<Figures>> = basis.map(serde_json::from_str).transpose()?;
    Ok(figures.map(|figures| told(&figures, minor_units)))
}

impl WarningRow {
    /// An open one without texts and figures.
    pub fn new(customer: &CustomerRow, id: WarningId, kind: WarningKind, (opened, due): (Day, Day)) -> Self {
        Self {
            chain_id: customer.chain_id,
            id: id.into(),
            customer_id: customer.id,
            kind: Name(kind),
            state: Name(WarningState::Open),
            urgent: false,
            basis: None,
            texts: Vec::new(),
            opened_on: opened.0,
            due_on: due.0,
            snoozed_until: None,
            ended_basis: None,
            ended_by: None,
            ended_on: None,
            version: 1,
        }
    }

    /// Its kind with the figures or the reports behind it, as a journal tells it, in both languages.
    pub fn cause(&self, texts: &Texts, minor_units: u32) -> Result<String> {
        let (kind, figures) = (self.kind.0.words(), words(self.basis.as_deref(), minor_units)?);
        let reports: Vec<&str> = texts.reports.iter().map(|report| report.text.as_str()).collect();
        let told = match figures {
            Some(why) => format!("预警（{}）：{} · Warning ({}): {}", kind.zh, why.zh, kind.en, why.en),
            None => format!("预警（{}）· Warning ({}): {}", kind.zh, kind.en, reports.join("；")),
        };
        Ok(told.chars().take(CAUSE).collect())
    }

    pub fn texts(&self, key: Option<&PersonKey>) -> Result<Texts> {
        let Some(key) = key else { return Ok(Texts::default()) };
        let document = key.open_as(&purpose(self.id), &self.texts).map_err(Error::internal)?;
        Ok(serde_json::from_slice(&document)?)
    }

    pub fn view(
        self,
        key: Option<&PersonKey>,
        customer: Option<&CustomerRow>,
        today: Day,
        minor_units: u32,
    ) -> Result<Warning> {
        let texts = self.texts(key)?;
        let snoozed_until = self.snoozed_until.map(Day).filter(|until| *until > today);
        let open = self.state.0 == WarningState::Open;
        let none = || {
            Text::new(
                "消费已全部退回，没有可比较的数据",
                "What was bought was returned: there are no figures to compare",
            )
        };
        let why_ended = words(self.ended_basis.as_deref(), minor_units)?;
        Ok(Warning {
            id: self.id.typed(),
            customer_id: self.customer_id.typed(),
            customer: customer.map(|customer| customer.form_of_address.0.display(&customer.name)),
            owner_id: customer.and_then(|customer| customer.consultant_id).map(Id::typed),
            kind: self.kind.0,
            state: self.state.0,
            urgent: self.urgent,
            why: words(self.basis.as_deref(), minor_units)?,
            reports: texts.reports,
            opened_on: Day(self.opened_on),
            due_on: Day(self.due_on),
            overdue: open && snoozed_until.is_none() && self.due_on < today.0,
            snoozed_until,
            resolution: texts.resolution,
            why_ended: why_ended.map(|text| if text.zh.is_empty() { none() } else { text }),
            ended_by: self.ended_by.map(Id::typed),
            ended_on: self.ended_on.map(Day),
            version: self.version,
        })
    }
}
