//! A mail server for stories: takes what it is sent, or answers as it is told to, and shows what came.

use mail_parser::{Message, MessageParser};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

#[derive(Default)]
struct Shared {
    texts: Vec<String>,
    /// For the ends of the next texts; empty: it closes the connection without a word.
    answers: VecDeque<&'static str>,
    /// Before each answer to a text.
    pause: Duration,
}

#[derive(Clone)]
pub struct MailServer {
    pub port: u16,
    shared: Arc<Mutex<Shared>>,
}

/// A mail as an independent reader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    pub id: String,
    pub to: String,
    pub name: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// The whole header.
    pub raw: String,
}

impl Mail {
    /// Where one click unsubscribes: the path on the server.
    pub fn unsubscribe(&self) -> String {
        let unfolded = self.raw.replace("\r\n ", " ");
        let line = unfolded.lines().find(|line| line.starts_with("List-Unsubscribe:"));
        let url = line
            .and_then(|line| line.split(['<', '>']).nth(1))
            .expect("a way to unsubscribe");
        let rest = url.split_once("://").expect("an address").1;
        rest[rest.find('/').expect("a path")..].to_owned()
    }
}

fn read(raw: &str) -> Mail {
    let message: Message = MessageParser::default().parse(raw).expect("a mail");
    let to = message.to().and_then(|to| to.first()).expect("whom it is for");
    Mail {
        id: message.message_id().unwrap_or_default().to_owned(),
        to: to.address().unwrap_or_default().to_owned(),
        name: to.name().unwrap_or_default().to_owned(),
        subject: message.subject().unwrap_or_default().to_owned(),
        text: message.body_text(0).unwrap_or_default().into_owned(),
        html: message.body_html(0).unwrap_or_default().into_owned(),
        raw: raw.split_once("\r\n\r\n").map_or(raw, |(header, _)| header).to_owned(),
    }
}

impl MailServer {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let shared = Arc::<Mutex<Shared>>::default();
        let own = shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = own.clone();
                // A client that goes away ends its conversation.
                std::thread::spawn(move || converse(stream, &shared).ok());
            }
        });
        Self { port, shared }
    }

    /// How the ends of the next texts are answered.
    pub fn answer(&self, answers: &[&'static str]) {
        self.shared.lock().expect("not poisoned").answers.extend(answers);
    }

    /// It thinks so long before it takes a text.
    pub fn slow(&self, pause: Duration) {
        self.shared.lock().expect("not poisoned").pause = pause;
    }

    /// How many came.
    pub fn count(&self) -> usize {
        self.shared.lock().expect("not poisoned").texts.len()
    }

    /// Everything that came, refused or not.
    pub fn mails(&self) -> Vec<Mail> {
        let shared = self.shared.lock().expect("not poisoned");
        shared.texts.iter().map(|text| read(text)).collect()
    }

    /// Waits until so many have come.
    #[track_caller]
    pub fn wait_for(&self, count: usize) -> Vec<Mail> {
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(60) {
            let mails = self.mails();
            if mails.len() >= count {
                return mails;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("{count} mails don't come: {:#?}", self.mails());
    }
}

fn converse(stream: TcpStream, shared: &Mutex<Shared>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream);
    let say =
        |lines: &mut BufReader<TcpStream>, answer: &str| lines.get_mut().write_all(format!("{answer}\r\n").as_bytes());
    say(&mut lines, "220 stories ESMTP")?;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let word = line.split([' ', ':', '\r']).next().unwrap_or_default().to_uppercase();
        match word.as_str() {
            "EHLO" => say(&mut lines, "250-stories\r\n250 SIZE 1000000")?,
            "DATA" => {
                say(&mut lines, "354 go on")?;
                let text = read_text(&mut lines)?;
                let (answer, pause) = {
                    let mut shared = shared.lock().expect("not poisoned");
                    shared.texts.push(text);
                    (shared.answers.pop_front().unwrap_or("250 2.0.0 queued"), shared.pause)
                };
                std::thread::sleep(pause);
                if answer.is_empty() {
                    return Ok(());
                }
                say(&mut lines, answer)?;
            }
            "QUIT" => return say(&mut lines, "221 bye"),
            _ => say(&mut lines, "250 2.0.0 ok")?,
        }
    }
}

fn read_text(lines: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut text = String::new();
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 || line == ".\r\n" {
            return Ok(text);
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
