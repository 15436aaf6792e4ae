//! How often customers hear from the shop, by grade: one document of the chain.

use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{Stored, Written, check_version, field};
use crate::store::schema::service_standards;
use crate::store::{Answer, Conn, Id, IdempotencyKey};
use crate::{Engine, each};
use cardea_domain::Refusal;
use cardea_domain::id::ChainId;
use cardea_domain::task::ServiceStandards;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// The chain's service standards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ServiceStandardsView {
    pub standards: ServiceStandards,
    /// Rises with every change; the ETag.
    pub version: i64,
}

/// Standards that replace the present ones.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceStandardsChange {
    pub standards: ServiceStandards,
}

/// The usual ones at version 0 where the chain has set none.
pub(crate) fn standards(conn: &mut Conn, chain: ChainId) -> Result<ServiceStandardsView> {
    let found: Option<(String, i64)> = each!(conn, c => service_standards::table
        .filter(service_standards::chain_id.eq(Id::from(chain)))
        .select((service_standards::standards, service_standards::version))
        .get_result(c)
        .optional()?);
    Ok(match found {
        Some((standards, version)) => ServiceStandardsView {
            standards: serde_json::from_str(&standards)?,
            version,
        },
        None => ServiceStandardsView {
            standards: ServiceStandards::default(),
            version: 0,
        },
    })
}

impl Engine {
    /// # Errors
    /// `forbidden`.
    pub fn service_standards(&self, actor: &Actor) -> Result<ServiceStandardsView, Refusal> {
        actor.scope(Action::TaskRead)?;
        Ok(self.read(actor.chain, |conn| standards(conn, actor.chain))?)
    }

    /// Sets the standards; they hold for the next contacts.
    ///
    /// # Errors
    /// `forbidden`, `version_conflict`, `field_invalid`.
    pub async fn update_service_standards(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        version: i64,
        change: ServiceStandardsChange,
    ) -> Result<Written<ServiceStandardsView>, Refusal> {
        actor.require(Action::ConfigurationWrite, None)?;
        if let Some(name) = change.standards.fault() {
            let (zh, en) = (
                "间隔 1–365 天（每年至少联系一次），提前 0–30 天",
                "1–365 days (at least one contact a year), 0–30 ahead",
            );
            return Err(field(&format!("/standards/{name}"), zh, en));
        }
        let answered = self
            .transact(actor, key, "service_standards.update", move |tx| {
                let chain = tx.chain();
                check_version(standards(tx.conn(), chain)?.version, version)?;
                let row = (
                    service_standards::chain_id.eq(Id::from(chain)),
                    service_standards::standards.eq(serde_json::to_string(&change.standards)?),
                    service_standards::version.eq(version + 1),
                );
                each!(tx.conn(), c => {
                    diesel::delete(service_standards::table.find(Id::from(chain))).execute(c)?;
                    diesel::insert_into(service_standards::table).values(row).execute(c)?;
                });
                tx.audit(
                    "service_standards.update",
                    chain.0,
                    json!({ "standards": change.standards }),
                );
                Answer::ok(&Stored::of(chain))
            })
            .await?;
        Written::read(answered, |_| {
            self.read(actor.chain, |conn| standards(conn, actor.chain))
        })
    }
}
