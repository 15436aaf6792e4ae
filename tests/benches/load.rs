//! A load generator that stays out of the way: raw HTTP/1.1 over kept-alive connections, all on one thread, with
//! requests put together beforehand but for what must be unique.

use std::cell::Cell;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What a run measured.
pub struct Load {
    pub per_second: f64,
    pub p50: Duration,
    pub p95: Duration,
    pub p99: Duration,
}

/// Lets `clients` connections send requests for `time` after a warm-up of a quarter of it, each with a `pause` between an
/// answer and its next request. `request` makes the n-th request; every answer must be 200 or 201.
pub fn run(
    addr: SocketAddr,
    clients: usize,
    time: Duration,
    pause: Duration,
    request: &dyn Fn(u64) -> Vec<u8>,
) -> Load {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let plan = Plan {
        addr,
        started: Instant::now(),
        warm: time / 4,
        time,
        pause,
        next: Cell::new(0),
        request,
    };
    let all = futures_util::future::join_all((0..clients).map(|_| client(&plan)));
    let mut latencies: Vec<Duration> = runtime.block_on(all).into_iter().flatten().collect();
    latencies.sort_unstable();
    let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize];
    Load {
        per_second: latencies.len() as f64 / time.as_secs_f64(),
        p50: at(0.5),
        p95: at(0.95),
        p99: at(0.99),
    }
}

struct Plan<'a> {
    addr: SocketAddr,
    started: Instant,
    warm: Duration,
    time: Duration,
    pause: Duration,
    next: Cell<u64>,
    request: &'a dyn Fn(u64) -> Vec<u8>,
}

async fn client(plan: &Plan<'_>) -> Vec<Duration> {
    let mut stream = TcpStream::connect(plan.addr).await.expect("a connection");
    stream.set_nodelay(true).expect("no delay");
    let mut measured = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    let end = plan.warm + plan.time;
    while plan.started.elapsed() < end {
        let bytes = (plan.request)(plan.next.replace(plan.next.get() + 1));
        let sent = Instant::now();
        stream.write_all(&bytes).await.expect("sent");
        let length = receive(&mut stream, &mut buffer).await;
        check(&buffer[..length]);
        if (plan.warm..end).contains(&plan.started.elapsed()) {
            measured.push(sent.elapsed());
        }
        if !plan.pause.is_zero() {
            tokio::time::sleep(plan.pause).await;
        }
    }
    measured
}

fn check(answer: &[u8]) {
    let done = matches!(&answer[9..12], b"200" | b"201");
    assert!(done, "{}", String::from_utf8_lossy(answer));
}

/// Reads one answer with a `content-length`.
async fn receive(stream: &mut TcpStream, buffer: &mut [u8]) -> usize {
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..]).await.expect("an answer");
        assert!(read > 0, "the server closed the connection");
        filled += read;
        let head = buffer[..filled].windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(head) = head
            && filled >= head + 4 + content_length(&buffer[..head])
        {
            return filled;
        }
    }
}

fn content_length(head: &[u8]) -> usize {
    let text = String::from_utf8_lossy(head).to_ascii_lowercase();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length:").map(str::trim).map(str::to_owned));
    line.and_then(|value| value.parse().ok()).expect("a content-length")
}

/// One request on a connection of its own.
pub fn once(addr: SocketAddr, request: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let mut stream = TcpStream::connect(addr).await.expect("a connection");
        stream.write_all(request).await.expect("sent");
        let mut buffer = vec![0; 64 << 10];
        let length = receive(&mut stream, &mut buffer).await;
        check(&buffer[..length]);
    });
}
