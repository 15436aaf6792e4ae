//! A receiver of webhooks for stories: takes events, checks signatures by itself, and answers as it is told to.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

#[derive(Default)]
struct Shared {
    events: Vec<Event>,
    /// Of the next answers, the status and further lines of the head; empty: it closes the connection without a word.
    answers: VecDeque<&'static str>,
    /// When there are no more of them.
    always: Option<&'static str>,
    pause: Duration,
}

/// An event as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub id: String,
    pub timestamp: i64,
    pub signatures: Vec<String>,
    pub text: String,
    pub body: Value,
}

impl Event {
    pub fn topic(&self) -> &str {
        self.body["type"].as_str().unwrap_or_default()
    }

    /// Which of its signatures a secret makes.
    pub fn signed_by(&self, secret: &str) -> Option<usize> {
        let key = secret.strip_prefix("whsec_").expect("a secret");
        let key = STANDARD.decode(key).expect("base64");
        let content = format!("{}.{}.{}", self.id, self.timestamp, self.text);
        let expected = format!("v1,{}", STANDARD.encode(hmac_sha256(&key, content.as_bytes())));
        self.signatures.iter().position(|signature| *signature == expected)
    }
}

/// RFC 2104, written down once more: what is checked isn't what checks.
fn hmac_sha256(key: &[u8], content: &[u8]) -> Vec<u8> {
    let padded = |pad: u8| {
        let mut block = [pad; 64];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = Sha256::new()
        .chain_update(padded(0x36))
        .chain_update(content)
        .finalize();
    Sha256::new()
        .chain_update(padded(0x5c))
        .chain_update(inner)
        .finalize()
        .to_vec()
}

#[derive(Clone)]
pub struct HookServer {
    pub port: u16,
    shared: Arc<Mutex<Shared>>,
}

impl HookServer {
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

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook?token=url-key-4711", self.port)
    }

    pub fn answer(&self, answers: &[&'static str]) {
        self.shared.lock().expect("not poisoned").answers.extend(answers);
    }

    /// What it answers from now on.
    pub fn answer_always(&self, answer: &'static str) {
        self.shared.lock().expect("not poisoned").always = Some(answer);
    }

    /// Before each answer from now on.
    pub fn slow(&self, pause: Duration) {
        self.shared.lock().expect("not poisoned").pause = pause;
    }

    /// What came so far.
    pub fn events(&self) -> Vec<Event> {
        self.shared.lock().expect("not poisoned").events.clone()
    }

    /// What came of one topic.
    pub fn of(&self, topic: &str) -> Vec<Event> {
        let mut events = self.events();
        events.retain(|event| event.topic() == topic);
        events
    }

    /// Waits until so many of a topic have come.
    #[track_caller]
    pub fn wait_for(&self, topic: &str, count: usize) -> Vec<Event> {
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(60) {
            let events = self.of(topic);
            if events.len() >= count {
                return events;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("{count} {topic} don't come: {:#?}", self.events());
    }
}

fn converse(stream: TcpStream, shared: &Mutex<Shared>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream);
    let mut head = HashMap::new();
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            head.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    let said = |name: &str| head.get(name).cloned().unwrap_or_default();
    let mut body = vec![0; said("content-length").parse().unwrap_or(0)];
    lines.read_exact(&mut body)?;
    let text = String::from_utf8(body).unwrap_or_default();
    let event = Event {
        id: said("webhook-id"),
        timestamp: said("webhook-timestamp").parse().unwrap_or(0),
        signatures: said("webhook-signature").split(' ').map(str::to_owned).collect(),
        body: serde_json::from_str(&text).unwrap_or_default(),
        text,
    };
    let (answer, pause) = {
        let mut shared = shared.lock().expect("not poisoned");
        shared.events.push(event);
        let answer = shared.answers.pop_front().or(shared.always).unwrap_or("200 OK");
        (answer, shared.pause)
    };
    std::thread::sleep(pause);
    if answer.is_empty() {
        return Ok(());
    }
    let whole = format!("HTTP/1.1 {answer}\r\ncontent-length: 5\r\n\r\nthere");
    lines.get_mut().write_all(whole.as_bytes())
}
