//! Delivers letters to one SMTP server, over connections that are kept for a while. lettre speaks the protocol; each command is
//! sent from here, because only so it is known whether a connection that broke had already taken the letter.

use super::Letter;
use super::reply::{self, Stage};
use crate::channel::said;
use crate::guard::Guard;
use crate::{Failure, Outcome, Receipt, Refused, Secret};
use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{Certificate, SmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use parking_lot::Mutex;
use std::fmt;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// How the connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// From the first byte on (port 465).
    Tls,
    /// After STARTTLS (port 587); a server without it gets nothing.
    StartTls,
    /// Not at all: only to this machine, unless `plain_anywhere` allows more.
    Plain,
}

/// An account at the server.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    pub user: String,
    pub password: Secret,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(…)")
    }
}

/// A mail server and how to speak with it.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    /// A name, which its certificate has to carry.
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// Permits [`Security::Plain`] to other machines, password included.
    pub plain_anywhere: bool,
    pub login: Option<Login>,
    /// Certificates in PEM that are trusted beside the public ones.
    pub extra_ca: Option<Vec<u8>>,
    /// This machine's name for EHLO, such as `cardea.example.com`.
    pub ehlo: String,
    /// For looking up, connecting and greeting, each.
    pub connect_timeout: Duration,
    /// For each answer.
    pub timeout: Duration,
    /// For the answer to the text: servers search it for viruses meanwhile. RFC 5321 wants ten minutes.
    pub final_timeout: Duration,
    /// So many connections are kept open while nothing is to be sent, for a minute.
    pub idle: usize,
    pub guard: Guard,
}

impl SmtpSettings {
    /// Usual limits; no login, public addresses only.
    pub fn new(host: impl Into<String>, port: u16, security: Security) -> Self {
        Self {
            host: host.into(),
            port,
            security,
            plain_anywhere: false,
            login: None,
            extra_ca: None,
            ehlo: "localhost".to_owned(),
            connect_timeout: Duration::from_secs(15),
            timeout: Duration::from_secs(60),
            final_timeout: Duration::from_secs(300),
            idle: 4,
            guard: Guard::public(),
        }
    }
}

/// A sender for one server; threads share it.
pub struct Smtp {
    settings: SmtpSettings,
    tls: Option<TlsParameters>,
    idle: Mutex<Vec<(SmtpConnection, Instant)>>,
}

const IDLE: Duration = Duration::from_secs(60);

/// A letter ready to be handed over.
struct Parcel<'a> {
    from: Address,
    to: Address,
    text: &'a str,
    hidden: Vec<&'a str>,
}

/// What one connection made of a parcel.
enum Handed {
    Done(Outcome),
    /// The server had closed a kept connection: nothing was sent.
    Stale,
}

/// Where it ended, and why.
type Fault = Box<(Stage, Reason)>;

enum Reason {
    Error(Error),
    /// A positive answer that isn't one to what was asked.
    Unexpected(Response),
}

