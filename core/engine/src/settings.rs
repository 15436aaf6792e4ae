//! Documents that a chain has one of each: rules of a subject, by which it isn't asked again who may change them and how.

use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{Stored, Written, check_version};
use crate::store::schema::settings;
use crate::store::{Answer, Conn, Id, IdempotencyKey, Tx};
use crate::{Engine, each};
use cardea_domain::Refusal;
use cardea_domain::id::ChainId;
use diesel::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// Such a document; its default is what holds where a chain has set none.
pub trait Setting: Serialize + DeserializeOwned + Default + Clone + Send + Sync + 'static {
    /// Stable: in the database.
    const NAME: &'static str;
    /// In the audit log, when it is changed.
    const CHANGED: &'static str;
    /// Who may read it.
    const READ: Action;

    /// # Errors
    /// `field_invalid`, below `/value`.
    fn check(&self) -> Result<(), Refusal>;

    /// An answer in place of the change, where others have to agree to it first.
    fn hold(&self, _tx: &mut Tx<'_>) -> Result<Option<Answer>> {
        Ok(None)
    }
}

/// A document as it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SettingView<T> {
    pub value: T,
    /// 0: the usual one. Rises with every change; the ETag.
    pub version: i64,
}

/// A document that replaces the present one.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingChange<T> {
    pub value: T,
}

/// What a chain has set.
pub(crate) fn read<T: Setting>(conn: &mut Conn, chain: ChainId) -> Result<SettingView<T>> {
    let found: Option<(String, i64)> = each!(conn, c => settings::table
        .filter(settings::chain_id.eq(Id::from(chain)).and(settings::name.eq(T::NAME)))
        .select((settings::document, settings::version))
        .get_result(c)
        .optional()?);
    Ok(match found {
        Some((document, version)) => SettingView {
            value: serde_json::from_str(&document)?,
            version,
        },
        None => SettingView {
            value: T::default(),
            version: 0,
        },
    })
}

impl Engine {
    /// # Errors
    /// `forbidden`.
    pub fn setting<T: Setting>(&self, actor: &Actor) -> Result<SettingView<T>, Refusal> {
        actor.scope(T::READ)?;
        Ok(self.read(actor.chain, |conn| read(conn, actor.chain))?)
    }

    /// Replaces a document that the client saw at `version`.
    ///
    /// # Errors
    /// `forbidden`, `version_conflict`, `field_invalid`.
    pub async fn update_setting<T: Setting>(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        version: i64,
        change: SettingChange<T>,
    ) -> Result<Written<SettingView<T>>, Refusal> {
        actor.require(Action::ConfigurationWrite, None)?;
        change.value.check()?;
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            check_version(read::<T>(tx.conn(), chain)?.version, version)?;
            if let Some(waits) = change.value.hold(tx)? {
                return Ok(waits);
            }
            let row = (
                settings::chain_id.eq(Id::from(chain)),
                settings::name.eq(T::NAME),
                settings::document.eq(serde_json::to_string(&change.value)?),
                settings::version.eq(version + 1),
            );
            each!(tx.conn(), c => {
                diesel::delete(settings::table.find((Id::from(chain), T::NAME))).execute(c)?;
                diesel::insert_into(settings::table).values(row).execute(c)?;
            });
            tx.audit(T::CHANGED, chain.0, json!({ "value": change.value }));
            Answer::ok(&Stored::of(chain))
        };
        let answered = self.transact(actor, key, T::CHANGED, work).await?;
        Written::read(answered, |_| self.read(actor.chain, |conn| read(conn, actor.chain)))
    }
}
