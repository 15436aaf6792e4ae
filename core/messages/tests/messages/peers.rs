//! Programs that the tests need beside this crate.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// Where a program is. Without it the tests that need it say so and do nothing; `CARDEA_REQUIRE_PEERS=1` demands it.
pub fn need(program: &str) -> Option<PathBuf> {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Mail servers stand where only administrators have a path to.
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    let found = folders.map(|folder| folder.join(program)).find(|file| file.is_file());
    if found.is_none() {
        let required = std::env::var("CARDEA_REQUIRE_PEERS").is_ok_and(|value| value == "1");
        assert!(
            !required,
            "{program} is not installed, and CARDEA_REQUIRE_PEERS=1 demands it"
        );
        if SAID.lock().unwrap().insert(program.to_owned()) {
            // Not through `eprintln!`, which a passing test swallows.
            let line = format!("\n*** {program} is not installed: the tests that need it do NOTHING ***\n");
            std::io::stderr().write_all(line.as_bytes()).unwrap();
        }
    }
    found
}

/// What a program prints, once it has succeeded.
pub fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Writes `key.pem` and `cert.pem`, which vouches for itself, of `localhost` and 127.0.0.1.
pub fn certificate(folder: &Path) {
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let settings = "[req]\ndistinguished_name = dn\nx509_extensions = ext\nprompt = no\n[dn]\nCN = Cardea test\n\
        [ext]\nsubjectAltName = DNS:localhost, IP:127.0.0.1\nbasicConstraints = critical, CA:FALSE\n";
    fs::write(at("openssl.conf"), settings).unwrap();
    let (key, cert, conf) = (at("key.pem"), at("cert.pem"), at("openssl.conf"));
    let arguments = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2".split(' ');
    let arguments: Vec<&str> = arguments
        .chain(["-config", &conf, "-keyout", &key, "-out", &cert])
        .collect();
    output("openssl", &arguments);
}