impl Smtp {
    /// # Errors
    /// [`Refused`] for settings that can't work: names, certificates.
    pub fn new(settings: SmtpSettings) -> Result<Self, Refused> {
        let named = |name: &str| {
            !name.is_empty()
                && name.len() <= 255
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b))
        };
        if !named(&settings.host) || settings.port == 0 {
            return Err(Refused::new(
                "host",
                "邮件服务器应为域名或 IP，端口不为 0",
                "The mail server is a name or an address, its port isn't 0",
            ));
        }
        if !named(&settings.ehlo) {
            return Err(Refused::new(
                "ehlo",
                "EHLO 名称应为本机域名",
                "The name for EHLO is this machine's domain name",
            ));
        }
        let tls = match settings.security {
            Security::Plain => None,
            Security::Tls | Security::StartTls => Some(tls_parameters(&settings)?),
        };
        let idle = Mutex::new(Vec::new());
        Ok(Self { settings, tls, idle })
    }

    /// Sends one letter and waits for the server's answer.
    ///
    /// # Errors
    /// [`Failure`]. [`crate::Class::Unknown`] where the connection ended after the whole letter had been sent and before an answer came.
    pub fn send(&self, letter: &Letter) -> Outcome {
        let text = letter.encoded().map_err(|refused| Failure::refused(&refused))?;
        let (from, to) = (&letter.from.address, &letter.to.address);
        let user = self.settings.login.as_ref().map_or("", |login| &login.user);
        let parcel = Parcel {
            from: Address::new_dangerous(from.name(), from.domain()),
            to: Address::new_dangerous(to.name(), to.domain()),
            text: &text,
            hidden: vec![to.as_str(), to.name(), &letter.to.name, from.as_str(), user],
        };
        while let Some(kept) = self.kept() {
            if let Handed::Done(outcome) = self.hand_over(kept, &parcel, true) {
                return outcome;
            }
        }
        let connection = self.connect(&parcel.hidden)?;
        match self.hand_over(connection, &parcel, false) {
            Handed::Done(outcome) => outcome,
            Handed::Stale => Err(Failure::of_channel(
                "邮件服务器关闭了连接",
                "The mail server closed the connection",
            )),
        }
    }

    /// Ends the kept connections. Whoever still sends opens new ones.
    pub fn close(&self) {
        let kept = std::mem::take(&mut *self.idle.lock());
        for (mut connection, _) in kept {
            leave(&mut connection);
        }
    }

    fn kept(&self) -> Option<SmtpConnection> {
        loop {
            let (mut connection, since) = self.idle.lock().pop()?;
            if since.elapsed() < IDLE {
                return Some(connection);
            }
            leave(&mut connection);
        }
    }

    fn keep(&self, mut connection: SmtpConnection) {
        let mut idle = self.idle.lock();
        if idle.len() < self.settings.idle {
            idle.push((connection, Instant::now()));
        } else {
            drop(idle);
            leave(&mut connection);
        }
    }

    fn connect(&self, hidden: &[&str]) -> Result<SmtpConnection, Failure> {
        let addresses = self.addresses()?;
        let ehlo = ClientId::Domain(self.settings.ehlo.clone());
        let failed = |stage: Stage, error: Error| reply::failure(stage, &error, hidden);
        let implicit = self.tls.as_ref().filter(|_| self.settings.security == Security::Tls);
        let limit = Some(self.settings.connect_timeout);
        let mut connection = SmtpConnection::connect(addresses.as_slice(), limit, &ehlo, implicit, None)
            .map_err(|error| failed(Stage::Connect, error))?;
        if let Some(tls) = self
            .tls
            .as_ref()
            .filter(|_| self.settings.security == Security::StartTls)
        {
            connection
                .starttls(tls, &ehlo)
                .map_err(|error| failed(Stage::StartTls, error))?;
            if !is_quiet(&mut connection) {
                return Err(reply::smuggled());
            }
        }
        self.limit(&mut connection, self.settings.timeout);
        if let Some(login) = &self.settings.login {
            let credentials = Credentials::new(login.user.clone(), login.password.reveal().to_owned());
            let answer = connection.auth(DEFAULT_MECHANISMS, &credentials);
            let answer = answer.map_err(|error| failed(Stage::Login, error))?;
            expect(Stage::Login, answer, &[235]).map_err(|fault| fault_failure(&fault, hidden))?;
        }
        Ok(connection)
    }

    fn addresses(&self) -> Result<Vec<SocketAddr>, Failure> {
        let settings = &self.settings;
        let found = settings
            .guard
            .resolve(&settings.host, settings.port, settings.connect_timeout);
        let addresses = found.map_err(crate::guard::Blocked::failure)?;
        let local = addresses.iter().all(|address| address.ip().is_loopback());
        if settings.security == Security::Plain && !local && !settings.plain_anywhere {
            return Err(Failure::of_channel(
                "不加密的连接只能连到本机；请改用 TLS 或 STARTTLS",
                "Without encryption only this machine is connected to; use TLS or STARTTLS",
            ));
        }
        Ok(addresses)
    }

    /// A socket that refuses a time limit is broken, which the next command shows.
    fn limit(&self, connection: &mut SmtpConnection, limit: Duration) {
        connection.set_timeout(Some(limit)).unwrap_or_default();
    }

    fn hand_over(&self, mut connection: SmtpConnection, parcel: &Parcel<'_>, kept: bool) -> Handed {
        match self.converse(&mut connection, parcel) {
            Ok(answer) => {
                self.keep(connection);
                Handed::Done(Ok(Receipt {
                    code: answer.code().into(),
                    said: said(&answer.message().collect::<Vec<_>>().join(" "), &parcel.hidden),
                }))
            }
            Err(fault) => {
                let (stage, reason) = &*fault;
                let code = reason.code();
                if kept && *stage == Stage::Sender && code.is_none_or(|code| code == 421) {
                    return Handed::Stale;
                }
                // After a refusal the connection is good for the next letter; after anything else it isn't.
                if code.is_some_and(|code| code != 421) && connection.command(Rset).is_ok() {
                    self.keep(connection);
                }
                Handed::Done(Err(fault_failure(&fault, &parcel.hidden)))
            }
        }
    }

    fn converse(&self, connection: &mut SmtpConnection, parcel: &Parcel<'_>) -> Result<Response, Fault> {
        let mut ask = |stage: Stage, command: String, codes: &[u16]| {
            let answer = connection.command(command);
            expect(stage, answer.map_err(|error| fault(stage, error))?, codes)
        };
        ask(
            Stage::Sender,
            Mail::new(Some(parcel.from.clone()), Vec::new()).to_string(),
            &[250],
        )?;
        ask(
            Stage::Recipient,
            Rcpt::new(parcel.to.clone(), Vec::new()).to_string(),
            &[250, 251],
        )?;
        ask(Stage::Data, Data.to_string(), &[354])?;
        self.limit(connection, self.settings.final_timeout);
        // lettre's own way writes the last line apart from the text; between the two the system waits for the other side's delayed
        // acknowledgement (Nagle): 40 ms for each letter.
        let answer = connection.command(stuffed(parcel.text));
        // Only a write ends so: the last line wasn't sent. Whatever else breaks leaves it open.
        let within = answer
            .as_ref()
            .is_err_and(|error| reply::is_kind(error, &[ErrorKind::BrokenPipe]));
        let stage = if within { Stage::Body } else { Stage::Sent };
        let answer = expect(stage, answer.map_err(|error| fault(stage, error))?, &[250])?;
        self.limit(connection, self.settings.timeout);
        Ok(answer)
    }
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Drop for Smtp {
    fn drop(&mut self) {
        self.close();
    }
}

