//! A mail server that answers as a script says.

use crate::tls::Tls;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What it does instead of its usual answer.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    Say(&'static str),
    /// Closes the connection without a word.
    Cut,
    /// Never answers.
    Silence,
    /// Says so and closes, whatever the client is sending.
    SayAndCut(&'static str),
    /// Says so and begins TLS.
    Encrypt(&'static str),
}

/// The first word of a command (`TEXT` for the end of the text), which time it comes, and what follows.
pub type Script = &'static [(&'static str, usize, Act)];

#[derive(Default)]
pub struct Seen {
    pub connections: usize,
    /// First words in order.
    pub commands: Vec<String>,
    /// Texts as they came, dots unstuffed.
    pub texts: Vec<String>,
}

pub struct Server {
    pub port: u16,
    seen: Arc<Mutex<Seen>>,
}

impl Server {
    pub fn start(script: Script) -> Self {
        Self::start_with(script, None)
    }

    pub fn start_with(script: Script, tls: Option<Tls>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                shared.lock().unwrap().connections += 1;
                let (seen, tls) = (Arc::clone(&shared), tls.clone());
                // A client that goes away ends its conversation.
                std::thread::spawn(move || converse(stream, script, &seen, tls.as_ref()).unwrap_or_default());
            }
        });
        Self { port, seen }
    }

    pub fn seen<T>(&self, look: impl FnOnce(&Seen) -> T) -> T {
        look(&self.seen.lock().unwrap())
    }

    pub fn times(&self, command: &str) -> usize {
        self.seen(|seen| seen.commands.iter().filter(|seen| *seen == command).count())
    }
}

fn usual(word: &str) -> &'static str {
    match word {
        "GREETING" => "220 scripted ESMTP",
        "EHLO" => "250-scripted\r\n250 AUTH PLAIN LOGIN",
        "AUTH" => "235 2.7.0 welcome",
        "DATA" => "354 go on",
        "TEXT" => "250 2.0.0 queued as 4711",
        "QUIT" => "221 bye",
        _ => "250 2.1.0 ok",
    }
}

fn converse(stream: TcpStream, script: Script, seen: &Mutex<Seen>, tls: Option<&Tls>) -> std::io::Result<()> {
    let mut word = "GREETING".to_owned();
    let mut plain = BufReader::new(stream);
    if !talk(&mut plain, &mut word, script, seen)? {
        // The client sees the end before its own bytes are refused: the same failure each time.
        plain.get_ref().shutdown(std::net::Shutdown::Write)?;
        std::thread::sleep(std::time::Duration::from_millis(100));
        return Ok(());
    }
    let tls = tls.expect("a certificate for the script");
    let mut encrypted = BufReader::new(tls.accept(plain.into_inner()));
    word = next_word(&mut encrypted)?;
    talk(&mut encrypted, &mut word, script, seen)?;
    Ok(())
}

/// Whether TLS follows.
fn talk(
    reader: &mut BufReader<impl Read + Write>,
    word: &mut String,
    script: Script,
    seen: &Mutex<Seen>,
) -> std::io::Result<bool> {
    // The client has gone.
    while !word.is_empty() {
        let time = {
            let mut seen = seen.lock().unwrap();
            seen.commands.push(word.clone());
            seen.commands.iter().filter(|command| *command == word).count()
        };
        let acts = script
            .iter()
            .find(|(of, at, _)| of == word && (*at == time || *at == 0));
        let act = acts.map_or(Act::Say(usual(word)), |(_, _, act)| *act);
        let answer = match act {
            Act::Say(answer) | Act::SayAndCut(answer) | Act::Encrypt(answer) => answer,
            Act::Cut => return Ok(false),
            Act::Silence => {
                std::thread::sleep(std::time::Duration::from_secs(5));
                return Ok(false);
            }
        };
        reader.get_mut().write_all(format!("{answer}\r\n").as_bytes())?;
        reader.get_mut().flush()?;
        if word == "QUIT" || matches!(act, Act::SayAndCut(_)) {
            return Ok(false);
        }
        if matches!(act, Act::Encrypt(_)) {
            return Ok(true);
        }
        *word = if answer.starts_with("354") {
            let text = read_text(reader)?;
            seen.lock().unwrap().texts.push(text);
            "TEXT".to_owned()
        } else {
            next_word(reader)?
        };
    }
    Ok(false)
}

/// Empty where the client has gone.
fn next_word(reader: &mut impl BufRead) -> std::io::Result<String> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    Ok(line.split([' ', ':', '\r']).next().unwrap_or_default().to_uppercase())
}

fn read_text(reader: &mut impl BufRead) -> std::io::Result<String> {
    let mut text = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == ".\r\n" {
            return Ok(text);
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
