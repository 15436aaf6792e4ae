//! Staff and their log-ins.

use cardea_domain::id::{StaffId, StoreId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

mirror! {
Role = cardea_engine::Role {
    /// 总部
    HqAdmin,
    /// 店长
    StoreManager,
    /// 主管
    Supervisor,
    /// 收银员
    Cashier,
    /// 顾问
    Consultant,
    /// 信息员/档案员
    Clerk,
    /// 财务
    Finance,
    /// 审计
    Auditor,
    /// A till.
    ApiClient,
    /// Maker of a plugin.
    Vendor,
}
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStaff {
    /// Log-in name, unique in the chain.
    #[schema(example = "wang.li")]
    pub user: String,
    #[schema(example = "王丽")]
    pub name: String,
    pub role: Role,
    /// Where they work; empty: the whole chain.
    #[serde(default)]
    #[schema(value_type = Vec<Uuid>)]
    pub store_ids: Vec<StoreId>,
    /// Initial; must be changed at the first log-in.
    #[schema(format = Password)]
    pub password: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StaffChange {
    pub name: Option<String>,
    pub role: Option<Role>,
    #[schema(value_type = Option<Vec<Uuid>>)]
    pub store_ids: Option<Vec<StoreId>>,
    /// false ends all their sessions at once.
    pub active: Option<bool>,
    /// A new initial password; must be changed at the next log-in.
    #[schema(format = Password)]
    pub password: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct Staff {
    #[schema(value_type = Uuid)]
    pub id: StaffId,
    pub user: String,
    pub name: String,
    pub role: Role,
    /// Empty: the whole chain.
    #[schema(value_type = Vec<Uuid>)]
    pub store_ids: Vec<StoreId>,
    pub platform_operator: bool,
    /// The password is an initial one.
    pub must_change_password: bool,
    pub active: bool,
    /// Rises with every change; the ETag.
    pub version: i64,
}

impl From<NewStaff> for cardea_engine::identity::NewStaff {
    fn from(new: NewStaff) -> Self {
        Self {
            user: new.user,
            name: new.name,
            role: new.role.into(),
            store_ids: new.store_ids,
            password: new.password,
        }
    }
}

impl From<StaffChange> for cardea_engine::identity::StaffPatch {
    fn from(change: StaffChange) -> Self {
        Self {
            name: change.name,
            role: change.role.map(Into::into),
            store_ids: change.store_ids,
            active: change.active,
            password: change.password,
        }
    }
}

shown!(Staff from cardea_engine::identity::StaffView {
    id, user, name, role, store_ids, platform_operator, must_change_password, active, version,
});