impl Reason {
    fn code(&self) -> Option<u16> {
        match self {
            Self::Error(error) => error.status().map(u16::from),
            Self::Unexpected(_) => None,
        }
    }
}

fn fault(stage: Stage, error: Error) -> Fault {
    Box::new((stage, Reason::Error(error)))
}

fn fault_failure(fault: &Fault, hidden: &[&str]) -> Failure {
    match &**fault {
        (stage, Reason::Error(error)) => reply::failure(*stage, error, hidden),
        (stage, Reason::Unexpected(answer)) => reply::unexpected(*stage, answer.code().into()),
    }
}

/// Whether nothing waits to be read. lettre keeps what came in the clear behind the answer to STARTTLS and takes it for answers to what
/// is asked later. The first has by now passed for the one to EHLO: then every later answer is one behind, which [`expect`] sees.
fn is_quiet(connection: &mut SmtpConnection) -> bool {
    connection
        .set_timeout(Some(Duration::from_millis(1)))
        .unwrap_or_default();
    connection
        .read_response()
        .is_err_and(|error| reply::is_kind(&error, &[ErrorKind::TimedOut, ErrorKind::WouldBlock]))
}

/// Answers out of step must not pass for the one to the text.
fn expect(stage: Stage, answer: Response, codes: &[u16]) -> Result<Response, Fault> {
    if codes.contains(&answer.code().into()) {
        Ok(answer)
    } else {
        Err(Box::new((stage, Reason::Unexpected(answer))))
    }
}

/// The text with its end: a line that begins with a dot has two (RFC 5321, 4.5.2). Its line ends are whole, [`Letter`] sees to it.
fn stuffed(text: &str) -> String {
    let first = if text.starts_with('.') { "." } else { "" };
    let end = if text.ends_with("\r\n") { "" } else { "\r\n" };
    format!("{first}{}{end}.\r\n", text.replace("\r\n.", "\r\n.."))
}

/// Says goodbye, without waiting long for the answer.
fn leave(connection: &mut SmtpConnection) {
    connection.set_timeout(Some(Duration::from_secs(1))).unwrap_or_default();
    connection.abort();
}

fn tls_parameters(settings: &SmtpSettings) -> Result<TlsParameters, Refused> {
    let mut builder = TlsParameters::builder(settings.host.trim_matches(['[', ']']).to_owned());
    if let Some(pem) = &settings.extra_ca {
        let wrong = || {
            Refused::new(
                "extra_ca",
                "CA 文件不是 PEM 证书",
                "The CA file holds no certificate in PEM",
            )
        };
        let found = std::str::from_utf8(pem).is_ok_and(|text| text.contains("-----BEGIN CERTIFICATE-----"));
        let certificate = Certificate::from_pem(pem).ok().filter(|_| found).ok_or_else(wrong)?;
        builder = builder.add_root_certificate(certificate);
    }
    let wrong = |_| {
        Refused::new(
            "host",
            "无法为此服务器名称建立 TLS",
            "TLS can't be set up for this server's name",
        )
    };
    builder.build().map_err(wrong)
}
