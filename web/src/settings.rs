//! Settings: defaults < `cardea.toml` < `CARDEA_…` < flags. A bad or unknown one is an error that names it and
//! where it came from, so that a typing error never silently means the default.

use cardea_engine::Network;
use config::{Config, Environment, File, FileFormat, Map, Source, Value, ValueKind};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The file read from the working directory, if it is there.
pub const FILE: &str = "cardea.toml";

/// Everything an operator can set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Folder of the embedded database and compiled plugins. Default `./cardea-data`.
    pub data: PathBuf,
    /// Folder of the keys. Default: `keys` in `data`.
    pub keys: Option<PathBuf>,
    /// Address and port of the server; port 0 takes a free one. Default `127.0.0.1:8080`.
    pub listen: SocketAddr,
    /// `sqlite:PATH` or `postgres://…`. Default: SQLite inside `data`.
    pub database: Option<String>,
    /// What is logged, as a `tracing` filter. Default `info`, without the web server's own chatter.
    pub log: String,
    /// Request threads, 1–256. Default: one per processor.
    pub workers: usize,
    /// Largest request body in bytes, 1 KiB–64 MiB. Default 1 MiB.
    pub body_limit: usize,
    /// How long a client may take to send its request, 1–300 s. Default 10 s.
    pub request_timeout: Duration,
    /// How long an idle connection stays open, 1–600 s. Default 75 s.
    pub keep_alive: Duration,
    /// How long a stopping server waits for what is in flight, 1–600 s. Default 30 s.
    pub shutdown_timeout: Duration,
    /// Addresses or networks of reverse proxies, with commas between: only their `X-Forwarded-For` says where a request
    /// comes from. Default: none.
    pub trusted_proxies: Vec<Network>,
    /// `https` address under which customers reach this server, for links in messages. Default: none; then no mails go that need
    /// a link to unsubscribe.
    pub public_url: Option<String>,
    /// Networks that aren't public and into which messages may be sent all the same, there also unencrypted; with commas between.
    /// Default: none.
    pub message_networks: Vec<String>,
    /// File of certificates (PEM) that are trusted too when messages are sent. Default: none.
    pub message_ca: Option<PathBuf>,
    /// Where servers share a database: how long one has the messages that it is sending for itself, 1–3600 s; those of one that died
    /// are sent by another after that. Longer than the slowest mail server takes. Default 600 s.
    pub message_lease: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data: PathBuf::from("cardea-data"),
            keys: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            database: None,
            log: "info,actix_server=warn".into(),
            workers: std::thread::available_parallelism().map_or(2, usize::from),
            body_limit: 1 << 20,
            request_timeout: Duration::from_secs(10),
            keep_alive: Duration::from_secs(75),
            shutdown_timeout: Duration::from_secs(30),
            trusted_proxies: Vec::new(),
            public_url: None,
            message_networks: Vec::new(),
            message_ca: None,
            message_lease: Duration::from_secs(600),
        }
    }
}

/// What the command line overrides.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Flags {
    /// Folder of the database [default: cardea-data]
    #[arg(long, global = true, value_name = "FOLDER")]
    pub data: Option<String>,
    /// Folder of the keys, best outside the data folder [default: keys in the data folder]
    #[arg(long, global = true, value_name = "FOLDER")]
    pub keys: Option<String>,
    /// Address and port to serve on [default: 127.0.0.1:8080]
    #[arg(long, global = true, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// Database: sqlite:FILE or postgres://… [default: SQLite in the data folder]
    #[arg(long, global = true, value_name = "URL")]
    pub database: Option<String>,
}

/// A setting that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("setting `{key}` ({origin}): {why}")]
    Bad { key: String, origin: String, why: String },
    #[error("unknown setting `{key}` ({origin}); known are {known}", known = KEYS.join(", "))]
    Unknown { key: String, origin: String },
    #[error("settings can't be read: {0}")]
    Unreadable(#[from] config::ConfigError),
}

const KEYS: [&str; 15] = [
    "data",
    "keys",
    "listen",
    "database",
    "log",
    "workers",
    "body_limit",
    "request_timeout",
    "keep_alive",
    "shutdown_timeout",
    "trusted_proxies",
    "public_url",
    "message_networks",
    "message_ca",
    "message_lease",
];

