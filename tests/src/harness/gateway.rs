//! A provider of SMS for stories: takes requests and answers as it is told to.

use serde_json::Value;
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

#[derive(Default)]
struct Shared {
    requests: Vec<Value>,
    /// Bodies of the next answers; empty: it closes the connection without a word.
    answers: VecDeque<&'static str>,
}

#[derive(Clone)]
pub struct GatewayServer {
    pub port: u16,
    shared: Arc<Mutex<Shared>>,
}

impl GatewayServer {
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

    pub fn answer(&self, answers: &[&'static str]) {
        self.shared.lock().expect("not poisoned").answers.extend(answers);
    }

    /// Waits until so many requests have come; their bodies.
    #[track_caller]
    pub fn wait_for(&self, count: usize) -> Vec<Value> {
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(60) {
            let requests = self.shared.lock().expect("not poisoned").requests.clone();
            if requests.len() >= count {
                return requests;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("{count} requests don't come");
    }
}

fn converse(stream: TcpStream, shared: &Mutex<Shared>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    lines.read_exact(&mut body)?;
    let answer = {
        let mut shared = shared.lock().expect("not poisoned");
        shared.requests.push(serde_json::from_slice(&body).unwrap_or_default());
        shared.answers.pop_front().unwrap_or(r#"{"Code":"OK","BizId":"4711"}"#)
    };
    if answer.is_empty() {
        return Ok(());
    }
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        answer.len()
    );
    lines.get_mut().write_all(format!("{head}{answer}").as_bytes())
}
