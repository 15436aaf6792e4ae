//! For how long a chain keeps what, and what is past its time.

use super::deletion::DeletionRow;
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{Stored, Written, check_version, field};
use crate::keys::IndexKind;
use crate::store::schema::{bills, customer_indexes, customers, deletions, journal, memberships, records, retention};
use crate::store::{Answer, Conn, Id, IdempotencyKey, Name, Tx};
use crate::{Engine, each};
use cardea_domain::confidential::{DeletionGround, DeletionScope, DeletionState};
use cardea_domain::id::ChainId;
use cardea_domain::retention::{RetentionRules, kept_since};
use cardea_domain::{Day, Instant, Refusal, Zone};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// The rules, and when they were applied last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RetentionView {
    pub rules: RetentionRules,
    /// null: not yet.
    #[schema(value_type = Option<String>, format = Date)]
    pub looked_on: Option<Day>,
    /// Rises with every change; the ETag.
    pub version: i64,
}

/// Rules that replace the present ones.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetentionChange {
    pub rules: RetentionRules,
}

/// The chain's rules; none at version 0 where it has set none.
pub(crate) fn rules(conn: &mut Conn, chain: ChainId) -> Result<RetentionView> {
    let found: Option<(String, Option<i32>, i64)> = each!(conn, c => retention::table
        .filter(retention::chain_id.eq(Id::from(chain)))
        .select((retention::rules, retention::looked_on, retention::version))
        .get_result(c)
        .optional()?);
    let (rules, looked_on, version) = match found {
        Some((rules, looked_on, version)) => (serde_json::from_str(&rules)?, looked_on, version),
        None => (RetentionRules::default(), None, 0),
    };
    Ok(RetentionView {
        rules,
        looked_on: looked_on.map(Day),
        version,
    })
}

pub(crate) fn save_rules(conn: &mut Conn, chain: ChainId, view: &RetentionView) -> Result<()> {
    let chain = Id::from(chain);
    let row = (
        retention::chain_id.eq(chain),
        retention::rules.eq(serde_json::to_string(&view.rules)?),
        retention::looked_on.eq(view.looked_on.map(|day| day.0)),
        retention::version.eq(view.version),
    );
    each!(conn, c => {
        diesel::delete(retention::table.find(chain)).execute(c)?;
        diesel::insert_into(retention::table).values(row).execute(c)?;
    });
    Ok(())
}

/// Something past its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Past {
    scope: DeletionScope,
    customer: Id,
    record: Option<Id>,
}

/// Instants before which something must have been touched last.
#[derive(Clone, Copy)]
pub(crate) struct Before {
    chain: ChainId,
    since: i64,
    /// What was rejected after this isn't asked about again.
    rejected: i64,
}

impl Before {
    /// None where nothing can be that old.
    pub fn years(chain: ChainId, zone: Zone, today: Day, years: u32) -> Option<Self> {
        let first = |years| zone.instant_at(kept_since(today, years)?, 0);
        Some(Self {
            chain,
            since: first(years)?.0,
            rejected: first(1)?.0,
        })
    }
}

/// Rows of one read.
const ROWS: i64 = 500;

/// Deletions that keep a subject from being named again.
macro_rules! named_already {
    ($before:expr, $scope:expr, $subject:expr) => {
        deletions::table
            .filter(
                deletions::chain_id
                    .eq(Id::from($before.chain))
                    .and(deletions::scope.eq(Name($scope))),
            )
            .filter($subject)
            .filter(
                deletions::state
                    .eq_any([
                        Name(DeletionState::Due),
                        Name(DeletionState::Requested),
                        Name(DeletionState::Done),
                    ])
                    .or(deletions::decided_at.ge($before.rejected)),
            )
    };
}

/// Customers who never bought, aren't members, and of whom nothing was written since.
pub(crate) fn prospects(conn: &mut Conn, before: Before) -> Result<Vec<Past>> {
    let chain = Id::from(before.chain);
    let member = memberships::chain_id
        .eq(chain)
        .and(memberships::customer_id.eq(customers::id.nullable()));
    let bought = bills::chain_id
        .eq(chain)
        .and(bills::customer_id.eq(customers::id.nullable()));
    let written = journal::chain_id
        .eq(chain)
        .and(journal::customer_id.eq(customers::id))
        .and(journal::written_at.ge(before.since));
    let recorded = records::chain_id
        .eq(chain)
        .and(records::customer_id.eq(customers::id))
        .and(records::changed_at.ge(before.since));
    let named = named_already!(before, DeletionScope::Person, deletions::customer_id.eq(customers::id));
    let ids: Vec<Id> = each!(conn, c => customers::table
        .select(customers::id)
        .filter(customers::chain_id.eq(chain).and(customers::created_at.lt(before.since)))
        .filter(customers::data_key.is_not_null())
        .filter(not(exists(memberships::table.filter(member))))
        .filter(not(exists(bills::table.filter(bought))))
        .filter(not(exists(journal::table.filter(written))))
        .filter(not(exists(records::table.filter(recorded))))
        .filter(not(exists(named)))
        .order(customers::id)
        .limit(ROWS)
        .load(c)?);
    Ok(ids
        .into_iter()
        .map(|id| past(DeletionScope::Person, id, None))
        .collect())
}

