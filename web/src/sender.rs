//! The threads that send messages and events: each looks for what is due every second, the first at once again while there was
//! something. Apart, so that neither waits for the other's servers.

use cardea_engine::{Engine, message, webhook};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

const PAUSE: Duration = Duration::from_secs(1);
/// After a failure of the database.
const LONG_PAUSE: Duration = Duration::from_secs(15);

/// The running threads; they stop when told or dropped, after what they are sending.
pub struct Sender {
    stop: Option<(mpsc::Sender<()>, oneshot::Sender<()>)>,
    threads: Vec<JoinHandle<()>>,
}

fn runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

fn thread(name: &str, run: impl FnOnce() + Send + 'static) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.into()).spawn(run)
}

impl Sender {
    /// # Errors
    /// No thread or no runtime to be had.
    pub fn start(engine: Engine) -> anyhow::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let (stop_events, events_stopped) = oneshot::channel::<()>();
        let (own, events) = (runtime()?, runtime()?);
        let for_events = engine.clone();
        let messages = thread("messages", move || {
            let mut pause = PAUSE;
            while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                pause = match own.block_on(message::deliver_all(&engine)) {
                    Ok(_) => PAUSE,
                    Err(refusal) => {
                        let code = refusal.code.as_str();
                        tracing::error!(code, reason = refusal.detail.en, "messages aren't sent");
                        LONG_PAUSE
                    }
                };
            }
        })?;
        let mut sender = Self {
            stop: Some((stop, stop_events)),
            threads: vec![messages],
        };
        sender.threads.push(thread("webhooks", move || {
            let stopped = async {
                // Told, or dropped with the server.
                events_stopped.await.ok();
            };
            events.block_on(webhook::deliver_until(for_events, stopped));
        })?);
        Ok(sender)
    }

    /// Waits for what they are sending.
    pub fn stop(&mut self) {
        drop(self.stop.take());
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread that sends messages or events panicked");
            }
        }
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.stop();
    }
}
