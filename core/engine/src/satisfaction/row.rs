//! The `satisfaction` table.

use super::Satisfaction;
use crate::archive::CustomerRow;
use crate::each;
use crate::error::{Error, Result};
use crate::keys::PersonKey;
use crate::store::schema::satisfaction;
use crate::store::{Conn, Id, Name};
use cardea_domain::Day;
use cardea_domain::id::SatisfactionId;
use cardea_domain::satisfaction::{Mark, Occasion};
use diesel::prelude::*;

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = satisfaction)]
pub(super) struct SatisfactionRow {
    pub chain_id: Id,
    pub id: Id,
    pub customer_id: Id,
    pub store_id: Id,
    pub staff_id: Option<Id>,
    pub occasion: Name<Occasion>,
    pub day: i32,
    pub month: i32,
    pub marks: String,
    pub mark_sum: i32,
    pub mark_count: i32,
    pub low: i32,
    /// The remark, sealed; empty without one.
    pub texts: Vec<u8>,
    pub task_id: Option<Id>,
    pub written_by: Option<Id>,
}

/// Bound to the form: moved to another row, it doesn't open.
pub(crate) fn purpose(form: Id) -> Vec<u8> {
    [b"satisfaction/".as_slice(), form.0.as_bytes()].concat()
}

/// What erasure takes of a customer's forms: the remarks; marks stay, for the totals.
pub(crate) fn erase(conn: &mut Conn, customer: &CustomerRow) -> Result<()> {
    let own = satisfaction::chain_id
        .eq(customer.chain_id)
        .and(satisfaction::customer_id.eq(customer.id));
    each!(conn, c => diesel::update(satisfaction::table.filter(own))
        .set(satisfaction::texts.eq(Vec::<u8>::new()))
        .execute(c)?);
    Ok(())
}

impl SatisfactionRow {
    /// Marks without a remark and what follows from them.
    pub fn new(
        customer: &CustomerRow,
        id: SatisfactionId,
        (occasion, day): (Occasion, Day),
        marks: &[Mark],
    ) -> Result<Self> {
        let (year, month, _) = day.ymd();
        Ok(Self {
            chain_id: customer.chain_id,
            id: id.into(),
            customer_id: customer.id,
            store_id: customer.store_id,
            staff_id: None,
            occasion: Name(occasion),
            day: day.0,
            month: year * 12 + month as i32 - 1,
            marks: serde_json::to_string(marks)?,
            mark_sum: marks.iter().map(|mark| i32::from(mark.mark)).sum(),
            mark_count: marks.len() as i32,
            low: 0,
            texts: Vec::new(),
            task_id: None,
            written_by: None,
        })
    }

    pub fn view(self, key: Option<&PersonKey>, customer: &CustomerRow) -> Result<Satisfaction> {
        let remark = match key.filter(|_| !self.texts.is_empty()) {
            Some(key) => {
                let text = key.open_as(&purpose(self.id), &self.texts).map_err(Error::internal)?;
                Some(String::from_utf8(text.to_vec()).map_err(Error::internal)?)
            }
            None => None,
        };
        Ok(Satisfaction {
            id: self.id.typed(),
            customer_id: self.customer_id.typed(),
            customer: Some(customer.form_of_address.0.display(&customer.name)),
            store_id: self.store_id.typed(),
            staff_id: self.staff_id.map(Id::typed),
            occasion: self.occasion.0,
            day: Day(self.day),
            marks: serde_json::from_str(&self.marks)?,
            remark,
            low: self.low != 0,
            task_id: self.task_id.map(Id::typed),
            written_by: self.written_by.map(Id::typed),
        })
    }
}