/// Customers with a number of an identity document who haven't bought since.
pub(crate) fn identities(conn: &mut Conn, before: Before) -> Result<Vec<Past>> {
    let chain = Id::from(before.chain);
    let person = customers::chain_id
        .eq(chain)
        .and(customers::id.eq(customer_indexes::customer_id))
        .and(customers::created_at.lt(before.since));
    let bought = bills::chain_id
        .eq(chain)
        .and(bills::customer_id.eq(customer_indexes::customer_id.nullable()))
        .and(bills::occurred_at.ge(before.since));
    let member = memberships::chain_id
        .eq(chain)
        .and(memberships::customer_id.eq(customer_indexes::customer_id.nullable()));
    let as_member = bills::table.inner_join(
        memberships::table.on(memberships::chain_id
            .eq(bills::chain_id)
            .and(memberships::id.nullable().eq(bills::membership_id))),
    );
    let of_member = bills::chain_id.eq(chain).and(bills::occurred_at.ge(before.since));
    let named = named_already!(
        before,
        DeletionScope::Identity,
        deletions::customer_id.eq(customer_indexes::customer_id)
    );
    let ids: Vec<Id> = each!(conn, c => customer_indexes::table
        .select(customer_indexes::customer_id)
        .filter(customer_indexes::chain_id.eq(chain).and(customer_indexes::kind.eq(IndexKind::Identity.as_str())))
        .filter(exists(customers::table.filter(person)))
        .filter(not(exists(bills::table.filter(bought))))
        .filter(not(exists(as_member.filter(member).filter(of_member))))
        .filter(not(exists(named)))
        .order(customer_indexes::customer_id)
        .limit(ROWS)
        .load(c)?);
    Ok(ids
        .into_iter()
        .map(|id| past(DeletionScope::Identity, id, None))
        .collect())
}

/// Records of a type that weren't changed since.
pub(crate) fn old_records(conn: &mut Conn, before: Before, kind: Id) -> Result<Vec<Past>> {
    let chain = Id::from(before.chain);
    let named = named_already!(
        before,
        DeletionScope::Record,
        deletions::record_id.eq(records::id.nullable())
    );
    let found: Vec<(Id, Id)> = each!(conn, c => records::table
        .select((records::customer_id, records::id))
        .filter(records::chain_id.eq(chain).and(records::type_id.eq(kind)))
        .filter(records::changed_at.lt(before.since).and(records::content.ne(Vec::<u8>::new())))
        .filter(not(exists(named)))
        .order(records::id)
        .limit(ROWS)
        .load(c)?);
    let past = |(customer, record)| past(DeletionScope::Record, customer, Some(record));
    Ok(found.into_iter().map(past).collect())
}

fn past(scope: DeletionScope, customer: Id, record: Option<Id>) -> Past {
    Past {
        scope,
        customer,
        record,
    }
}

/// Names it: nothing is deleted until two people have said yes.
pub(crate) fn name(tx: &mut Tx<'_>, found: &[Past]) -> Result<()> {
    for one in found {
        let row = DeletionRow {
            record_id: one.record,
            ..DeletionRow::new(tx, one.scope, one.customer.typed(), DeletionGround::Retention)
        };
        row.insert(tx.conn())?;
    }
    Ok(())
}

impl Engine {
    /// For how long the chain keeps what.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn retention_rules(&self, actor: &Actor) -> Result<RetentionView, Refusal> {
        actor.scope(Action::DeletionRead)?;
        Ok(self.read(actor.chain, |conn| rules(conn, actor.chain))?)
    }

    /// Sets for how long; the next night looks by that.
    ///
    /// # Errors
    /// `forbidden`, `version_conflict`, `field_invalid`.
    pub async fn update_retention_rules(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        version: i64,
        change: RetentionChange,
    ) -> Result<Written<RetentionView>, Refusal> {
        actor.require(Action::ConfigurationWrite, None)?;
        if let Some((at, least)) = change.rules.fault() {
            let (zh, en) = (format!("须在 {least} 至 100 年之间"), format!("{least} to 100 years"));
            return Err(field(&format!("/rules{at}"), &zh, &en));
        }
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            check_version(rules(tx.conn(), chain)?.version, version)?;
            let new = RetentionView {
                rules: change.rules.clone(),
                looked_on: None,
                version: version + 1,
            };
            save_rules(tx.conn(), chain, &new)?;
            tx.audit("retention.update", chain.0, json!({ "rules": change.rules }));
            Answer::ok(&Stored::of(chain))
        };
        let answered = self.transact(actor, key, "retention.update", work).await?;
        Written::read(answered, |_| self.read(actor.chain, |conn| rules(conn, actor.chain)))
    }

    /// The chain's business now, for [`Before::years`].
    pub(crate) fn business_day(&self, chain: ChainId) -> Result<(Zone, Day), Refusal> {
        let zone = self.chain(chain)?.time_zone;
        let now: Instant = self.clock().business(chain);
        Ok((zone, zone.day_of(now)))
    }
}
