//! Who acts: the first argument of every command and query.

use cardea_domain::id::{ChainId, SessionId, StaffId, StoreId};
use cardea_domain::named;

named! {
pub enum Role {
    /// 总部
    HqAdmin = "hq_admin",
    /// 店长
    StoreManager = "store_manager",
    /// 主管
    Supervisor = "supervisor",
    /// 收银员
    Cashier = "cashier",
    /// 顾问
    Consultant = "consultant",
    /// 信息员/档案员
    Clerk = "clerk",
    /// 财务
    Finance = "finance",
    /// 审计
    Auditor = "auditor",
    /// A till.
    ApiClient = "api_client",
    /// Maker of a plugin.
    Vendor = "vendor",
}
}

/// A logged-in person or till, or the system itself (jobs, import, demo).
#[derive(Clone, Debug)]
pub struct Actor {
    pub chain: ChainId,
    /// None: the system.
    pub staff: Option<StaffId>,
    pub session: Option<SessionId>,
    pub role: Role,
    /// None: the whole chain.
    pub stores: Option<Vec<StoreId>>,
    pub platform_operator: bool,
    /// An initial password stands: nothing is permitted but changing it.
    pub must_change_password: bool,
    pub source_ip: Option<String>,
}

impl Actor {
    /// The system acting in a chain, without limits: jobs, import, demo, first run.
    pub fn system(chain: ChainId) -> Self {
        Self {
            chain,
            staff: None,
            session: None,
            role: Role::HqAdmin,
            stores: None,
            platform_operator: false,
            must_change_password: false,
            source_ip: None,
        }
    }
}
