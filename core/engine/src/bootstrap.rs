//! The first run: one chain, and one HQ administrator who is also the platform operator.

use crate::actor::Actor;
use crate::actor::Role;
use crate::error::{Error, Result};
use crate::identity::staff::StaffRow;
use crate::input::{self, exists, field};
use crate::keys::one_time_password;
use crate::resource::VersionedRow;
use crate::store::schema::{chains, installation};
use crate::store::{Answer, Id, Name, Scope, Tx, installed};
use crate::store_admin::zone;
use crate::{Engine, each};
use cardea_domain::id::{ChainId, StaffId};
use cardea_domain::{Refusal, money};
use diesel::prelude::*;
use serde_json::json;
use uuid::Uuid;
use zeroize::Zeroizing;

/// A chain to create.
#[derive(Clone, Debug)]
pub struct NewChain {
    /// What staff type to log in: 1–32 letters, digits, `-`, `_`, `.`; unique in the installation.
    pub code: String,
    pub name: String,
    /// ISO 4217, three capitals; its minor units follow from it.
    pub currency: String,
    /// Of the IANA database; the default of its stores.
    pub time_zone: String,
}

impl NewChain {
    /// What the first run sets up; head office renames it.
    pub fn first() -> Self {
        Self {
            code: "main".into(),
            name: "我的连锁店".into(),
            currency: "CNY".into(),
            time_zone: "Asia/Shanghai".into(),
        }
    }
}

/// A chain's first HQ administrator.
#[derive(Clone)]
pub struct NewAdmin {
    pub user: String,
    pub name: String,
    pub password: Zeroizing<String>,
    pub must_change_password: bool,
    /// May operate the installation too.
    pub platform_operator: bool,
}

/// What a start found.
pub enum Installation {
    /// The first start: print these once, they can't be read again.
    Created {
        chain_code: String,
        user: String,
        password: Zeroizing<String>,
    },
    /// Set up earlier.
    Found,
}

impl Engine {
    /// Sets up an empty database: the chain, an HQ administrator `admin` who is also platform operator, with a
    /// password that works until it is changed at the first log-in. Does nothing where that was done before.
    ///
    /// # Errors
    /// `field_invalid` for a chain that can't be created; those of [`Engine::transact`].
    pub async fn bootstrap(&self, chain: NewChain) -> Result<Installation, Refusal> {
        if self.read(Scope::Installation, installed)?.is_some() {
            return Ok(Installation::Found);
        }
        let password = one_time_password().map_err(Error::from)?;
        let admin = NewAdmin {
            user: "admin".into(),
            name: "管理员".into(),
            password: password.clone(),
            must_change_password: true,
            platform_operator: true,
        };
        let (chain_code, user) = (chain.code.clone(), admin.user.clone());
        self.create_chain(chain, admin).await?;
        Ok(Installation::Created {
            chain_code,
            user,
            password,
        })
    }

    /// Creates a chain with its first administrator; in an empty database, the installation too. Checks no
    /// permission: it is for the first run, the demo and the command line.
    ///
    /// # Errors
    /// `field_invalid`; `already_exists` (code); those of [`Engine::transact`].
    pub async fn create_chain(&self, new: NewChain, admin: NewAdmin) -> Result<(ChainId, StaffId), Refusal> {
        let code = input::code(&new.code, "/code")?;
        let name = input::text(&new.name, 100, "/name")?;
        let time_zone = zone(&new.time_zone, "/time_zone")?.name();
        let minor_units = money::minor_units(&new.currency).ok_or_else(|| {
            field(
                "/currency",
                "货币须为 ISO 4217 代码，如 CNY",
                "A currency is an ISO 4217 code such as CNY",
            )
        })?;
        let (chain, staff) = (ChainId(Uuid::now_v7()), StaffId(Uuid::now_v7()));
        let installation_id = Id(self.keys().installation_id());
        let account = StaffRow {
            chain_id: chain.into(),
            id: staff.into(),
            user_name: input::code(&admin.user, "/user")?,
            name: input::text(&admin.name, 64, "/name")?,
            role: Name(Role::HqAdmin),
            platform_operator: admin.platform_operator,
            password_hash: self.identity().passwords.hash(&admin.password).await?,
            must_change_password: admin.must_change_password,
            active: true,
            created_at: 0,
            version: 1,
            person_id: None,
        };
        let work = move |tx: &mut Tx<'_>| {
            let now = tx.now().0;
            if installed(tx.conn())?.is_none() {
                let row = (installation::id.eq(installation_id), installation::created_at.eq(now));
                each!(tx.conn(), c => diesel::insert_into(installation::table).values(row).execute(c)?);
            }
            let taken: i64 = each!(tx.conn(), c => chains::table.filter(chains::code.eq(&code)).count().get_result(c)?);
            if taken > 0 {
                return Err(exists("/code").into());
            }
            let row = (
                (
                    chains::id.eq(Id::from(chain)),
                    chains::code.eq(&code),
                    chains::name.eq(&name),
                ),
                (
                    chains::currency.eq(&new.currency),
                    chains::minor_units.eq(minor_units as i32),
                ),
                (
                    chains::time_zone.eq(time_zone),
                    chains::created_at.eq(now),
                    chains::version.eq(1),
                ),
            );
            each!(tx.conn(), c => diesel::insert_into(chains::table).values(row).execute(c)?);
            let account = StaffRow {
                created_at: now,
                ..account.clone()
            };
            account.check_user(tx.conn())?;
            account.insert(tx.conn())?;
            tx.audit(
                "chain.create",
                chain.0,
                json!({ "code": code, "name": name, "currency": new.currency }),
            );
            Ok(Answer::no_content())
        };
        self.transact(&Actor::system(chain), None, "chain.create", work).await?;
        Ok((chain, staff))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EngineOptions;
    use crate::fixture::*;
    use crate::fixture::{Backend, both};
    use crate::identity::{ChangePassword, Login};
    use crate::store_admin::Store;
    use cardea_domain::Code;

