//! The `assessments` table.

use super::Assessment;
use crate::archive::CustomerRow;
use crate::each;
use crate::error::{Error, Result};
use crate::keys::PersonKey;
use crate::store::schema::assessments;
use crate::store::{Conn, Id};
use cardea_domain::Day;
use cardea_domain::id::{ChainId, CustomerId};
use diesel::prelude::*;

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = assessments)]
pub(super) struct AssessmentRow {
    pub chain_id: Id,
    pub id: Id,
    pub customer_id: Id,
    pub scorecard: i32,
    pub marks: String,
    pub score_ppm: i64,
    pub grade: String,
    pub credit_limit: i64,
    pub terms_days: i32,
    /// The remark, sealed; empty without one.
    pub texts: Vec<u8>,
    pub day: i32,
    pub staff_id: Option<Id>,
}

/// Bound to the assessment: moved to another row, it doesn't open.
pub(crate) fn purpose(assessment: Id) -> Vec<u8> {
    [b"assessment/".as_slice(), assessment.0.as_bytes()].concat()
}

/// A customer's assessments before one, the last one first.
pub(super) fn before(
    conn: &mut Conn,
    chain: ChainId,
    customer: CustomerId,
    before: Id,
    limit: i64,
) -> Result<Vec<AssessmentRow>> {
    Ok(each!(conn, c => assessments::table
        .select(AssessmentRow::as_select())
        .filter(assessments::chain_id.eq(Id::from(chain)).and(assessments::customer_id.eq(Id::from(customer))))
        .filter(assessments::id.lt(before))
        .order(assessments::id.desc())
        .limit(limit)
        .load(c)?))
}

/// What erasure takes of a customer's assessments: the remarks.
pub(crate) fn erase(conn: &mut Conn, customer: &CustomerRow) -> Result<()> {
    let own = assessments::chain_id
        .eq(customer.chain_id)
        .and(assessments::customer_id.eq(customer.id));
    each!(conn, c => diesel::update(assessments::table.filter(own))
        .set(assessments::texts.eq(Vec::<u8>::new()))
        .execute(c)?);
    Ok(())
}

impl AssessmentRow {
    pub fn view(self, key: Option<&PersonKey>) -> Result<Assessment> {
        let remark = match key.filter(|_| !self.texts.is_empty()) {
            Some(key) => {
                let text = key.open_as(&purpose(self.id), &self.texts).map_err(Error::internal)?;
                Some(String::from_utf8(text.to_vec()).map_err(Error::internal)?)
            }
            None => None,
        };
        Ok(Assessment {
            id: self.id.typed(),
            customer_id: self.customer_id.typed(),
            scorecard: self.scorecard,
            marks: serde_json::from_str(&self.marks)?,
            score_ppm: self.score_ppm,
            grade: self.grade,
            credit_limit: self.credit_limit,
            terms_days: self.terms_days,
            remark,
            day: Day(self.day),
            staff_id: self.staff_id.map(Id::typed),
        })
    }
}
