//! Slows down who tries passwords: per account, per source, and all together.

use governor::clock::DefaultClock;
use governor::state::keyed::DashMapStateStore;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

type Keyed<K> = RateLimiter<K, DashMapStateStore<K>, DefaultClock>;

/// Accounts and sources remembered before those that have recovered are forgotten: a flood of made-up names must not
/// fill the memory.
const REMEMBERED: usize = 10_000;

/// Attempts to log in, the right ones included: what is counted must not tell whether the password was right.
pub(crate) struct Throttle {
    /// 10 at once, then one in 30 s.
    accounts: Keyed<[u8; 32]>,
    /// A whole store may share an address: 100 at once, then 2 per second.
    sources: Keyed<IpAddr>,
    /// Refresh tokens cost no hash, and who guesses passwords at the same address must not put tills out: 200 at once, then
    /// 10 per second.
    refreshes: Keyed<IpAddr>,
    /// One-time links, as log-ins: 100 at once, then 2 per second.
    links: Keyed<IpAddr>,
    /// Where accounts have logged in from since the start.
    familiar: Mutex<HashSet<[u8; 32]>>,
    /// By account and familiar source, as many as an account's: who guesses elsewhere doesn't lock it here.
    at_home: Keyed<[u8; 32]>,
    /// Whose throttling was written down lately: once a minute and account.
    told: Keyed<[u8; 32]>,
    /// Codes of vouchers, the right ones included: 60 at once for each account, then one in 2 s.
    vouchers: Keyed<[u8; 32]>,
    /// What the password hash can bear: 400 at once, then 40 per second.
    all: RateLimiter<NotKeyed, InMemoryState, DefaultClock>,
}

const fn at_least_one(n: u32) -> NonZeroU32 {
    match NonZeroU32::new(n) {
        Some(n) => n,
        None => NonZeroU32::MIN,
    }
}

fn quota(burst: u32, period: Duration) -> Quota {
    Quota::with_period(period)
        .unwrap_or(Quota::per_second(NonZeroU32::MIN))
        .allow_burst(at_least_one(burst))
}

impl Throttle {
    pub fn new() -> Self {
        Self {
            accounts: RateLimiter::keyed(quota(10, Duration::from_secs(30))),
            sources: RateLimiter::keyed(quota(100, Duration::from_millis(500))),
            refreshes: RateLimiter::keyed(quota(200, Duration::from_millis(100))),
            links: RateLimiter::keyed(quota(100, Duration::from_millis(500))),
            familiar: Mutex::default(),
            at_home: RateLimiter::keyed(quota(10, Duration::from_secs(30))),
            told: RateLimiter::keyed(quota(1, Duration::from_secs(60))),
            vouchers: RateLimiter::keyed(quota(60, Duration::from_secs(2))),
            all: RateLimiter::direct(quota(400, Duration::from_millis(25))),
        }
    }

    /// Counts an attempt; false: too many.
    pub fn permits(&self, chain: &str, user: &str, source: Option<IpAddr>) -> bool {
        self.forget();
        // The source first: who floods from one address can't use up an account's attempts.
        let ip = source;
        let source = ip.is_none_or(|source| self.sources.check_key(&source).is_ok());
        source && self.permits_account(chain, user, ip) && self.all.check().is_ok()
    }

    fn permits_account(&self, chain: &str, user: &str, source: Option<IpAddr>) -> bool {
        let home = source.map(|source| place(chain, user, source));
        match home.filter(|home| self.familiar.lock().contains(home)) {
            Some(home) => self.at_home.check_key(&home).is_ok(),
            None => self.accounts.check_key(&account(chain, user)).is_ok(),
        }
    }

    /// Remembers where an account has logged in from.
    pub fn remember(&self, chain: &str, user: &str, source: Option<IpAddr>) {
        let Some(source) = source else { return };
        let mut familiar = self.familiar.lock();
        if familiar.len() >= REMEMBERED {
            familiar.clear();
        }
        familiar.insert(place(chain, user, source));
    }