/// Variables under our prefix that belong to the test suite, not to the server.
const TEST_VARIABLES: [&str; 2] = ["require_peers", "test_"];

/// The environment of this process.
pub fn process_environment() -> Map<String, String> {
    std::env::vars_os()
        .filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
        .collect()
}

impl Settings {
    /// Reads all sources of this process.
    ///
    /// # Errors
    /// The first setting that is unknown or has no usable value.
    pub fn load(flags: &Flags) -> Result<Self, SettingsError> {
        Self::from_sources(Path::new(FILE), process_environment(), flags)
    }

    /// Reads the given sources; `file` may be absent.
    ///
    /// # Errors
    /// As [`Settings::load`].
    pub fn from_sources(file: &Path, environment: Map<String, String>, flags: &Flags) -> Result<Self, SettingsError> {
        let config = Config::builder()
            .add_source(File::from(file).format(FileFormat::Toml).required(file.exists()))
            .add_source(Environment::with_prefix("CARDEA").source(Some(environment)))
            .set_override_option("data", flags.data.clone())?
            .set_override_option("keys", flags.keys.clone())?
            .set_override_option("listen", flags.listen.clone())?
            .set_override_option("database", flags.database.clone())?
            .build()?;
        let mut settings = Self::default();
        // Sorted, so that of several bad settings the same one is named every time.
        let mut values: Vec<_> = config.collect()?.into_iter().collect();
        values.sort_by(|a, b| a.0.cmp(&b.0));
        for (key, value) in values {
            settings.apply(&key, value)?;
        }
        Ok(settings)
    }

    fn apply(&mut self, key: &str, value: Value) -> Result<(), SettingsError> {
        let origin = origin(key, &value);
        let bad = |why: String| SettingsError::Bad {
            key: key.into(),
            origin: origin.clone(),
            why,
        };
        if TEST_VARIABLES.iter().any(|prefix| key.starts_with(prefix)) && origin.starts_with("from CARDEA_") {
            return Ok(());
        }
        if !KEYS.contains(&key) {
            return Err(SettingsError::Unknown {
                key: key.into(),
                origin,
            });
        }
        if matches!(value.kind, ValueKind::Table(_) | ValueKind::Array(_) | ValueKind::Nil) {
            return Err(bad("expected one value".into()));
        }
        let text = value.into_string().map_err(|e| bad(e.to_string()))?;
        let text = text.trim();
        if text.is_empty() {
            return Err(bad("is empty".into()));
        }
        match key {
            "data" => self.data = PathBuf::from(text),
            "keys" => self.keys = Some(text.into()),
            "listen" => {
                self.listen = text
                    .parse()
                    .map_err(|_| bad(format!("`{text}` is no address and port such as 127.0.0.1:8080")))?;
            }
            "database" => self.database = Some(text.into()),
            "log" => {
                tracing_subscriber::EnvFilter::try_new(text).map_err(|e| bad(format!("`{text}`: {e}")))?;
                self.log = text.into();
            }
            "workers" => self.workers = number(text, 1, 256).map_err(bad)?,
            "body_limit" => self.body_limit = number(text, 1 << 10, 64 << 20).map_err(bad)?,
            "request_timeout" => self.request_timeout = seconds(text, 300).map_err(bad)?,
            "keep_alive" => self.keep_alive = seconds(text, 600).map_err(bad)?,
            "trusted_proxies" => self.trusted_proxies = proxies(text).map_err(bad)?,
            "public_url" => self.public_url = Some(public_url(text).map_err(bad)?),
            "message_networks" => self.message_networks = networks(text).map_err(bad)?,
            "message_lease" => self.message_lease = seconds(text, 3600).map_err(bad)?,
            "message_ca" => self.message_ca = Some(text.into()),
            _ => self.shutdown_timeout = seconds(text, 600).map_err(bad)?,
        }
        Ok(())
    }
}

fn origin(key: &str, value: &Value) -> String {
    match value.origin() {
        Some("the environment") => format!("from CARDEA_{}", key.to_uppercase()),
        Some(file) => format!("from {file}"),
        None => format!("from --{key}"),
    }
}

fn number(text: &str, least: usize, most: usize) -> Result<usize, String> {
    match text.parse() {
        Ok(n) if (least..=most).contains(&n) => Ok(n),
        _ => Err(format!("`{text}` is no number from {least} to {most}")),
    }
}

