//! A campaign's row and its versions.

use crate::each;
use crate::error::Result;
use crate::store::schema::{campaign_versions, campaigns, chains};
use crate::store::{Conn, Id, Tx};
use cardea_domain::Instant;
use diesel::prelude::*;

#[derive(Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = campaigns, primary_key(chain_id, id))]
pub struct Row {
    pub(super) chain_id: Id,
    pub(super) id: Id,
    pub(super) program_id: Id,
    pub(super) code: String,
    pub(super) name_zh: String,
    pub(super) name_en: String,
    pub(super) rules: String,
    pub(super) given: i64,
    pub(super) active: bool,
    pub(super) version: i64,
}

/// What a campaign is from an instant on.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = campaign_versions)]
pub(super) struct Version {
    pub chain_id: Id,
    pub campaign_id: Id,
    pub version: i64,
    pub program_id: Id,
    pub from_at: i64,
    pub code: String,
    pub name_zh: String,
    pub name_en: String,
    pub rules: String,
    pub active: bool,
}

impl Row {
    fn as_of(&self, at: Instant) -> Version {
        Version {
            chain_id: self.chain_id,
            campaign_id: self.id,
            version: self.version,
            program_id: self.program_id,
            from_at: at.0,
            code: self.code.clone(),
            name_zh: self.name_zh.clone(),
            name_en: self.name_en.clone(),
            rules: self.rules.clone(),
            active: self.active,
        }
    }
}

/// Writes the version of a row that is about to be saved, and lets sales know that there is something new. From now on, by
/// the chain's business time: what was sold before stays under the version before.
pub(super) fn publish(tx: &mut Tx<'_>, row: &Row) -> Result<()> {
    let version = row.as_of(tx.business_now());
    let chain = chains::table.filter(chains::id.eq(row.chain_id));
    each!(tx.conn(), c => {
        diesel::insert_into(campaign_versions::table).values(&version).execute(c)?;
        diesel::update(chain).set(chains::campaigns_version.eq(chains::campaigns_version + 1)).execute(c)?;
    });
    Ok(())
}

/// Every version of a chain's campaigns.
pub(super) fn versions(conn: &mut Conn, chain: Id) -> Result<Vec<Version>> {
    Ok(each!(conn, c => campaign_versions::table
        .select(Version::as_select())
        .filter(campaign_versions::chain_id.eq(chain))
        .order((campaign_versions::campaign_id, campaign_versions::version))
        .load(c)?))
}
