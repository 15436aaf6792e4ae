//! Which addresses may be connected to. A URL or a mail server that somebody types must not reach the operator's own network: names
//! are looked up once, every address is judged, and what was judged is what is connected to, so that a second answer of the DNS
//! changes nothing.

use crate::{Failure, Refused};
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, mpsc};
use std::time::Duration;

/// Looks a name up: host without brackets, port.
pub type Lookup = Arc<dyn Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync>;

/// Public addresses, and what the operator allows beside them.
#[derive(Clone)]
pub struct Guard {
    allowed: Arc<[Network]>,
    lookup: Lookup,
}

/// A network in CIDR notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: u128,
    /// Bits of the base that count, of 128.
    bits: u32,
}

/// Why nobody is connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    NotFound,
    TimedOut,
    /// The name has addresses, but none that may be used.
    NotPublic,
}

/// As many addresses of a name are tried.
const ADDRESSES: usize = 4;

impl Guard {
    /// Public addresses only.
    pub fn public() -> Self {
        Self {
            allowed: Arc::default(),
            lookup: Arc::new(|host, port| Ok((host, port).to_socket_addrs()?.collect())),
        }
    }

    /// Public addresses and these networks, such as `10.1.0.0/16`, `127.0.0.1` or `fd00::/8`.
    ///
    /// # Errors
    /// What is no network.
    pub fn allowing(networks: &[impl AsRef<str>]) -> Result<Self, Refused> {
        let parsed: Result<Vec<Network>, Refused> = networks.iter().map(|text| Network::parse(text.as_ref())).collect();
        Ok(Self {
            allowed: parsed?.into(),
            ..Self::public()
        })
    }

    /// Asks `lookup` instead of the system.
    #[must_use]
    pub fn with_lookup(self, lookup: Lookup) -> Self {
        Self { lookup, ..self }
    }

    /// Whether an address may be connected to.
    pub fn permits(&self, address: IpAddr) -> bool {
        is_public(address) || self.allowed.iter().any(|network| network.holds(address))
    }

    /// The addresses of a host that may be connected to, in the resolver's order, at most four. `host` is a name or an address, with or
    /// without brackets.
    ///
    /// # Errors
    /// [`Blocked`]
    pub fn resolve(&self, host: &str, port: u16, timeout: Duration) -> Result<Vec<SocketAddr>, Blocked> {
        let found = self.look_up(host.trim_start_matches('[').trim_end_matches(']'), port, timeout)?;
        if found.is_empty() {
            return Err(Blocked::NotFound);
        }
        let permitted = found.into_iter().filter(|address| self.permits(address.ip()));
        let permitted: Vec<SocketAddr> = permitted.take(ADDRESSES).collect();
        if permitted.is_empty() {
            Err(Blocked::NotPublic)
        } else {
            Ok(permitted)
        }
    }

    /// In a thread of its own: the system's resolver knows no time limit.
    fn look_up(&self, host: &str, port: u16, timeout: Duration) -> Result<Vec<SocketAddr>, Blocked> {
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let (answer, answered) = mpsc::sync_channel(1);
        let (lookup, host) = (Arc::clone(&self.lookup), host.to_owned());
        // Whoever asked may have stopped waiting.
        std::thread::spawn(move || drop(answer.send(lookup(&host, port))));
        match answered.recv_timeout(timeout) {
            Ok(found) => found.map_err(|_| Blocked::NotFound),
            Err(_) => Err(Blocked::TimedOut),
        }
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("allowed", &self.allowed)
            .finish_non_exhaustive()
    }
}

impl Blocked {
    /// A fault of the destination: somebody has to correct its setting, or its DNS.
    pub(crate) fn failure(self) -> Failure {
        let (zh, en) = match self {
            Self::NotFound => (
                "找不到服务器的地址；请核对域名",
                "The server's name has no address; check it",
            ),
            Self::TimedOut => ("查询服务器地址超时", "Looking the server's name up took too long"),
            Self::NotPublic => (
                "服务器地址不是公网地址，已拒绝；内网地址须由运维人员放行",
                "The server's address isn't public and was refused; the operator has to allow it",
            ),
        };
        Failure::of_channel(zh, en)
    }
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.failure().detail.en)
    }
}

impl std::error::Error for Blocked {}

/// IPv4 as its mapped form, so that one comparison does for both.
fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

impl From<IpAddr> for Network {
    /// One address.
    fn from(address: IpAddr) -> Self {
        Self {
            base: number(address),
            bits: 128,
        }
    }
}

