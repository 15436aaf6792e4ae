//! Sessions: from a bearer token to an [`Actor`], in a few microseconds when it was seen lately.

use crate::actor::{Actor, Role};
use crate::error::{Error, Result};
use crate::input::not_found;
use crate::keys::{Claims, TokenError};
use crate::store::schema::{chains, sessions, staff, staff_stores, stores};
use crate::store::{Conn, Id, Name};
use crate::{Engine, each};
use cardea_domain::id::{ChainId, SessionId, StaffId, StoreId};
use cardea_domain::{Code, Instant, Refusal, Zone};
use diesel::prelude::*;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use utoipa::ToSchema;

/// How long a session's state is believed: a disabled account stops everywhere within this time, on the server that
/// disabled it at once.
const BELIEVED: Duration = Duration::from_secs(5);
/// Tokens and sessions remembered.
const REMEMBERED: usize = 20_000;

/// Verified tokens by their hash (a signature costs 50 µs), and sessions with who they are of.
pub(crate) struct SessionCache {
    tokens: quick_cache::sync::Cache<[u8; 32], Arc<Claims>>,
    actors: quick_cache::sync::Cache<SessionId, (std::time::Instant, Arc<Actor>)>,
}

impl SessionCache {
    pub fn new() -> Self {
        Self {
            tokens: quick_cache::sync::Cache::new(REMEMBERED),
            actors: quick_cache::sync::Cache::new(REMEMBERED),
        }
    }

    /// One session has ended.
    pub fn forget(&self, session: SessionId) {
        self.actors.remove(&session);
    }

    /// Staff or their stores have changed: rare, so everybody is looked up again.
    pub fn forget_all(&self) {
        self.actors.clear();
    }
}

/// A session with its staff member, as one row.
#[derive(Clone, Debug, Queryable)]
pub(super) struct SessionRow {
    pub refresh_hash: Vec<u8>,
    pub last_used_at: i64,
    pub expires_at: i64,
    pub revoked_at: Option<i64>,
    pub staff_id: Id,
    pub role: Name<Role>,
    pub platform_operator: bool,
    pub must_change_password: bool,
    pub active: bool,
}

impl SessionRow {
    pub fn load(conn: &mut Conn, chain: ChainId, session: SessionId) -> Result<Option<Self>> {
        let same = staff::chain_id
            .eq(sessions::chain_id)
            .and(staff::id.eq(sessions::staff_id));
        Ok(each!(conn, c => sessions::table
            .inner_join(staff::table.on(same))
            .filter(sessions::chain_id.eq(Id::from(chain)).and(sessions::id.eq(Id::from(session))))
            .select((
                sessions::refresh_hash,
                sessions::last_used_at,
                sessions::expires_at,
                sessions::revoked_at,
                staff::id,
                staff::role,
                staff::platform_operator,
                staff::must_change_password,
                staff::active,
            ))
            .get_result(c)
            .optional()?))
    }

    /// Whether the session still stands at `now`.
    pub fn stands(&self, now: Instant) -> bool {
        self.active && self.revoked_at.is_none() && now.0 < self.expires_at
    }

    /// Who this session is of.
    pub fn actor(&self, conn: &mut Conn, chain: ChainId, session: SessionId) -> Result<Actor> {
        let stores = stores_of(conn, chain, self.staff_id.typed())?;
        Ok(Actor {
            staff: Some(self.staff_id.typed()),
            session: Some(session),
            role: self.role.0,
            stores: if stores.is_empty() { None } else { Some(stores) },
            platform_operator: self.platform_operator,
            must_change_password: self.must_change_password,
            ..Actor::system(chain)
        })
    }
}

/// The stores a staff member is bound to; empty: the whole chain.
pub(crate) fn stores_of(conn: &mut Conn, chain: ChainId, staff: StaffId) -> Result<Vec<StoreId>> {
    let ids = each!(conn, c => staff_stores::table
        .select(staff_stores::store_id)
        .filter(staff_stores::chain_id.eq(Id::from(chain)).and(staff_stores::staff_id.eq(Id::from(staff))))
        .order(staff_stores::store_id)
        .load::<Id>(c)?);
    Ok(ids.into_iter().map(Id::typed).collect())
}

/// Who is logged in, where, and what they may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
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

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
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
    #[schema(value_type = String, example = "Asia/Shanghai")]
    pub time_zone: Zone,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StoreShown {
    #[schema(value_type = Uuid)]
    pub id: StoreId,
    pub code: String,
    pub name: String,
}

pub(super) fn unauthenticated() -> Refusal {
    Refusal::new(
        Code::Unauthenticated,
        "登录已失效，请重新登录",
        "Log in (again): the session isn't valid",
    )
}

