//! Log-in, tokens, and who one is.

use cardea_domain::id::{ChainId, StaffId, StoreId};
use cardea_engine::Role;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// Code of the chain.
    #[schema(example = "cardea")]
    pub chain: String,
    #[schema(example = "admin")]
    pub user: String,
    #[schema(format = Password)]
    pub password: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// Of the last answer; each works once.
    pub refresh_token: String,
}

#[derive(Serialize, ToSchema)]
pub struct Tokens {
    /// Goes into `Authorization: Bearer …`.
    pub access_token: String,
    pub refresh_token: String,
    /// Seconds until `access_token` ends.
    #[schema(example = 600)]
    pub expires_in: i64,
    /// The password is an initial one: nothing but `POST /auth/password` works.
    pub must_change_password: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    #[schema(format = Password)]
    pub old_password: String,
    /// At least ten characters.
    #[schema(format = Password)]
    pub new_password: String,
}

/// Who is logged in, where, and what they may do.
#[derive(Serialize, ToSchema)]
pub struct Me {
    #[schema(value_type = Uuid)]
    pub staff_id: StaffId,
    pub user: String,
    pub name: String,
    pub role: Role,
    pub platform_operator: bool,
    /// The password is an initial one: nothing but `POST /auth/password` works.
    pub must_change_password: bool,
    pub chain: ChainShown,
    /// The stores to work in.
    pub stores: Vec<StoreShown>,
    /// Names of actions, e.g. `sale.post`.
    pub permissions: Vec<&'static str>,
    /// From `Accept-Language`.
    #[schema(example = "zh-CN")]
    pub locale: &'static str,
}

#[derive(Serialize, ToSchema)]
pub struct ChainShown {
    #[schema(value_type = Uuid)]
    pub id: ChainId,
    pub code: String,
    pub name: String,
    /// ISO 4217.
    #[schema(example = "CNY")]
    pub currency: String,
    /// Decimal places of the currency.
    #[schema(example = 2)]
    pub minor_units: u32,
    #[schema(example = "Asia/Shanghai")]
    pub time_zone: String,
}

#[derive(Serialize, ToSchema)]
pub struct StoreShown {
    #[schema(value_type = Uuid)]
    pub id: StoreId,
    pub code: String,
    pub name: String,
}

shown!(Tokens from cardea_engine::identity::Tokens { access_token, refresh_token, expires_in, must_change_password });
shown!(StoreShown from cardea_engine::identity::StoreBrief { id, code, name });

impl From<Login> for cardea_engine::identity::Login {
    fn from(login: Login) -> Self {
        Self {
            chain: login.chain,
            user: login.user,
            password: login.password,
        }
    }
}

impl From<ChangePassword> for cardea_engine::identity::ChangePassword {
    fn from(change: ChangePassword) -> Self {
        Self {
            old_password: change.old_password,
            new_password: change.new_password,
        }
    }
}

impl From<cardea_engine::identity::ChainView> for ChainShown {
    fn from(chain: cardea_engine::identity::ChainView) -> Self {
        Self {
            id: chain.id,
            code: chain.code,
            name: chain.name,
            currency: chain.currency,
            minor_units: chain.minor_units,
            time_zone: chain.time_zone.to_string(),
        }
    }
}

impl Me {
    pub fn new(me: cardea_engine::identity::Me, language: crate::http::Language) -> Self {
        Self {
            staff_id: me.staff_id,
            user: me.user,
            name: me.name,
            role: me.role,
            platform_operator: me.platform_operator,
            must_change_password: me.must_change_password,
            chain: me.chain.into(),
            stores: me.stores.into_iter().map(Into::into).collect(),
            permissions: me.permissions,
            locale: language.tag(),
        }
    }
}
