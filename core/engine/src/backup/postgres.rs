//! Copies of a PostgreSQL database, by its own tools.

use super::files;
use crate::error::{Error, Result};
use crate::store::{Location, copy};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The rows of all chains, whatever the policies say to requests.
const ALL: &str = "-c cardea.scope=all";

pub(super) fn dump(url: &str, folder: &Path) -> Result<PathBuf> {
    let to = folder.join("cardea.dump");
    let mut command = tool("pg_dump", url)?;
    command
        .args([
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            "--enable-row-security",
        ])
        .arg("--file")
        .arg(&to);
    run(command, "pg_dump")?;
    files::keep_private(&to)?;
    Ok(to)
}

/// # Errors
/// The database has tables.
pub(super) fn check_empty(location: &Location) -> Result<()> {
    match copy::tables(location)? {
        0 => Ok(()),
        tables => Err(Error::internal(format!(
            "the database has {tables} tables already: restore into an empty one (CREATE DATABASE …)"
        ))),
    }
}

/// All of it or nothing.
pub(super) fn put_back(url: &str, copy: &Path) -> Result<()> {
    let mut command = tool("pg_restore", url)?;
    command
        .args([
            "--no-owner",
            "--no-privileges",
            "--exit-on-error",
            "--single-transaction",
        ])
        .arg(copy);
    run(command, "pg_restore")
}

/// A tool with its connection; the password isn't among its arguments, where everybody on the machine could read it.
fn tool(name: &str, url: &str) -> Result<Command> {
    let (address, password) = without_password(url);
    let mut command = Command::new(find(name));
    command
        .arg("--dbname")
        .arg(address)
        .env("PGOPTIONS", ALL)
        .stdin(Stdio::null());
    if let Some(password) = password {
        command.env("PGPASSWORD", password);
    }
    Ok(command)
}

fn run(mut command: Command, name: &str) -> Result<()> {
    let output = command.output().map_err(|e| {
        Error::internal(format!(
            "{name} can't be started ({e}): install PostgreSQL's client programs, at least as new as the server"
        ))
    })?;
    if output.status.success() {
        return Ok(());
    }
    let told = String::from_utf8_lossy(&output.stderr);
    Err(Error::internal(format!("{name} failed: {}", told.trim())))
}

/// On PATH, or where Debian keeps the newest version.
fn find(name: &str) -> OsString {
    let on_path =
        std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|p| p.join(name).is_file()));
    if on_path {
        return name.into();
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path())))
        .filter(|(_, path)| path.join("bin").join(name).is_file())
        .max();
    newest.map_or_else(|| name.into(), |(_, path)| path.join("bin").join(name).into())
}

/// `postgres://user:password@…` without its password, and that.
fn without_password(url: &str) -> (String, Option<String>) {
    let split = || {
        let (scheme, rest) = url.split_once("://")?;
        let (user, host) = rest.split_once('@').filter(|(user, _)| !user.contains('/'))?;
        let (user, password) = user.split_once(':')?;
        Some((format!("{scheme}://{user}@{host}"), unescaped(password)))
    };
    match split() {
        Some((address, password)) => (address, Some(password)),
        None => (url.to_owned(), None),
    }
}

/// `%41` is `A`.
fn unescaped(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, after @ ..] = rest {
        let escaped = after.get(..2).filter(|_| *first == b'%');
        match escaped.and_then(|digits| hex::decode(digits).ok()) {
            Some(byte) => {
                bytes.extend(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_no_argument() {
        for (url, address, password) in [
            (
                "postgres://ann:s%40c%2Fr@db:5432/cardea",
                "postgres://ann@db:5432/cardea",
                Some("s@c/r"),
            ),
            ("postgres://ann@db/cardea", "postgres://ann@db/cardea", None),
            (
                "postgres://db/cardea?application_name=a@b:c",
                "postgres://db/cardea?application_name=a@b:c",
                None,
            ),
            (
                "postgres://ann:100%@db/cardea",
                "postgres://ann@db/cardea",
                Some("100%"),
            ),
        ] {
            assert_eq!(
                without_password(url),
                (address.to_owned(), password.map(str::to_owned)),
                "{url}"
            );
        }
    }
}
