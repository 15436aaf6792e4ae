//! Kinds of vouchers.

use crate::Engine;
use crate::actor::Actor;
use crate::each;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{self, exists, field, in_use};
use crate::page::PageArgs;
use crate::resource::{Listed, Resource, counted, listed, versioned, wanted};
use crate::store::schema::{stores, voucher_kinds};
use crate::store::{Conn, Id, Tx};
use cardea_domain::id::VoucherKindId;
use cardea_domain::voucher::VoucherRules;
use cardea_domain::{Refusal, Text};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVoucherKind {
    /// Unique in the chain.
    #[schema(example = "spring-50", pattern = r"^[A-Za-z0-9._\-]{1,32}$", max_length = 32)]
    pub code: String,
    pub name: Text,
    pub rules: VoucherRules,
}

/// Absent fields stay as they are. Once codes were issued, rules change only to their holders' advantage: a later end, a
/// higher limit; for anything else make another kind.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VoucherKindChange {
    pub name: Option<Text>,
    pub rules: Option<VoucherRules>,
    /// false: none of its codes works, and none is issued.
    pub active: Option<bool>,
}

/// A kind of vouchers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct VoucherKind {
    #[schema(value_type = Uuid)]
    pub id: VoucherKindId,
    pub code: String,
    pub name: Text,
    pub rules: VoucherRules,
    /// Codes issued so far.
    pub issued: i64,
    /// Uses of them that stand; those undone by a return don't count.
    pub used: i64,
    pub active: bool,
    /// Rises with every change; the ETag.
    pub version: i64,
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VoucherKindQuery {
    /// true: only what is in use, false: only what is archived.
    pub active: Option<bool>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

impl Listed for VoucherKindQuery {
    fn page(&self) -> PageArgs {
        PageArgs::new(self.limit, self.after.as_deref())
    }
}

/// What was issued and used is counted by others, so that a change of the kind never overwrites it.
#[derive(Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = voucher_kinds, primary_key(chain_id, id), treat_none_as_null = true)]
pub struct Row {
    pub(super) chain_id: Id,
    pub(super) id: Id,
    pub(super) code: String,
    pub(super) name_zh: String,
    pub(super) name_en: String,
    pub(super) rules: String,
    #[diesel(skip_update)]
    pub(super) issued: i64,
    #[diesel(skip_update)]
    pub(super) used: i64,
    pub(super) active: bool,
    pub(super) version: i64,
}

versioned!(Row of voucher_kinds as "voucher_kind");

/// Codes, categories and goods in the form in which bills have them.
fn checked(mut rules: VoucherRules) -> Result<VoucherRules, Refusal> {
    for names in [&mut rules.categories, &mut rules.skus] {
        names.iter_mut().for_each(|name| *name = name.trim().to_owned());
        names.sort();
        names.dedup();
    }
    rules.stores.sort();
    rules.stores.dedup();
    rules.check("/rules")?;
    Ok(rules)
}

fn written(rules: &VoucherRules) -> Result<String, Refusal> {
    serde_json::to_string(rules).map_err(|e| Error::from(e).into())
}

impl Row {
    pub(super) fn rules(&self) -> Result<VoucherRules> {
        Ok(serde_json::from_str(&self.rules)?)
    }
}

/// Finds a kind in use.
///
/// # Errors
/// `field_invalid` at `/kind_id`.
pub(super) fn in_service(conn: &mut Conn, chain: cardea_domain::id::ChainId, id: VoucherKindId) -> Result<Row> {
    use crate::resource::VersionedRow;
    let row = Row::find(conn, chain, id.into())?.filter(|row| row.active);
    row.ok_or_else(|| field("/kind_id", "没有这个券种，或已停用", "There is no such kind in use").into())
}

/// Counts codes that are made; answers the serial of the first.
pub(super) fn count_issued(conn: &mut Conn, row: &Row, codes: i64) -> Result<i64> {
    let kind = voucher_kinds::table.find((row.chain_id, row.id));
    each!(conn, c => diesel::update(kind)
        .set(voucher_kinds::issued.eq(voucher_kinds::issued + codes))
        .execute(c)?);
    Ok(row.issued + 1)
}

impl Resource for VoucherKind {
    type Row = Row;
    type New = NewVoucherKind;
    type Change = VoucherKindChange;
    type Filter = VoucherKindQuery;

    const READ: Action = Action::VoucherRead;
    const WRITE: Action = Action::VoucherWrite;

    fn version(&self) -> i64 {
        self.version
    }

    async fn draft(_: &Engine, actor: &Actor, new: NewVoucherKind) -> Result<Row, Refusal> {
        let name = input::name_pair(&new.name, "/name")?;
        Ok(Row {
            chain_id: actor.chain.into(),
            id: Id(Uuid::nil()),
            code: input::code(&new.code, "/code")?,
            name_zh: name.zh,
            name_en: name.en,
            rules: written(&checked(new.rules)?)?,
            issued: 0,
            used: 0,
            active: true,
            version: 1,
        })
    }

    fn apply(row: &mut Row, change: &VoucherKindChange) -> Result<(), Refusal> {
        if let Some(name) = &change.name {
            let name = input::name_pair(name, "/name")?;
            (row.name_zh, row.name_en) = (name.zh, name.en);
        }
        if let Some(rules) = &change.rules {
            let rules = checked(rules.clone())?;
            if row.issued > 0 && !rules.keeps(&row.rules()?) {
                let (zh, en) = (
                    "已发出券码，只能延长有效期或提高次数上限；其他规则请另建券种",
                    "Codes were issued: only a later end or a higher limit is possible; for other rules make another kind",
                );
                return Err(in_use(zh, en).at("/rules"));
            }
            row.rules = written(&rules)?;
        }
        row.active = change.active.unwrap_or(row.active);
        Ok(())
    }

    fn check(tx: &mut Tx<'_>, row: &Row, before: Option<&Row>) -> Result<()> {
        let wanted: Vec<Id> = row.rules()?.stores.into_iter().map(Id::from).collect();
        let conn = tx.conn();
        let known = counted!(conn, stores, row.chain_id, stores::id.eq_any(&wanted));
        if usize::try_from(known) != Ok(wanted.len()) {
            return Err(field("/rules/stores", "其中有不存在的门店", "One of the stores doesn't exist").into());
        }
        let same = voucher_kinds::code.eq(&row.code);
        match (before, counted!(conn, voucher_kinds, row.chain_id, same)) {
            (Some(_), _) | (None, 0) => Ok(()),
            (None, _) => Err(exists("/code").into()),
        }
    }

    fn detail(row: &Row, _: Option<&Row>) -> Value {
        let rules: Value = serde_json::from_str(&row.rules).unwrap_or_default();
        json!({ "code": row.code, "rules": rules, "active": row.active })
    }

    fn view(row: Row) -> Self {
        let rules = row.rules();
        Self {
            id: row.id.typed(),
            name: Text::new(&*row.name_zh, &*row.name_en),
            rules: rules.unwrap_or_else(|_| VoucherRules::nothing()),
            code: row.code,
            issued: row.issued,
            used: row.used,
            active: row.active,
            version: row.version,
        }
    }

    fn rows(conn: &mut Conn, actor: &Actor, filter: &VoucherKindQuery, after: Id, limit: i64) -> Result<Vec<Row>> {
        let active = wanted!(
            filter.active,
            voucher_kinds::active.eq(filter.active.unwrap_or_default())
        );
        Ok(listed!(conn, voucher_kinds: Row, actor.chain, after, limit, [active]))
    }
}