impl From<TokenError> for Refusal {
    fn from(e: TokenError) -> Self {
        match e {
            TokenError::Invalid => unauthenticated(),
            TokenError::Expired => Refusal::new(
                Code::TokenExpired,
                "登录令牌已过期，请刷新",
                "The access token has expired: refresh it (POST /auth/refresh)",
            ),
        }
    }
}

impl Engine {
    /// Who sends this access token. Believes a verified token until it expires, its session for 5 seconds.
    ///
    /// # Errors
    /// `unauthenticated`; `token_expired`.
    pub fn authenticate(&self, token: &str, source: Option<IpAddr>) -> Result<Actor, Refusal> {
        let cache = &self.identity().sessions;
        let now = self.clock().now();
        let hash: [u8; 32] = Sha256::digest(token).into();
        let claims = match cache.tokens.get(&hash) {
            Some(claims) if now.0.div_euclid(1000) < claims.exp => claims,
            _ => {
                let claims = Arc::new(self.keys().tokens().verify(token, now)?);
                cache.tokens.insert(hash, claims.clone());
                claims
            }
        };
        let seen = cache.actors.get(&claims.sid).filter(|(at, _)| at.elapsed() < BELIEVED);
        let actor = match seen {
            Some((_, actor)) => actor,
            None => {
                let asked = std::time::Instant::now();
                let actor = Arc::new(self.session_actor(&claims, now)?);
                cache.actors.insert(claims.sid, (asked, actor.clone()));
                actor
            }
        };
        // A session belongs to one chain and one person, whatever another token says.
        if actor.chain != claims.chain || actor.staff != Some(claims.sub) {
            return Err(unauthenticated());
        }
        Ok(Actor {
            source_ip: source.map(|ip| ip.to_string()),
            ..(*actor).clone()
        })
    }

    fn session_actor(&self, claims: &Claims, now: Instant) -> Result<Actor, Refusal> {
        self.read(claims.chain, |conn| {
            let row = SessionRow::load(conn, claims.chain, claims.sid)?.filter(|row| row.stands(now));
            row.ok_or_else(unauthenticated)?.actor(conn, claims.chain, claims.sid)
        })
        .map_err(Into::into)
    }

    /// The public halves of the token keys (`GET /.well-known/jwks.json`).
    pub fn jwks(&self) -> serde_json::Value {
        self.keys().tokens().jwks()
    }

    /// Who I am, with the language that I read.
    ///
    /// # Errors
    /// `unauthenticated` for the system itself, which is nobody.
    pub fn me(&self, actor: &Actor, locale: &'static str) -> Result<Me, Refusal> {
        let staff_id = actor.staff.ok_or_else(unauthenticated)?;
        let (user, name) = self.read(actor.chain, |conn| {
            Ok(each!(conn, c => staff::table
                .find((Id::from(actor.chain), Id::from(staff_id)))
                .select((staff::user_name, staff::name))
                .get_result::<(String, String)>(c)?))
        })?;
        Ok(Me {
            staff_id,
            user,
            name,
            role: actor.role,
            platform_operator: actor.platform_operator,
            must_change_password: actor.must_change_password,
            chain: self.chain(actor.chain)?,
            stores: self.read(actor.chain, |conn| my_stores(conn, actor))?,
            permissions: actor.permissions(),
            locale,
        })
    }

    /// A chain's figures that never change once it trades.
    ///
    /// # Errors
    /// `not_found`.
    pub fn chain(&self, chain: ChainId) -> Result<ChainShown, Refusal> {
        type Row = (String, String, String, i32, String);
        let found: Option<Row> = self.read(chain, |conn| {
            Ok(each!(conn, c => chains::table
                .find(Id::from(chain))
                .select((chains::code, chains::name, chains::currency, chains::minor_units, chains::time_zone))
                .get_result(c)
                .optional()?))
        })?;
        let (code, name, currency, minor_units, zone) = found.ok_or_else(not_found)?;
        let time_zone = zone
            .parse()
            .map_err(|e| Error::internal(format!("zone {zone:?} of chain {chain}: {e}")))?;
        Ok(ChainShown {
            id: chain,
            code,
            name,
            currency,
            minor_units: minor_units.max(0) as u32,
            time_zone,
        })
    }
}

fn my_stores(conn: &mut Conn, actor: &Actor) -> Result<Vec<StoreShown>> {
    let rows: Vec<(Id, String, String, bool)> = each!(conn, c => stores::table
        .select((stores::id, stores::code, stores::name, stores::active))
        .filter(stores::chain_id.eq(Id::from(actor.chain)))
        .order(stores::code)
        .load(c)?);
    let mine = |id: StoreId, active| actor.stores.as_ref().map_or(active, |own| own.contains(&id));
    let rows = rows.into_iter().filter(|(id, _, _, active)| mine(id.typed(), *active));
    Ok(rows
        .map(|(id, code, name, _)| StoreShown {
            id: id.typed(),
            code,
            name,
        })
        .collect())
}
