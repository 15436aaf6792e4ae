//! Who asks, and what for: the permission stands in the handler's type.

use super::Problem;
use crate::state::State;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use cardea_domain::Code;
use cardea_domain::id::StoreId;
use cardea_engine::Actor;
use cardea_engine::identity::Action;
use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::net::IpAddr;

/// An action as a type.
pub trait Guard: 'static {
    const ACTION: Action;
}

macro_rules! guards {
    ($($name:ident),* $(,)?) => {
        /// One type per action that a route needs.
        pub mod action {
            $(
                pub struct $name;
                impl super::Guard for $name {
                    const ACTION: super::Action = super::Action::$name;
                }
            )*
        }
    };
}

guards!(
    AuditRead,
    CardCancel,
    CardCancelLoss,
    CardFreeze,
    CardIssue,
    CardLookup,
    CardReplace,
    CardReportLoss,
    CardUnfreeze,
    ConfigurationRead,
    ConfigurationWrite,
    CustomerCreate,
    CustomerLookup,
    CustomerUpdate,
    MembershipRead,
    ProgramRead,
    ProgramWrite,
    RedemptionPost,
    ReturnPost,
    RewardRead,
    RewardWrite,
    SalePost,
    SaleRead,
    StaffRead,
    StaffWrite,
    StoreRead,
    StoreWrite,
);

/// A logged-in actor who may do `A` somewhere. Where is settled by [`Permit::at`] or by the query's own scope.
pub struct Permit<A> {
    actor: Actor,
    action: PhantomData<A>,
}

impl<A: Guard> Permit<A> {
    /// The actor, for reads that narrow themselves to what the actor may see, and for commands on things whose store
    /// only the engine knows.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The actor, to take along to another thread.
    pub fn into_actor(self) -> Actor {
        self.actor
    }

    /// The actor, permitted in this store.
    ///
    /// # Errors
    /// `forbidden` outside the actor's stores.
    pub fn at(&self, store: StoreId) -> Result<&Actor, Problem> {
        self.actor.require(A::ACTION, Some(store))?;
        Ok(&self.actor)
    }

    /// The actor, permitted in the whole chain.
    ///
    /// # Errors
    /// `forbidden` for those bound to stores.
    pub fn in_chain(&self) -> Result<&Actor, Problem> {
        self.actor.require(A::ACTION, None)?;
        Ok(&self.actor)
    }
}

impl<A: Guard> FromRequest for Permit<A> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(authenticate(req).and_then(|actor| {
            actor.scope(A::ACTION)?;
            Ok(Self {
                actor,
                action: PhantomData,
            })
        }))
    }
}

/// A logged-in actor, for what everyone may do: see who they are, log out, change their password.
pub struct Session(pub Actor);

impl FromRequest for Session {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(authenticate(req).map(Self))
    }
}

fn authenticate(req: &HttpRequest) -> Result<Actor, Problem> {
    let state = req.app_data::<web::Data<State>>().ok_or_else(unauthenticated)?;
    let token = bearer(req.headers()).ok_or_else(unauthenticated)?;
    Ok(state.engine.authenticate(token, source_ip(req))?)
}

/// Where a request comes from, for throttling and the audit log.
pub fn source_ip(req: &HttpRequest) -> Option<IpAddr> {
    req.peer_addr().map(|peer| peer.ip())
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim())
        .filter(|token| !token.is_empty())
}

fn unauthenticated() -> Problem {
    Problem::new(
        Code::Unauthenticated,
        "请先登录，并在 Authorization 请求头中带上令牌。",
        "Log in and send the token in the Authorization header.",
    )
}