    /// Counts use of a refresh token.
    pub fn permits_refresh(&self, source: Option<IpAddr>) -> bool {
        source.is_none_or(|source| self.refreshes.check_key(&source).is_ok())
    }

    /// Counts a look at a one-time link.
    pub fn permits_link(&self, source: Option<IpAddr>) -> bool {
        self.forget();
        source.is_none_or(|source| self.links.check_key(&source).is_ok())
    }

    /// Counts codes of vouchers that somebody of a chain presents; false: too many.
    pub fn permits_vouchers(&self, chain: &str, who: &str, codes: u32) -> bool {
        self.forget();
        (0..codes).all(|_| self.vouchers.check_key(&account(chain, who)).is_ok())
    }

    /// Whether it is time to write down that this account's attempts are refused: a flood must not fill the audit log.
    pub fn tells(&self, chain: &str, user: &str) -> bool {
        self.told.check_key(&account(chain, user)).is_ok()
    }

    fn forget(&self) {
        if self.accounts.len() > REMEMBERED {
            self.accounts.retain_recent();
        }
        for sources in [&self.sources, &self.refreshes, &self.links] {
            if sources.len() > REMEMBERED {
                sources.retain_recent();
            }
        }
        if self.at_home.len() > REMEMBERED {
            self.at_home.retain_recent();
        }
        if self.vouchers.len() > REMEMBERED {
            self.vouchers.retain_recent();
        }
        if self.told.len() > REMEMBERED {
            self.told.retain_recent();
        }
    }
}

/// Of any length the client sends, 32 bytes are kept.
fn account(chain: &str, user: &str) -> [u8; 32] {
    Sha256::new_with_prefix(chain)
        .chain_update([0])
        .chain_update(user)
        .finalize()
        .into()
}

/// An account at a source.
fn place(chain: &str, user: &str, source: IpAddr) -> [u8; 32] {
    Sha256::new_with_prefix(account(chain, user))
        .chain_update(source.to_string())
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));

    #[test]
    fn an_account_has_ten_attempts_and_others_are_not_hurt() {
        let throttle = Throttle::new();
        for attempt in 0..10 {
            assert!(throttle.permits("demo", "anna", HERE), "attempt {attempt}");
        }
        assert!(!throttle.permits("demo", "anna", HERE));
        assert!(throttle.permits("demo", "ben", HERE));
        assert!(throttle.permits("other", "anna", HERE), "another chain's anna");
    }

    #[test]
    fn who_tries_codes_of_vouchers_is_stopped_and_nobody_else() {
        let throttle = Throttle::new();
        let granted = (0..100)
            .filter(|_| throttle.permits_vouchers("demo", "till", 1))
            .count();
        assert!((60..63).contains(&granted), "{granted}");
        assert!(throttle.permits_vouchers("demo", "another till", 10));
        assert!(throttle.permits_vouchers("other", "till", 1));
    }

    #[test]
    fn a_source_is_stopped_before_it_locks_accounts() {
        let throttle = Throttle::new();
        let granted = (0..150)
            .filter(|n| throttle.permits("demo", &format!("user{n}"), HERE))
            .count();
        assert!((100..110).contains(&granted), "{granted}");
        let elsewhere = Some(IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1)));
        for _ in 0..9 {
            throttle.permits("demo", "anna", HERE);
        }
        assert!(
            throttle.permits("demo", "anna", elsewhere),
            "attempts of a stopped source don't count"
        );
    }

    #[test]
    fn s23_who_guesses_passwords_puts_nobody_out_who_is_in() {
        let throttle = Throttle::new();
        let guesses = (0..300).filter(|n| throttle.permits("demo", &format!("user{n}"), HERE));
        assert!(guesses.count() < 300, "the source is stopped");
        assert!(throttle.permits_refresh(HERE));
    }

    #[test]
    fn all_together_are_limited() {
        let throttle = Throttle::new();
        let granted = (0..600)
            .filter(|n: &u32| {
                let source = IpAddr::V4(std::net::Ipv4Addr::from_bits(*n));
                throttle.permits("demo", &format!("user{n}"), Some(source))
            })
            .count();
        assert!((400..480).contains(&granted), "{granted}");
    }
}