fn proxies(text: &str) -> Result<Vec<Network>, String> {
    let network = |part: &str| {
        let part = part.trim();
        Network::parse(part)
            .map_err(|_| format!("`{part}` is no address such as 10.0.0.1 and no network such as 10.0.0.0/8"))
    };
    text.split(',').map(network).collect()
}

/// Without a slash at its end. In the open a link of a mail could be read and used by others.
fn public_url(text: &str) -> Result<String, String> {
    let url = text.trim_end_matches('/');
    let host = url.strip_prefix("https://").filter(|rest| !rest.is_empty());
    let plain = url.chars().all(|c| c.is_ascii_graphic() && !"<>,\"?#@".contains(c));
    match host {
        Some(_) if plain && url.len() <= 300 => Ok(url.to_owned()),
        _ => Err(format!("`{text}` is no address such as https://cards.example.com")),
    }
}

fn networks(text: &str) -> Result<Vec<String>, String> {
    let networks: Vec<String> = text.split(',').map(|part| part.trim().to_owned()).collect();
    match cardea_engine::check_networks(&networks) {
        Ok(()) => Ok(networks),
        Err(why) => Err(format!("`{text}`: {why}")),
    }
}

fn seconds(text: &str, most: usize) -> Result<Duration, String> {
    number(text, 1, most)
        .map(|n| Duration::from_secs(n as u64))
        .map_err(|e| format!("{e} (seconds)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &[(&str, &str)]) -> Map<String, String> {
        pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect()
    }

    fn load(file: &str, pairs: &[(&str, &str)], flags: &Flags) -> Result<Settings, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        std::fs::write(&path, file).unwrap();
        Settings::from_sources(&path, env(pairs), flags).map_err(|e| e.to_string())
    }

    #[test]
    fn flags_beat_environment_beats_file_beats_defaults() {
        let file = "data = 'from-file'\nlisten = '127.0.0.1:1'\nworkers = 3";
        let flags = Flags {
            listen: Some("127.0.0.1:3".into()),
            ..Flags::default()
        };
        let got = load(
            file,
            &[("CARDEA_LISTEN", "127.0.0.1:2"), ("CARDEA_DATA", "from-env")],
            &flags,
        )
        .unwrap();
        assert_eq!(got.listen, "127.0.0.1:3".parse().unwrap());
        assert_eq!(got.data, PathBuf::from("from-env"));
        assert_eq!(got.workers, 3);
        assert_eq!(got.body_limit, Settings::default().body_limit);
    }

    #[test]
    fn a_bad_setting_is_named_with_its_origin() {
        let none = Flags::default();
        let flag = Flags {
            listen: Some("nowhere".into()),
            ..Flags::default()
        };
        let cases = [
            (
                load("", &[], &flag),
                "setting `listen` (from --listen): `nowhere` is no address",
            ),
            (
                load("", &[("CARDEA_WORKERS", "0")], &none),
                "setting `workers` (from CARDEA_WORKERS): `0` is no number",
            ),
            (load("keep_alive = 'long'", &[], &none), "setting `keep_alive` (from "),
            (load("[listen]\nport = 1", &[], &none), "expected one value"),
            (
                load("liste = '127.0.0.1:1'", &[], &none),
                "unknown setting `liste` (from ",
            ),
            (
                load("", &[("CARDEA_DTA", "x")], &none),
                "unknown setting `dta` (from CARDEA_DTA)",
            ),
            (load("log = '=='", &[], &none), "setting `log` (from "),
            (load("data = ''", &[], &none), "is empty"),
            (
                load("trusted_proxies = '10.0.0.1, proxy'", &[], &none),
                "`proxy` is no address such as",
            ),
            (load("data = ", &[], &none), "settings can't be read"),
        ];
        for (got, wanted) in cases {
            let error = got.unwrap_err();
            assert!(error.contains(wanted), "{error} does not say: {wanted}");
        }
    }

    #[test]
    fn variables_of_the_test_suite_are_no_settings() {
        assert!(
            load(
                "",
                &[("CARDEA_REQUIRE_PEERS", "1"), ("CARDEA_TEST_POSTGRES", "x")],
                &Flags::default()
            )
            .is_ok()
        );
        assert!(load("require_peers = 1", &[], &Flags::default()).is_err());
    }
}
