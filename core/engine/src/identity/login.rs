//! Log-in, refresh, log-out, change of password.

use super::session::{SessionRow, unauthenticated};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::keys::{TokenKeys, check_new_password};
use crate::store::schema::{chains, sessions, staff};
use crate::store::{Across, Answer, Id, Scope, Tx};
use crate::{Engine, each};
use cardea_domain::id::{ChainId, SessionId, StaffId};
use cardea_domain::{Code, Instant, Refusal};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::net::IpAddr;
use utoipa::ToSchema;
use uuid::Uuid;
use zeroize::Zeroizing;

const HOUR: i64 = 3_600_000;
/// A session that isn't refreshed for this long ends: over night, a till asks again.
const IDLE: i64 = 12 * HOUR;
/// No session lasts longer, however busy.
const LONGEST: i64 = 7 * 24 * HOUR;

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

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    #[schema(format = Password)]
    pub old_password: String,
    /// At least ten characters.
    #[schema(format = Password)]
    pub new_password: String,
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

macro_rules! hide {
    ($($type:ident)*) => {$(
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($type)).finish_non_exhaustive()
            }
        }
    )*};
}
// Secrets don't get into logs.
hide!(Login Refresh ChangePassword Tokens);

/// A staff member as logging in sees one.
#[derive(Clone, Queryable)]
struct Account {
    chain_id: Id,
    id: Id,
    user_name: String,
    password_hash: String,
    active: bool,
}

fn login_failed() -> Refusal {
    Refusal::new(
        Code::LoginFailed,
        "连锁代码、用户名或密码不正确",
        "The chain, the user or the password is wrong",
    )
}

impl Engine {
    /// Counts a look at a one-time link: who guesses them is slowed down as who guesses passwords is.
    ///
    /// # Errors
    /// `login_throttled`
    pub(crate) fn permit_link(&self, source: Option<IpAddr>) -> Result<(), Refusal> {
        if self.identity().throttle.permits_link(source) {
            return Ok(());
        }
        Err(throttled())
    }

    /// Counts codes of vouchers that somebody presents, those that work as well: who guesses them is slowed down.
    ///
    /// # Errors
    /// `login_throttled`
    pub(crate) fn permit_vouchers(&self, actor: &Actor, codes: usize) -> Result<(), Refusal> {
        let who = actor.staff.map_or_else(String::new, |id| id.to_string());
        let codes = u32::try_from(codes).unwrap_or(u32::MAX);
        if codes == 0
            || self
                .identity()
                .throttle
                .permits_vouchers(&actor.chain.to_string(), &who, codes)
        {
            return Ok(());
        }
        Err(throttled())
    }
}

fn throttled() -> Refusal {
    Refusal::new(
        Code::LoginThrottled,
        "尝试次数过多，请稍后再试",
        "Too many attempts; wait a minute and try again",
    )
}

impl Engine {
    /// Logs in. An unknown chain or user, a wrong password and a disabled account get the same answer in the same
    /// time.
    ///
    /// # Errors
    /// `login_failed`; `login_throttled`; those of [`Engine::transact`].
    pub async fn login(&self, login: Login, source: Option<IpAddr>) -> Result<Tokens, Refusal> {
        let password = Zeroizing::new(login.password);
        let (chain, user) = (login.chain.trim().to_lowercase(), login.user.trim().to_lowercase());
        if !self.identity().throttle.permits(&chain, &user, source) {
            if self.identity().throttle.tells(&chain, &user) {
                self.note_refusal(self.account(&chain, &user)?.as_ref(), source, "auth.login_throttled");
            }
            return Err(throttled());
        }
        let account = self.account(&chain, &user)?;
        let stored = account.as_ref().map(|account| account.password_hash.as_str());
        let right = self.identity().passwords.verify(&password, stored).await?;
        let Some(account) = account.as_ref().filter(|account| right && account.active) else {
            tracing::info!(source = source.map(|ip| ip.to_string()), "a log-in failed");
            self.note_refusal(account.as_ref(), source, "auth.login_failed");
            return Err(login_failed());
        };
        self.identity().throttle.remember(&chain, &user, source);
        self.open_session(account.chain_id.typed(), account.id.typed(), source)
            .await
    }