    fn start(dir: &tempfile::TempDir) -> Result<Engine> {
        Engine::start(EngineOptions::new(dir.path()))
    }

    #[tokio::test]
    async fn the_first_run_lets_one_person_in_and_the_second_finds_it() {
        let dir = tempfile::tempdir().unwrap();
        let engine = start(&dir).unwrap();
        let installation = engine.bootstrap(NewChain::first()).await.unwrap();
        let Installation::Created {
            chain_code,
            user,
            password,
        } = installation
        else {
            panic!("a fresh database")
        };
        let login = |password: &str| {
            engine.login(
                Login {
                    chain: chain_code.clone(),
                    user: user.clone(),
                    password: password.into(),
                },
                None,
            )
        };
        let tokens = login(&password).await.unwrap();
        assert!(tokens.must_change_password);
        let actor = engine.authenticate(&tokens.access_token, None).unwrap();
        assert!(actor.platform_operator);
        assert_eq!(
            code(engine.list::<Store>(&actor, &Default::default())),
            Code::PasswordChangeRequired
        );
        let change = ChangePassword {
            old_password: password.to_string(),
            new_password: PASSWORD.into(),
        };
        engine.change_password(&actor, change).await.unwrap();
        assert_eq!(code(login(&password).await), Code::LoginFailed, "once");
        let actor = engine
            .authenticate(&login(PASSWORD).await.unwrap().access_token, None)
            .unwrap();
        assert!(actor.require(crate::identity::Action::PlatformOperate, None).is_ok());
        assert!(matches!(
            engine.bootstrap(NewChain::first()).await.unwrap(),
            Installation::Found
        ));

        drop(engine);
        let engine = start(&dir).unwrap();
        assert!(matches!(
            engine.bootstrap(NewChain::first()).await.unwrap(),
            Installation::Found
        ));
        assert!(
            engine.authenticate(&tokens.access_token, None).is_ok(),
            "keys and sessions outlive a restart"
        );
    }

    #[tokio::test]
    async fn a_database_refuses_to_start_without_its_keys() {
        let dir = tempfile::tempdir().unwrap();
        start(&dir).unwrap().bootstrap(NewChain::first()).await.unwrap();
        std::fs::remove_file(dir.path().join("keys/master.key")).unwrap();
        let error = start(&dir).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(error.contains("master.key is missing"), "{error}");

        let other = tempfile::tempdir().unwrap();
        start(&other).unwrap();
        let foreign = other.path().join("keys/master.key");
        std::fs::copy(foreign, dir.path().join("keys/master.key")).unwrap();
        let error = start(&dir).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(error.contains("another installation"), "{error}");
    }

    both!(chains_are_checked);

    async fn chains_are_checked(on: Backend) {
        let f = Fixture::on(on).await;
        let admin = |user: &str| NewAdmin {
            user: user.into(),
            name: "管理员".into(),
            password: PASSWORD.to_owned().into(),
            must_change_password: false,
            platform_operator: false,
        };
        for (new, user, refusal) in [
            (
                NewChain {
                    code: "DEMO".into(),
                    ..NewChain::first()
                },
                "admin",
                (Code::AlreadyExists, "/code"),
            ),
            (
                NewChain {
                    currency: "yuan".into(),
                    ..NewChain::first()
                },
                "admin",
                (Code::FieldInvalid, "/currency"),
            ),
            (
                NewChain {
                    time_zone: "Mars".into(),
                    ..NewChain::first()
                },
                "admin",
                (Code::FieldInvalid, "/time_zone"),
            ),
            (NewChain::first(), "ad min", (Code::FieldInvalid, "/user")),
        ] {
            let refused = at(f.engine.create_chain(new, admin(user)).await);
            assert_eq!(refused, (refusal.0, refusal.1.to_owned()));
        }
    }
}
