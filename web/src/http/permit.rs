//! Who asks, and what for: the permission stands in the handler's type.

use super::Problem;
use crate::state::State;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use cardea_domain::Code;
use cardea_domain::id::StoreId;
use cardea_engine::identity::Guard;
use cardea_engine::{Actor, Network};
use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::net::{IpAddr, SocketAddr};

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
    let token = bearer(req.headers())?.ok_or_else(unauthenticated)?;
    Ok(state.engine.authenticate(token, source_ip(req))?)
}

/// Where a request comes from, for throttling and the audit log.
pub fn source_ip(req: &HttpRequest) -> Option<IpAddr> {
    let peer = req.peer_addr()?.ip().to_canonical();
    let trusted = req.app_data::<web::Data<State>>().map(|state| &*state.trusted_proxies);
    Some(client(peer, req.headers(), trusted.unwrap_or_default()))
}

/// The last address in `X-Forwarded-For` that no trusted proxy has: what stands before it, the client may have made up.
/// Who isn't a trusted proxy is taken for the client.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address| trusted.iter().any(|network| network.holds(address));
    if !is_trusted(peer) {
        return peer;
    }
    let values: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .filter_map(|value| value.to_str().ok())
        .collect();
    let mut nearest = peer;
    for text in values.iter().rev().flat_map(|value| value.rsplit(',')) {
        let Some(address) = forwarded(text.trim()) else {
            break;
        };
        nearest = address.to_canonical();
        if !is_trusted(nearest) {
            break;
        }
    }
    nearest
}

/// An address as proxies write it: some add the port, and brackets around the sixth version's.
fn forwarded(text: &str) -> Option<IpAddr> {
    let bare = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || Some(text.parse::<SocketAddr>().ok()?.ip());
    text.parse().ok().or_else(bare).or_else(with_port)
}

/// The token that was sent, if one was.
///
/// # Errors
/// `body_invalid` where several were: a proxy and the server might each believe another one.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut sent = headers.get_all(AUTHORIZATION);
    let first = sent.next();
    if sent.next().is_some() {
        return Err(Problem::new(
            Code::BodyInvalid,
            "Authorization 请求头只能有一个，请只发送一个令牌。",
            "There is more than one Authorization header; send one token.",
        ));
    }
    let token = || {
        let (scheme, token) = first?.to_str().ok()?.split_once(' ')?;
        let token = Some(token.trim()).filter(|token| !token.is_empty());
        scheme.eq_ignore_ascii_case("bearer").then_some(token).flatten()
    };
    Ok(token())
}

fn unauthenticated() -> Problem {
    Problem::new(
        Code::Unauthenticated,
        "请先登录，并在 Authorization 请求头中带上令牌。",
        "Log in and send the token in the Authorization header.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::ResponseError;
    use actix_web::http::StatusCode;
    use actix_web::http::header::{HeaderName, HeaderValue};

    #[test]
    fn s23_only_a_trusted_proxy_says_where_a_request_comes_from() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let network = |text: &str| Network::parse(text).unwrap();
        let (proxy, shop) = (ip("10.0.0.1"), ip("203.0.113.7"));
        let from = |peer: IpAddr, forwarded: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in forwarded {
                let value = HeaderValue::from_str(value).unwrap();
                headers.append(HeaderName::from_static("x-forwarded-for"), value);
            }
            client(peer, &headers, &[network("10.0.0.0/30"), network("fd00::/8")])
        };
        assert_eq!(from(shop, &["198.51.100.1"]), shop, "anybody can send the header");
        assert_eq!(from(proxy, &[]), proxy);
        assert_eq!(from(proxy, &["203.0.113.7"]), shop);
        assert_eq!(from(proxy, &["198.51.100.1, 203.0.113.7, 10.0.0.2"]), shop);
        assert_eq!(from(proxy, &["198.51.100.1", "203.0.113.7", "10.0.0.2"]), shop);
        assert_eq!(
            from(proxy, &["203.0.113.7, 10.0.0.4"]),
            ip("10.0.0.4"),
            "outside their network"
        );
        assert_eq!(
            from(proxy, &["203.0.113.7:50112, 10.0.0.2:443, fd00::7"]),
            shop,
            "some proxies add ports"
        );
        assert_eq!(
            from(ip("fd00::1"), &["[2001:db8::9]:4711, [fd00::2]"]),
            ip("2001:db8::9")
        );
        assert_eq!(from(proxy, &["203.0.113.7, unknown"]), proxy, "no guessing");
    }

    #[test]
    fn s22_two_authorization_headers_are_refused() {
        let mut headers = HeaderMap::new();
        assert_eq!(bearer(&headers).ok(), Some(None));
        headers.append(AUTHORIZATION, HeaderValue::from_static("Bearer one"));
        assert_eq!(bearer(&headers).ok(), Some(Some("one")));
        headers.append(AUTHORIZATION, HeaderValue::from_static("Bearer one"));
        let status = bearer(&headers).err().map(|problem| problem.status_code());
        assert_eq!(status, Some(StatusCode::BAD_REQUEST));
    }
}