    /// Writes down who was refused and from where, beside the answer: waiting for it would tell that the account exists.
    /// Names of nobody's aren't written: people type passwords into that field.
    fn note_refusal(&self, account: Option<&Account>, source: Option<IpAddr>, action: &'static str) {
        let Some(account) = account else { return };
        let staff: StaffId = account.id.typed();
        let actor = Actor {
            source_ip: source.map(|ip| ip.to_string()),
            ..Actor::system(account.chain_id.typed())
        };
        let engine = self.clone();
        tokio::spawn(async move {
            let work = move |tx: &mut Tx<'_>| {
                tx.audit(action, staff.0, json!({}));
                Ok(Answer::no_content())
            };
            if let Err(refusal) = engine.transact(&actor, None, action, work).await {
                tracing::warn!(
                    code = refusal.code.as_str(),
                    action,
                    "a refused log-in wasn't written down"
                );
            }
        });
    }

    fn account(&self, chain: &str, user: &str) -> Result<Option<Account>> {
        self.read(Scope::AllChains(Across::ChainByCode), |conn| {
            Ok(each!(conn, c => staff::table
                .inner_join(chains::table.on(chains::id.eq(staff::chain_id)))
                .filter(chains::code.eq(chain).and(staff::user_name.eq(user)))
                .select((staff::chain_id, staff::id, staff::user_name, staff::password_hash, staff::active))
                .get_result(c)
                .optional()?))
        })
    }

    async fn open_session(&self, chain: ChainId, staff: StaffId, source: Option<IpAddr>) -> Result<Tokens, Refusal> {
        let session = SessionId(Uuid::now_v7());
        let refresh = self
            .keys()
            .tokens()
            .issue_refresh(chain, session)
            .map_err(Error::internal)?;
        let hash = refresh.hash;
        let actor = Actor {
            staff: Some(staff),
            session: Some(session),
            source_ip: source.map(|ip| ip.to_string()),
            ..Actor::system(chain)
        };
        let work = move |tx: &mut Tx<'_>| {
            let now = tx.now().0;
            let row = (
                (
                    sessions::chain_id.eq(Id::from(chain)),
                    sessions::id.eq(Id::from(session)),
                ),
                sessions::staff_id.eq(Id::from(staff)),
                sessions::refresh_hash.eq(hash.as_slice()),
                (
                    sessions::created_at.eq(now),
                    sessions::last_used_at.eq(now),
                    sessions::expires_at.eq(now + LONGEST),
                ),
            );
            each!(tx.conn(), c => diesel::insert_into(sessions::table).values(row).execute(c)?);
            tx.audit("auth.login", staff.0, json!({}));
            Ok(Answer::no_content())
        };
        self.transact(&actor, None, "auth.login", work).await?;
        self.tokens(chain, session, refresh.token.to_string())
    }

    fn tokens(&self, chain: ChainId, session: SessionId, refresh_token: String) -> Result<Tokens, Refusal> {
        let row = self
            .read(chain, |conn| SessionRow::load(conn, chain, session))?
            .ok_or_else(unauthenticated)?;
        let access_token = self
            .keys()
            .tokens()
            .issue(chain, row.staff_id.typed(), session, self.clock().now())?;
        Ok(Tokens {
            access_token,
            refresh_token,
            expires_in: TokenKeys::ACCESS_SECONDS,
            must_change_password: row.must_change_password,
        })
    }

    /// Exchanges a refresh token for new tokens. One that was used before has been copied by somebody: the session
    /// ends for both of them.
    ///
    /// # Errors
    /// `unauthenticated`; `login_throttled`; those of [`Engine::transact`].
    pub async fn refresh(&self, refresh_token: &str, source: Option<IpAddr>) -> Result<Tokens, Refusal> {
        if !self.identity().throttle.permits_refresh(source) {
            return Err(throttled());
        }
        let given = self.keys().tokens().parse_refresh(refresh_token)?;
        let (chain, session) = (given.chain, given.session);
        let next = self
            .keys()
            .tokens()
            .issue_refresh(chain, session)
            .map_err(Error::internal)?;
        let actor = self.read(chain, |conn| match SessionRow::load(conn, chain, session)? {
            Some(row) => row.actor(conn, chain, session),
            None => Err(unauthenticated().into()),
        })?;
        let actor = Actor {
            source_ip: source.map(|ip| ip.to_string()),
            ..actor
        };
        let hash = next.hash;
        let answered = self.transact(&actor, None, "auth.refresh", move |tx| {
            rotate(tx, given.session, given.hash, hash)
        });
        let outcome: Outcome = serde_json::from_str(&answered.await?.json).map_err(Error::from)?;
        match outcome {
            Outcome::Rotated => self.tokens(chain, session, next.token.to_string()),
            Outcome::Ended => Err(unauthenticated()),
            Outcome::Reused => {
                self.identity().sessions.forget(session);
                tracing::warn!(%session, "a refresh token was used twice: its session has ended");
                Err(unauthenticated())
            }
        }
    }

    /// Ends the session.
    ///
    /// # Errors
    /// Those of [`Engine::transact`].
    pub async fn logout(&self, actor: &Actor) -> Result<(), Refusal> {
        let session = actor.session.ok_or_else(unauthenticated)?;
        let work = move |tx: &mut Tx<'_>| {
            revoke(tx, session)?;
            let staff = tx.actor().staff.map(|staff| staff.0);
            tx.audit("auth.logout", staff, json!({}));
            Ok(Answer::no_content())
        };
        self.transact(actor, None, "auth.logout", work).await?;
        self.identity().sessions.forget(session);
        Ok(())
    }

    /// Changes one's own password; every other session of the account ends.
    ///
    /// # Errors
    /// `login_failed` (old password); `field_invalid`; `login_throttled`; those of [`Engine::transact`].
    pub async fn change_password(&self, actor: &Actor, change: ChangePassword) -> Result<(), Refusal> {
        let (old, new) = (Zeroizing::new(change.old_password), Zeroizing::new(change.new_password));
        let staff_id = actor.staff.ok_or_else(unauthenticated)?;
        let (chain, keep) = (actor.chain, actor.session);
        if !self
            .identity()
            .throttle
            .permits(&chain.to_string(), &staff_id.to_string(), None)
        {
            return Err(throttled());
        }
        let account: Account = self.read(chain, |conn| {
            Ok(each!(conn, c => staff::table
                .find((Id::from(chain), Id::from(staff_id)))
                .select((staff::chain_id, staff::id, staff::user_name, staff::password_hash, staff::active))
                .get_result(c)?))
        })?;
        let passwords = &self.identity().passwords;
        if !passwords.verify(&old, Some(&account.password_hash)).await? {
            return Err(
                Refusal::new(Code::LoginFailed, "原密码不正确", "The old password is wrong").at("/old_password"),
            );
        }
        check_new_password(&new, &account.user_name, "/new_password")?;
        if *old == *new {
            let (zh, en) = ("新密码不能与原密码相同", "The new password differs from the old one");
            return Err(Refusal::new(Code::FieldInvalid, zh, en).at("/new_password"));
        }
        let hash = passwords.hash(&new).await?;
        let work = move |tx: &mut Tx<'_>| {
            let row = staff::table.find((Id::from(chain), Id::from(staff_id)));
            each!(tx.conn(), c => diesel::update(row)
                .set((
                    staff::password_hash.eq(&hash),
                    staff::must_change_password.eq(false),
                    staff::version.eq(staff::version + 1),
                ))
                .execute(c)?);
            revoke_all(tx, staff_id, keep)?;
            tx.audit("auth.password", staff_id.0, json!({}));
            Ok(Answer::no_content())
        };
        self.transact(actor, None, "auth.password", work).await?;
        self.identity().sessions.forget_all();
        Ok(())
    }
}

