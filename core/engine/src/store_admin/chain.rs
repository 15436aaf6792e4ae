//! What a chain sets for itself.

use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{Stored, Written, check_version, field, not_found};
use crate::store::schema::chains;
use crate::store::{Across, Answer, Conn, Id, IdempotencyKey, Scope};
use crate::{Engine, each};
use cardea_domain::id::ChainId;
use cardea_domain::money::LIMIT;
use cardea_domain::{Minor, Refusal};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// The settings of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChainSettings {
    /// A bill beyond it is booked only with `over_limit`, minor units.
    #[schema(value_type = i64, example = 100_000_000)]
    pub bill_limit: Minor,
    /// Rises with every change; the ETag.
    pub version: i64,
}

/// Absent fields stay as they are.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChainChange {
    #[schema(value_type = Option<i64>, minimum = 1)]
    pub bill_limit: Option<Minor>,
}

fn find(conn: &mut Conn, chain: ChainId) -> Result<ChainSettings> {
    let found: Option<(i64, i64)> = each!(conn, c => chains::table
        .find(Id::from(chain))
        .select((chains::bill_limit, chains::version))
        .get_result(c)
        .optional()?);
    let (bill_limit, version) = found.ok_or_else(not_found)?;
    Ok(ChainSettings { bill_limit, version })
}

/// Every chain of the installation, for what goes through all of them.
pub(crate) fn chain_ids(engine: &Engine) -> Result<Vec<ChainId>> {
    let ids: Vec<Id> = engine.read(Scope::AllChains(Across::Jobs), |conn| {
        Ok(each!(conn, c => chains::table.select(chains::id).order(chains::code).load(c)?))
    })?;
    Ok(ids.into_iter().map(Id::typed).collect())
}

impl Engine {
    /// The chain's settings.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn chain_settings(&self, actor: &Actor) -> Result<ChainSettings, Refusal> {
        actor.require(Action::StoreRead, None)?;
        Ok(self.read(actor.chain, |conn| find(conn, actor.chain))?)
    }

    /// Changes settings that the client saw at `version`.
    ///
    /// # Errors
    /// `forbidden`, `version_conflict`, `field_invalid`.
    pub async fn update_chain(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        version: i64,
        patch: ChainChange,
    ) -> Result<Written<ChainSettings>, Refusal> {
        actor.require(Action::ConfigurationWrite, None)?;
        if patch.bill_limit.is_some_and(|limit| !(1..=LIMIT).contains(&limit)) {
            let (zh, en) = ("应为 1 至 2^53 − 1", "It must be 1 to 2^53 − 1");
            return Err(field("/bill_limit", zh, en));
        }
        let answered = self
            .transact(actor, key, "chain.update", move |tx| {
                let chain = tx.chain();
                let old = find(tx.conn(), chain)?;
                check_version(old.version, version)?;
                let bill_limit = patch.bill_limit.unwrap_or(old.bill_limit);
                each!(tx.conn(), c => diesel::update(chains::table.find(Id::from(chain)))
                    .set((chains::bill_limit.eq(bill_limit), chains::version.eq(version + 1)))
                    .execute(c)?);
                tx.audit("chain.update", chain.0, json!({ "bill_limit": bill_limit }));
                Answer::ok(&Stored::of(chain))
            })
            .await?;
        Written::read(answered, |_| self.read(actor.chain, |conn| find(conn, actor.chain)))
    }
}
