//! Assessing a customer: limit and terms follow from the grade.

use super::row::{AssessmentRow, purpose};
use super::{Assessment, card};
use crate::actor::Actor;
use crate::archive::find_living_customer;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{self, Stored, Written, check_version, erased, field, not_found};
use crate::store::schema::assessments;
use crate::store::{Answer, Id, IdempotencyKey, Tx};
use crate::{Engine, each};
use cardea_domain::Refusal;
use cardea_domain::id::{AssessmentId, CustomerId};
use diesel::prelude::*;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// An assessment to make.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAssessment {
    /// The version of the scorecard that was filled in.
    pub scorecard: i32,
    /// 0–100 by the criteria's codes, one for each.
    #[schema(example = json!({"reputation": 80}))]
    pub marks: BTreeMap<String, u8>,
    #[schema(min_length = 1, max_length = 2000)]
    pub remark: Option<String>,
}

impl Engine {
    /// Assesses a customer by the chain's scorecard.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `erased`, `customer_merged`, `version_conflict` (another scorecard holds), `field_invalid`.
    pub async fn assess(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        customer_id: CustomerId,
        new: NewAssessment,
    ) -> Result<Written<Assessment>, Refusal> {
        actor.scope(Action::AssessmentWrite)?;
        let remark = new.remark.as_deref();
        let remark = remark.map(|text| input::lines(text, 2000, "/remark")).transpose()?;
        let (keys, (_, today)) = (self.keys().chain(actor.chain), self.business_day(actor.chain)?);
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let customer = find_living_customer(tx.conn(), chain, customer_id)?.ok_or_else(not_found)?;
            tx.actor()
                .require(Action::AssessmentWrite, Some(customer.store_id.typed()))?;
            let person = customer.person(&keys)?.ok_or_else(erased)?;
            let card = card::current(tx.conn(), chain)?;
            check_version(card.version.into(), new.scorecard.into())?;
            let outcome = card.scorecard.judge(&new.marks).map_err(|code| {
                let (zh, en) = ("每项评 0–100 分", "Each criterion has a mark from 0 to 100");
                field(&format!("/marks/{code}"), zh, en)
            })?;
            let id: AssessmentId = tx.new_id();
            let seal = |text: &String| person.seal_as(&purpose(id.into()), text.as_bytes());
            let row = AssessmentRow {
                chain_id: chain.into(),
                id: id.into(),
                customer_id: customer.id,
                scorecard: card.version,
                marks: serde_json::to_string(&outcome.scored)?,
                score_ppm: outcome.score_ppm,
                grade: outcome.grade.name.clone(),
                credit_limit: outcome.grade.credit_limit,
                terms_days: outcome.grade.terms_days.into(),
                texts: remark
                    .as_ref()
                    .map(seal)
                    .transpose()
                    .map_err(Error::internal)?
                    .unwrap_or_default(),
                day: today.0,
                staff_id: tx.actor().staff.map(Id::from),
            };
            each!(tx.conn(), c => diesel::insert_into(assessments::table).values(&row).execute(c)?);
            let detail = json!({
                "customer_id": customer_id, "grade": row.grade, "credit_limit": row.credit_limit, "terms_days": row.terms_days,
            });
            tx.audit("assessment.write", id.0, detail);
            tx.publish(
                "customer.assessed",
                json!({ "customer_id": customer_id, "grade": row.grade }),
            );
            Answer::created(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "assessment.write", work).await?;
        Written::read(answered, |id| {
            let after = Id(uuid::Uuid::from_u128(id.as_u128().saturating_add(1)));
            let mut views = self.assessments_before(actor.chain, customer_id, after, 1)?;
            views.pop().ok_or_else(|| not_found().into())
        })
    }
}