/// What became of a refresh token. Not a refusal: ending a session is a write that must stay.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Rotated,
    Ended,
    Reused,
}

fn rotate(tx: &mut Tx<'_>, session: SessionId, given: [u8; 32], next: [u8; 32]) -> Result<Answer> {
    let (chain, now) = (tx.chain(), tx.now());
    let row = SessionRow::load(tx.conn(), chain, session)?;
    let outcome = match row.filter(|row| row.stands(now) && now.0 < row.last_used_at + IDLE) {
        None => Outcome::Ended,
        Some(row) if row.refresh_hash != given => {
            revoke(tx, session)?;
            tx.audit("auth.refresh_reused", row.staff_id.0, json!({}));
            Outcome::Reused
        }
        Some(_) => {
            let row = sessions::table.find((Id::from(chain), Id::from(session)));
            each!(tx.conn(), c => diesel::update(row)
                .set((sessions::refresh_hash.eq(next.as_slice()), sessions::last_used_at.eq(now.0)))
                .execute(c)?);
            Outcome::Rotated
        }
    };
    Answer::ok(&outcome)
}

fn revoke(tx: &mut Tx<'_>, session: SessionId) -> Result<()> {
    let now: Instant = tx.now();
    let row = sessions::table.find((Id::from(tx.chain()), Id::from(session)));
    each!(tx.conn(), c => diesel::update(row.filter(sessions::revoked_at.is_null()))
        .set(sessions::revoked_at.eq(now.0))
        .execute(c)?);
    Ok(())
}

/// Ends every session of a staff member but `keep`.
pub(super) fn revoke_all(tx: &mut Tx<'_>, staff: StaffId, keep: Option<SessionId>) -> Result<()> {
    let (chain, now) = (tx.chain(), tx.now());
    let keep = Id::from(keep.unwrap_or(SessionId(Uuid::nil())));
    each!(tx.conn(), c => diesel::update(sessions::table)
        .filter(sessions::chain_id.eq(Id::from(chain)).and(sessions::staff_id.eq(Id::from(staff))))
        .filter(sessions::revoked_at.is_null().and(sessions::id.ne(keep)))
        .set(sessions::revoked_at.eq(now.0))
        .execute(c)?);
    Ok(())
}
