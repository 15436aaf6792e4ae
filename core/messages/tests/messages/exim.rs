//! A real mail server of this test's own: its configuration, spool, certificate and mail in a folder that goes with it.

use crate::peers::{self, output};
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub const USER: &str = "cardea-sender";
pub const PASSWORD: &str = "correct horse";

pub struct Exim {
    folder: TempDir,
    daemon: Child,
    /// STARTTLS.
    pub submission: u16,
    /// TLS from the first byte on.
    pub implicit: u16,
}

/// A server, or None where exim4 or openssl isn't installed and nobody demands it.
pub fn start() -> Option<Exim> {
    let program = peers::need("exim4")?;
    peers::need("openssl")?;
    let folder = tempfile::tempdir().unwrap();
    peers::certificate(folder.path());
    let (submission, implicit) = (free_port(), free_port());
    let (user, group) = account(folder.path());
    let file = folder.path().join("exim.conf");
    fs::write(&file, configuration(folder.path(), implicit, &user, &group)).unwrap();
    own(folder.path(), &user, &group);
    let log = fs::File::create(folder.path().join("out")).unwrap();
    let daemon = Command::new(program)
        .arg("-C")
        .arg(&file)
        .args([
            "-bdf",
            "-oX",
            &format!("<; [127.0.0.1]:{submission}; [127.0.0.1]:{implicit}"),
        ])
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .process_group(0)
        .spawn()
        .unwrap();
    let exim = Exim {
        folder,
        daemon,
        submission,
        implicit,
    };
    for port in [submission, implicit] {
        let listens = || TcpStream::connect(("127.0.0.1", port)).is_ok();
        assert!(until(listens), "exim doesn't start: {}", exim.log());
    }
    Some(exim)
}

impl Exim {
    /// The certificate, which vouches for itself.
    pub fn certificate(&self) -> Vec<u8> {
        fs::read(self.folder.path().join("cert.pem")).unwrap()
    }

    /// The mail that has this text in it, as it was delivered.
    pub fn delivered(&self, text: &str) -> Vec<u8> {
        let mut found = None;
        let arrived = until(|| {
            let files = fs::read_dir(self.folder.path().join("mail/new"))
                .into_iter()
                .flatten()
                .flatten();
            let mut mails = files.filter_map(|file| fs::read(file.path()).ok());
            found = mails.find(|mail| String::from_utf8_lossy(mail).contains(text));
            found.is_some()
        });
        assert!(arrived, "no mail with {text}: {}", self.log());
        found.unwrap()
    }

    /// What it wrote, for the messages of tests that fail.
    pub fn log(&self) -> String {
        let logs = fs::read_dir(self.folder.path().join("log"))
            .into_iter()
            .flatten()
            .flatten();
        let texts = logs.map(|file| file.path()).chain([self.folder.path().join("out")]);
        texts.filter_map(|file| fs::read_to_string(file).ok()).collect()
    }
}

impl Drop for Exim {
    fn drop(&mut self) {
        // With its children, which would put their spool back where the folder had been. They may have gone by themselves.
        let group = format!("-{}", self.daemon.id());
        let signal = |kind: &str| {
            Command::new("kill")
                .args([kind, "--", &group])
                .stderr(Stdio::null())
                .status()
        };
        signal("-KILL").map(drop).unwrap_or_default();
        self.daemon.wait().map(drop).unwrap_or_default();
        until(|| !signal("-0").is_ok_and(|status| status.success()));
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn until(mut done: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(20) {
        if done() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    false
}

/// Whom it runs as: exim delivers nothing as root, so there its package's account does.
fn account(folder: &Path) -> (String, String) {
    let file = fs::metadata(folder).unwrap();
    let own = std::os::unix::fs::MetadataExt::uid(&file);
    let of: &[&str] = if own == 0 { &["Debian-exim"] } else { &[] };
    let id = |kind: &'static str| output("id", &[&[kind], of].concat());
    (id("-u"), id("-g"))
}

fn own(folder: &Path, user: &str, group: &str) {
    let folder = folder.to_str().unwrap();
    output("chown", &["-R", &format!("{user}:{group}"), folder]);
    // Started as root, exim trusts a configuration of root's alone.
    if output("id", &["-u"]) == "0" {
        output("chown", &["0:0", &format!("{folder}/exim.conf")]);
    }
}

fn configuration(folder: &Path, implicit: u16, user: &str, group: &str) -> String {
    let folder = folder.display();
    format!(
        r"primary_hostname = localhost
exim_user = {user}
exim_group = {group}
spool_directory = {folder}/spool
log_file_path = {folder}/log/%slog
pid_file_path = {folder}/pid
deliver_drop_privilege
never_users =
acl_smtp_rcpt = recipients
tls_advertise_hosts = *
tls_certificate = {folder}/cert.pem
tls_privatekey = {folder}/key.pem
tls_on_connect_ports = {implicit}
message_size_limit = 200K
keep_environment =

begin acl
recipients:
  deny message = unknown recipient
       local_parts = nobody
  accept authenticated = *
  deny message = log in first

begin routers
everybody:
  driver = accept
  transport = files

begin transports
files:
  driver = appendfile
  directory = {folder}/mail
  maildir_format
  create_directory
  user = {user}
  group = {group}
  envelope_to_add
  return_path_add

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and {{{{eq{{$auth2}}{{{USER}}}}}{{eq{{$auth3}}{{{PASSWORD}}}}}}}}}
  server_set_id = $auth2
  server_advertise_condition = ${{if def:tls_in_cipher}}
"
    )
}
