//! One HTTP request to somebody else's server: to checked addresses only, without redirects, proxies and cookies, within limits.

mod gateway;
mod webhook;

pub use gateway::{Accepted, Body, Field, Gateway, Method, Notice};
pub use webhook::{Webhook, check_webhook_url, signatures};

use crate::guard::{Blocked, Guard};
use crate::{Class, Failure, Refused};
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;
use ureq::config::Config;
use ureq::http::{HeaderName, HeaderValue, Response, Uri};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error, Timeout};

/// So much of an answer is read; the rest is left.
const ANSWER: u64 = 64 * 1024;

/// How requests are made.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    pub guard: Guard,
    /// Permits `http`, for receivers in the operator's own network.
    pub plain: bool,
    /// Certificates in PEM that are trusted instead of the public ones.
    pub trusted_ca: Option<Vec<u8>>,
    /// For looking up and for connecting, each.
    pub connect_timeout: Duration,
    /// For the answer.
    pub timeout: Duration,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            guard: Guard::public(),
            plain: false,
            trusted_ca: None,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(20),
        }
    }
}

/// Makes requests; threads share it. Each request has a connection of its own: on a kept one nobody knows whether a request that
/// failed had been read.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    plain: bool,
}

/// A request as it is sent.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub method: Method,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<Vec<u8>>,
}

/// An answer that isn't a redirect.
pub(crate) struct Answer {
    pub status: u16,
    pub retry_after: Option<Duration>,
    /// The first 64 KiB; None if the connection ended before.
    pub body: Option<Vec<u8>>,
}

impl Client {
    /// # Errors
    /// [`Refused`] where the certificates can't be read.
    pub fn new(settings: HttpSettings) -> Result<Self, Refused> {
        let mut tls = TlsConfig::builder();
        if let Some(pem) = &settings.trusted_ca {
            let certificates: Vec<Certificate<'static>> = parse_pem(pem)
                .filter_map(|item| match item {
                    Ok(PemItem::Certificate(certificate)) => Some(certificate),
                    _ => None,
                })
                .collect();
            if certificates.is_empty() {
                let (zh, en) = ("CA 文件不是 PEM 证书", "The CA file holds no certificate in PEM");
                return Err(Refused::new("trusted_ca", zh, en));
            }
            tls = tls.root_certs(RootCerts::Specific(Arc::new(certificates)));
        }
        let (connect, answer) = (settings.connect_timeout, settings.timeout);
        let config = Config::builder()
            .tls_config(tls.build())
            .https_only(!settings.plain)
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .max_idle_connections(0)
            .user_agent(concat!("cardea/", env!("CARGO_PKG_VERSION")))
            .accept_encoding("identity")
            .timeout_resolve(Some(connect))
            .timeout_connect(Some(connect))
            .timeout_send_request(Some(answer))
            .timeout_send_body(Some(answer))
            .timeout_recv_response(Some(answer))
            .timeout_recv_body(Some(answer))
            .build();
        let pinned = Pinned {
            guard: settings.guard,
            timeout: connect,
        };
        Ok(Self {
            agent: Agent::with_parts(config, DefaultConnector::default(), pinned),
            plain: settings.plain,
        })
    }

    /// Sends a request. `now` (epoch ms) is what a `Retry-After` with a date is counted from. `hidden` must not be in what failures say.
    pub(crate) fn send(&self, request: &Request, now: i64, hidden: &[&str]) -> Result<Answer, Failure> {
        let built = self.built(request).map_err(|refused| Failure::refused(&refused))?;
        let response = self.agent.run(built).map_err(|error| failure(error, hidden))?;
        let status = response.status().as_u16();
        let retry_after = retry_after(&response, now);
        if (300..400).contains(&status) {
            let failure = Failure::new(
                Class::Permanent,
                format!("服务器要求跳转（{status}），为安全起见不跟随；请改用最终网址"),
                format!("The server redirects ({status}), which isn't followed; give the final address"),
            );
            return Err(failure.with_code(status));
        }
        let mut body = Vec::new();
        let read = response.into_body().into_reader().take(ANSWER).read_to_end(&mut body);
        Ok(Answer {
            status,
            retry_after,
            body: read.ok().map(|_| body),
        })
    }