impl Network {
    /// `10.1.0.0/16`, `127.0.0.1` or `fd00::/8`.
    ///
    /// # Errors
    /// What is no network.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let wrong = || {
            Refused::new(
                "allowed",
                format!("“{text}”不是网段；应像 10.1.0.0/16 或 127.0.0.1"),
                format!("“{text}” is no network; it looks like 10.1.0.0/16 or 127.0.0.1"),
            )
        };
        let (base, bits) = text
            .split_once('/')
            .map_or((text, None), |(base, bits)| (base, Some(bits)));
        let base: IpAddr = base.parse().map_err(|_| wrong())?;
        let width = if base.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(width), |bits| bits.parse::<u32>().map_err(|_| wrong()))?;
        if bits > width {
            return Err(wrong());
        }
        Ok(Self {
            base: number(base),
            bits: bits + 128 - width,
        })
    }

    /// Whether an address is one of the network's; an IPv4 address is the same in its IPv6 form.
    pub fn holds(self, address: IpAddr) -> bool {
        let differing = self.base ^ number(address);
        differing.leading_zeros() >= self.bits
    }
}

/// Whether an address is somebody's on the public internet, by IANA's registries of special addresses.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = match (a, b, c) {
        // This network, loopback, private.
        (0 | 10 | 127, _, _) | (172, 16..=31, _) | (192, 168, _) => true,
        // Carriers' NAT, link-local (clouds' metadata).
        (100, 64..=127, _) | (169, 254, _) => true,
        // Protocol assignments, documentation, 6to4 relays, benchmarks.
        (192, 0, 0 | 2) | (192, 88, 99) | (198, 18..=19, _) | (198, 51, 100) | (203, 0, 113) => true,
        // Multicast, reserved, broadcast.
        (224.., _, _) => true,
        _ => false,
    };
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(v4) = address.to_ipv4_mapped() {
        return is_public_v4(v4);
    }
    let parts = address.segments();
    if parts[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        // NAT64: what it leads to counts. In networks with IPv6 alone every IPv4 host looks like this.
        let [.., a, b, c, d] = address.octets();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    match (parts[0], parts[1]) {
        // Protocol assignments with Teredo and ORCHID, documentation, 6to4.
        (0x2001, 0..=0x1ff | 0xdb8) | (0x2002, _) => false,
        (0x3fff, 0..=0xfff) => false,
        // Global unicast; loopback, ULA, link-local and multicast are outside.
        (0x2000..=0x3fff, _) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOSED: [&str; 40] = [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.9.9.9",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "ff02::1",
    ];

    #[test]
    fn special_addresses_are_not_public() {
        for text in CLOSED {
            let address: IpAddr = text.parse().unwrap();
            assert!(!is_public(address), "{text}");
            assert!(!Guard::public().permits(address), "{text}");
        }
        for text in [
            "1.1.1.1",
            "100.63.0.1",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "223.255.255.255",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
            "2001:200::1",
            "2400:3200::1",
            "2606:4700::1111",
            "3ffe::1",
        ] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn the_operator_allows_networks() {
        let guard = Guard::allowing(&["10.1.0.0/16", "127.0.0.1", "fd00::/8"]).unwrap();
        for (text, permitted) in [
            ("10.1.255.1", true),
            ("10.2.0.1", false),
            ("127.0.0.1", true),
            ("::ffff:127.0.0.1", true),
            ("127.0.0.2", false),
            ("fd99::1", true),
            ("fc00::1", false),
        ] {
            assert_eq!(guard.permits(text.parse().unwrap()), permitted, "{text}");
        }
        for wrong in ["10.1.0.0/33", "lan", "10.1.0.0/", "fd00::/129", ""] {
            assert_eq!(Guard::allowing(&[wrong]).unwrap_err().field, "allowed", "{wrong}");
        }
    }

    #[test]
    fn names_are_judged_by_every_address() {
        let answers = |list: &'static [&'static str]| -> Lookup {
            Arc::new(move |_, port| {
                Ok(list
                    .iter()
                    .map(|ip| SocketAddr::new(ip.parse().unwrap(), port))
                    .collect())
            })
        };
        let second = Duration::from_secs(1);
        let resolve = |list| {
            Guard::public()
                .with_lookup(answers(list))
                .resolve("x.example", 443, second)
        };
        assert_eq!(resolve(&["10.0.0.1", "::1"]), Err(Blocked::NotPublic));
        assert_eq!(resolve(&[]), Err(Blocked::NotFound));
        assert_eq!(
            resolve(&["10.0.0.1", "1.1.1.1"]),
            Ok(vec!["1.1.1.1:443".parse().unwrap()])
        );
        let slow: Lookup = Arc::new(|_, _| {
            std::thread::sleep(Duration::from_millis(300));
            Ok(Vec::new())
        });
        let hasty = Duration::from_millis(10);
        assert_eq!(
            Guard::public().with_lookup(slow).resolve("x.example", 1, hasty),
            Err(Blocked::TimedOut)
        );
        // However a loopback address is written, the system's resolver reads it.
        for host in ["127.0.0.1", "[::1]", "localhost", "2130706433", "0x7f.1"] {
            assert_eq!(
                Guard::public().resolve(host, 1, second),
                Err(Blocked::NotPublic),
                "{host}"
            );
        }
    }
}
