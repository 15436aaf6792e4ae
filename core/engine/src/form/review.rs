//! Accepting or refusing what a customer has answered, field by field. What is accepted goes on the card as told by the
//! customer.

use super::CustomerForm;
use super::answer::change_of;
use super::row::{self, Given};
use super::send::{closed, writable};
use crate::Engine;
use crate::actor::Actor;
use crate::archive::change::rewrite;
use crate::archive::{CustomerChange, find_living_customer};
use crate::error::Result;
use crate::identity::Action;
use crate::input::{Stored, Written, check_version, erased, field, not_found};
use crate::store::{Answer, Id, IdempotencyKey, Name, Tx};
use cardea_domain::Refusal;
use cardea_domain::form::{Decision, FormGroup, FormState, SOURCE, own_name};
use cardea_domain::id::{CustomerFormId, CustomerId};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// Places of answers, each at most once; what isn't named waits.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FormReview {
    /// Go on the card.
    #[serde(default)]
    pub accept: BTreeSet<String>,
    /// Go nowhere.
    #[serde(default)]
    pub refuse: BTreeSet<String>,
}

impl FormReview {
    fn of(&self, place: &str) -> Option<Decision> {
        let accepted = self.accept.contains(place).then_some(Decision::Accepted);
        accepted.or_else(|| self.refuse.contains(place).then_some(Decision::Refused))
    }

    /// What it says of answers that wait.
    fn check(&self, given: &BTreeMap<String, Given>) -> Result<(), Refusal> {
        let waits = |place: &String| given.get(place).is_some_and(|given| given.decision.is_none());
        let both = self.accept.intersection(&self.refuse).next();
        let wrong = self.accept.iter().chain(&self.refuse).find(|place| !waits(place));
        if self.accept.is_empty() && self.refuse.is_empty() || both.or(wrong).is_some() {
            return Err(field(
                "/accept",
                "没有这项待处理的回答",
                "There is no such answer that waits",
            ));
        }
        Ok(())
    }
}

/// What a customer is to be set to, and at which version of theirs.
type Accepted = Option<(i64, CustomerChange)>;

impl Engine {
    /// Decides on answers of a form.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `erased`, `decided_already`, `field_invalid`; `version_conflict` if the customer is
    /// changed meanwhile.
    pub async fn review_form(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: CustomerFormId,
        review: FormReview,
    ) -> Result<Written<CustomerForm>, Refusal> {
        actor.scope(Action::CustomerUpdate)?;
        let accepted = match self.accepted(actor, id, &review)? {
            Some((version, patch)) => Some((version, self.change(actor, patch)?.answer_by_answer())),
            None => None,
        };
        let keys = self.keys().chain(actor.chain);
        let work = move |tx: &mut Tx<'_>| {
            let (mut row, customer) = writable(tx, id)?;
            let person = customer.person(&keys)?.ok_or_else(erased)?;
            let mut given = row.given(Some(&person))?;
            if row.state.0 != FormState::Answered {
                return Err(closed().into());
            }
            review.check(&given)?;
            if let Some((version, change)) = &accepted {
                check_version(customer.version, *version)?;
                rewrite(tx, &keys, customer, change)?;
            }
            for (place, given) in &mut given {
                given.decision = given.decision.or_else(|| review.of(place));
            }
            row.give(&person, &given)?;
            if given.values().all(|given| given.decision.is_some()) {
                row.state = Name(FormState::Reviewed);
            }
            row.reviewed_by = tx.actor().staff.map(Id::from);
            row.reviewed_at = Some(tx.business_now().0);
            row.save(tx.conn())?;
            let detail =
                json!({ "customer_id": row.customer_id.0, "accepted": review.accept, "refused": review.refuse });
            tx.audit("form.review", id.0, detail);
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "form.review", work).await?;
        Written::read(answered, |id| self.customer_form(actor, id))
    }

    fn accepted(&self, actor: &Actor, id: CustomerFormId, review: &FormReview) -> Result<Accepted> {
        let (chain, keys) = (actor.chain, self.keys().chain(actor.chain));
        let found = self.read(chain, |conn| {
            let row = row::find(conn, chain.into(), id.into())?.ok_or_else(not_found)?;
            let customer: CustomerId = row.customer_id.typed();
            let customer = find_living_customer(conn, chain, customer)?.ok_or_else(not_found)?;
            actor.require(Action::CustomerUpdate, Some(customer.store_id.typed()))?;
            let given = row.given(customer.person(&keys)?.as_ref())?;
            let known = customer.contact(&keys)?.phones.clone();
            Ok((customer.version, given, known))
        })?;
        let (version, given, known) = found;
        let given = given.into_iter().filter(|(place, _)| review.accept.contains(place));
        // A value of the chain's own goes on the card under the version of today.
        let told = |(place, mut given): (String, Given)| match own_name(&place).is_some() {
            true => (place, given.value["value"].take()),
            false => (place, given.value),
        };
        let mut places: BTreeMap<String, Value> = given.map(told).collect();
        if places.is_empty() {
            return Ok(None);
        }
        // New numbers come first; nothing says that the others are gone.
        if let Some(Value::Array(phones)) = places.get_mut("phones") {
            phones.extend(known.into_iter().map(Value::from));
            phones.truncate(5);
        }
        let mut groups: Vec<FormGroup> = places.keys().filter_map(|place| FormGroup::of(place)).collect();
        groups.dedup();
        for group in groups {
            let place = format!("card/provenance/{}", group.as_str());
            places.insert(place, json!({ "source": SOURCE }));
        }
        Ok(Some((version, change_of(&places)?)))
    }
}