    fn built(&self, request: &Request) -> Result<ureq::http::Request<Vec<u8>>, Refused> {
        check_url(&request.url, self.plain)?;
        let wrong = || {
            Refused::new(
                "headers",
                "请求头含有不能发送的字符",
                "A header holds what can't be sent",
            )
        };
        let mut builder = ureq::http::Request::builder()
            .method(request.method.as_str())
            .uri(&request.url);
        for (name, value) in &request.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
            let mut value = HeaderValue::from_str(value).map_err(|_| wrong())?;
            value.set_sensitive(true);
            builder = builder.header(name, value);
        }
        builder
            .body(request.body.clone().unwrap_or_default())
            .map_err(|_| wrong())
    }
}

/// `https`, or `http` where that is allowed; a host; no name and password in it, which some readers take for the host.
pub(crate) fn check_url(url: &str, plain: bool) -> Result<(), Refused> {
    let parsed: Option<Uri> = url.parse().ok();
    let scheme = |uri: &Uri| match uri.scheme_str() {
        Some("https") => true,
        Some("http") => plain,
        _ => false,
    };
    let host = |uri: &Uri| {
        uri.authority()
            .is_some_and(|authority| !authority.host().is_empty() && !authority.as_str().contains('@'))
    };
    if parsed.is_some_and(|uri| scheme(&uri) && host(&uri)) {
        return Ok(());
    }
    Err(Refused::new(
        "url",
        "网址应以 https:// 开头，含域名，不含用户名和密码",
        "The address is https with a host, without a user name and password",
    ))
}

/// Looks a name up once and gives the checked addresses to the connector.
#[derive(Debug)]
struct Pinned {
    guard: Guard,
    timeout: Duration,
}

impl Resolver for Pinned {
    fn resolve(&self, uri: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let host = uri.host().ok_or(Error::HostNotFound)?;
        let usual = if uri.scheme_str() == Some("http") { 80 } else { 443 };
        let port = uri.port_u16().unwrap_or(usual);
        let found = self.guard.resolve(host, port, self.timeout);
        let mut addresses = self.empty();
        for address in found.map_err(|blocked| Error::Other(Box::new(blocked)))? {
            addresses.push(address);
        }
        Ok(addresses)
    }
}

/// What an error means: before the request was out, or after.
fn failure(error: Error, hidden: &[&str]) -> Failure {
    if let Error::Other(inner) = &error
        && let Some(blocked) = inner.downcast_ref::<Blocked>()
    {
        return blocked.failure();
    }
    if is_bad_certificate(&error) {
        let why = crate::channel::said(&error.to_string(), hidden);
        return Failure::of_channel(
            format!("服务器证书不可信（{why}）；请核对域名和 CA 证书"),
            format!("The server's certificate isn't trusted ({why}); check its name and the CA file"),
        );
    }
    if is_before_sending(&error) {
        return Failure::of_channel("无法连接服务器", "The server can't be connected to");
    }
    let failure = Failure::of_channel(
        "请求已发出，但没有收到完整的答复，可能已生效",
        "The request was sent and no complete answer came; it may have been carried out",
    );
    Failure {
        class: Class::Unknown,
        ..failure
    }
}

fn is_bad_certificate(error: &Error) -> bool {
    match error {
        Error::Rustls(_) | Error::Tls(_) => true,
        Error::Io(error) => error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()),
        _ => false,
    }
}

fn is_before_sending(error: &Error) -> bool {
    use std::io::ErrorKind::{AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkUnreachable};
    match error {
        Error::Timeout(stage) => matches!(
            stage,
            Timeout::Resolve | Timeout::Connect | Timeout::SendRequest | Timeout::SendBody
        ),
        Error::Io(error) => matches!(
            error.kind(),
            AddrNotAvailable | ConnectionRefused | HostUnreachable | NetworkUnreachable
        ),
        Error::HostNotFound
        | Error::ConnectionFailed
        | Error::BadUri(_)
        | Error::Http(_)
        | Error::RequireHttpsOnly(_) => true,
        _ => false,
    }
}

/// Seconds, or a date (RFC 9110, 10.2.3); at most a day.
fn retry_after<T>(response: &Response<T>, now: i64) -> Option<Duration> {
    let text = response.headers().get("retry-after")?.to_str().ok()?.trim();
    let seconds = match text.parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => {
            let at = httpdate::parse_http_date(text)
                .ok()?
                .duration_since(std::time::UNIX_EPOCH)
                .ok()?;
            at.as_secs().saturating_sub(u64::try_from(now / 1_000).ok()?)
        }
    };
    (seconds > 0).then(|| Duration::from_secs(seconds.min(86_400)))
}
