//! An installed engine on a database of its own, for the unit tests of this crate.

use crate::actor::{Actor, Role};
use crate::archive::NewCustomer;
use crate::bootstrap::{NewAdmin, NewChain};
use crate::clock::Clock;
use crate::store_admin::NewStore;
use crate::{Engine, EngineOptions};
use cardea_domain::id::{ChainId, StoreId};
use cardea_domain::{Code, Instant, Refusal};
use std::fmt::Debug;

/// 2026-11-22T04:07:00Z
pub(crate) const NOW: Instant = Instant(1_795_320_420_000);

pub(crate) const PASSWORD: &str = "open sesame, please";

pub(crate) struct Fixture {
    pub engine: Engine,
    pub chain: ChainId,
    /// The chain's administrator, as the system.
    pub admin: Actor,
    pub store: StoreId,
    pub dir: tempfile::TempDir,
}

impl Fixture {
    /// A chain `demo` with user `admin` and store `s01`; the clock stands at [`NOW`].
    pub async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = EngineOptions {
            clock: Clock::fixed(NOW),
            ..EngineOptions::new(dir.path())
        };
        let engine = Engine::start(options).unwrap();
        let chain = create_chain(&engine, "demo").await;
        let admin = Actor::system(chain);
        let store = create_store(&engine, &admin, "s01").await;
        Self {
            engine,
            chain,
            admin,
            store,
            dir,
        }
    }

    /// Somebody of this role, bound to the stores.
    pub fn actor(&self, role: Role, stores: &[StoreId]) -> Actor {
        Actor {
            role,
            stores: Some(stores.to_vec()),
            ..Actor::system(self.chain)
        }
    }

    /// A customer of the fixture's store.
    pub fn customer(&self, name: &str, phone: &str) -> NewCustomer {
        serde_json::from_value(serde_json::json!({
            "name": name, "form_of_address": "ms", "phones": [phone], "birthday": "1990-05-01", "store_id": self.store,
        }))
        .unwrap()
    }

    /// Every byte that the database has written.
    pub fn files(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for file in std::fs::read_dir(self.dir.path()).unwrap() {
            let path = file.unwrap().path();
            if path.is_file() {
                bytes.extend(std::fs::read(path).unwrap());
            }
        }
        bytes
    }
}

pub(crate) async fn create_chain(engine: &Engine, code: &str) -> ChainId {
    let new = NewChain {
        code: code.into(),
        ..NewChain::first()
    };
    let admin = NewAdmin {
        user: "admin".into(),
        name: "管理员".into(),
        password: PASSWORD.to_owned().into(),
        must_change_password: false,
        platform_operator: true,
    };
    engine.create_chain(new, admin).await.unwrap().0
}

pub(crate) async fn create_store(engine: &Engine, admin: &Actor, code: &str) -> StoreId {
    let new = NewStore {
        code: code.into(),
        name: format!("{code} 店"),
        region_id: None,
        time_zone: None,
        kind: Default::default(),
    };
    engine.create_store(admin, None, new).await.unwrap().value.id
}

/// The code of a refusal.
pub(crate) fn code<T: Debug>(result: Result<T, Refusal>) -> Code {
    result.unwrap_err().code
}

/// Code and field of a refusal.
pub(crate) fn at<T: Debug>(result: Result<T, Refusal>) -> (Code, String) {
    let refusal = result.unwrap_err();
    (refusal.code, refusal.pointer.unwrap_or_default())
}

/// An idempotency key of a request.
pub(crate) fn key(key: &str, request: u8) -> Option<crate::store::IdempotencyKey> {
    Some(crate::store::IdempotencyKey {
        key: key.into(),
        request: [request; 32],
    })
}
