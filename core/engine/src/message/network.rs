//! Which servers messages go to, and the connections to them that are kept.

use super::breakers::Breakers;
use super::channel::{Sealed, Transport};
use crate::error::{Error, Result};
use crate::keys::ChainKeys;
use cardea_domain::id::ChainId;
use cardea_domain::message::Channel;
use cardea_messages::breaker::Pass;
use cardea_messages::guard::Guard;
use cardea_messages::http::{Client, HttpSettings};
use cardea_messages::{Outcome, Refused};
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

/// What the operator says about messages.
#[derive(Clone, Debug, Default)]
pub struct NetworkOptions {
    /// Networks that messages may be sent into although they aren't public, such as `10.1.0.0/16`; there also unencrypted.
    pub networks: Vec<String>,
    /// Certificates in PEM that are trusted too.
    pub extra_ca: Option<Vec<u8>>,
    /// `https` address of this server as customers reach it, without a slash at its end; for links in messages.
    pub public_url: Option<String>,
    /// How long a server has what it sends for itself; None: ten minutes.
    pub lease: Option<Duration>,
}

/// # Errors
/// What is wrong with a list of networks.
pub fn check_networks(networks: &[String]) -> std::result::Result<(), String> {
    Guard::allowing(networks).map(drop).map_err(|refused| refused.detail.en)
}

/// Longer than any server may take for a message.
const LEASE_MS: i64 = 10 * 60_000;

type Kept = (i64, Arc<Transport>);

/// Connections and breakers of all chains.
pub(crate) struct Network {
    pub guard: Guard,
    pub own: bool,
    pub extra_ca: Option<Vec<u8>>,
    pub public_url: Option<String>,
    pub client: Arc<Client>,
    pub lease_ms: i64,
    transports: Mutex<HashMap<(ChainId, Channel), Kept>>,
    breakers: Breakers<(ChainId, Channel)>,
    begun: Mutex<HashSet<ChainId>>,
}

fn wrong(refused: &Refused) -> Error {
    Error::internal(format!("{}: {}", refused.field, refused.detail.en))
}

impl Network {
    /// # Errors
    /// Networks or certificates that can't be read.
    pub fn new(options: &NetworkOptions) -> Result<Self> {
        let own = !options.networks.is_empty();
        let guard = if own {
            Guard::allowing(&options.networks).map_err(|refused| wrong(&refused))?
        } else {
            Guard::public()
        };
        let settings = HttpSettings {
            guard: guard.clone(),
            plain: own,
            trusted_ca: options.extra_ca.clone(),
            ..HttpSettings::default()
        };
        Ok(Self {
            guard,
            own,
            extra_ca: options.extra_ca.clone(),
            public_url: options.public_url.clone(),
            client: Arc::new(Client::new(settings).map_err(|refused| wrong(&refused))?),
            lease_ms: options.lease.map_or(LEASE_MS, |lease| lease.as_millis() as i64),
            transports: Mutex::default(),
            breakers: Breakers::default(),
            begun: Mutex::default(),
        })
    }

    /// The way to a channel's server; kept until the channel is changed.
    ///
    /// # Errors
    /// [`Refused`] for settings that can't work.
    pub fn transport(&self, keys: &ChainKeys, found: &Sealed) -> Result<std::result::Result<Arc<Transport>, Refused>> {
        let place = (found.chain, found.channel);
        if let Some((version, transport)) = self.transports.lock().get(&place)
            && *version == found.version
        {
            return Ok(Ok(transport.clone()));
        }
        let transport = match found.open(keys, self)? {
            Ok(transport) => Arc::new(transport),
            Err(refused) => return Ok(Err(refused)),
        };
        // Another server's settings: what was known of the one before says nothing of it.
        self.breakers.forget(&place);
        self.transports.lock().insert(place, (found.version, transport.clone()));
        Ok(Ok(transport))
    }

    /// Whether this process has sent for a chain before.
    pub fn has_begun(&self, chain: ChainId) -> bool {
        self.begun.lock().contains(&chain)
    }

    pub fn begin(&self, chain: ChainId) {
        self.begun.lock().insert(chain);
    }

    /// Whether a message may go; else when to ask again (epoch ms).
    pub fn ask(&self, place: (ChainId, Channel), now: i64) -> Pass {
        self.breakers.ask(place, now)
    }

    /// What became of it.
    pub fn learn(&self, place: (ChainId, Channel), now: i64, outcome: &Outcome) {
        self.breakers.learn(place, now, outcome);
    }

    /// Until when a channel rests because its server fails; epoch ms.
    pub fn paused_until(&self, place: (ChainId, Channel), now: i64) -> Option<i64> {
        self.breakers.paused_until(&place, now)
    }
}

/// The host of an address that is written as numbers, or this machine.
fn literal(url: &str) -> Option<std::net::IpAddr> {
    let rest = url.split_once("://")?.1;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split_once(']')?.0,
        None => authority.split(':').next()?,
    };
    if host == "localhost" {
        return Some(std::net::Ipv4Addr::LOCALHOST.into());
    }
    host.parse().ok()
}

impl Network {
    /// Whether an address names a machine in the operator's own networks by its number.
    pub fn is_own(&self, url: &str) -> bool {
        literal(url).is_some_and(|address| !cardea_messages::guard::is_public(address) && self.guard.permits(address))
    }

    /// Whether an address names a machine by its number that nothing may be sent to.
    pub fn is_refused(&self, url: &str) -> bool {
        literal(url).is_some_and(|address| !self.guard.permits(address))
    }
}
