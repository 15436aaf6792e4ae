//! An HTTP server that gives scripted answers and keeps what it was asked.

use crate::tls::Tls;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Method and path.
    pub line: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Asked {
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(found, _)| found == name);
        found.map_or("", |(_, value)| value)
    }
}

pub enum Answer {
    /// Status, further header lines, body.
    Say(u16, &'static str, String),
    /// Reads the request and closes.
    Cut,
    /// Reads the request and waits.
    Silence,
}

pub struct Server {
    pub port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    pub fn start(answer: Answer) -> Self {
        Self::start_with(answer, None)
    }

    pub fn start_with(answer: Answer, tls: Option<Tls>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
                let served = match &tls {
                    None => serve(stream, &answer, &shared),
                    Some(tls) => serve(tls.accept(stream), &answer, &shared),
                };
                // A client that goes away has what it wanted.
                served.unwrap_or_default();
            }
        });
        Self { port, asked }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(stream: impl Read + Write, answer: &Answer, all: &Mutex<Vec<Asked>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut asked = Asked::default();
    reader.read_line(&mut asked.line)?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        asked.headers.push((name.to_lowercase(), value.to_owned()));
    }
    let length = asked.header("content-length").parse().unwrap_or(0);
    (&mut reader).take(length).read_to_string(&mut asked.body)?;
    all.lock().unwrap().push(asked);
    let stream = reader.get_mut();
    match answer {
        Answer::Say(status, headers, body) => {
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {status} Scripted\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
            )
        }
        Answer::Cut => Ok(()),
        Answer::Silence => {
            std::thread::sleep(Duration::from_secs(3));
            Ok(())
        }
    }
}
