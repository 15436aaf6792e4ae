//! The thread that sends messages: looks for what is due every second, and at once again while there was something.

use cardea_engine::{Engine, message};
use std::sync::mpsc::{self, RecvTimeoutError, Sender as Stop};
use std::thread::JoinHandle;
use std::time::Duration;

const PAUSE: Duration = Duration::from_secs(1);
/// After a failure of the database.
const LONG_PAUSE: Duration = Duration::from_secs(15);

/// The running thread; stops when told or dropped, after what it is sending.
pub struct Sender {
    stop: Option<Stop<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sender {
    /// # Errors
    /// No thread or no runtime to be had.
    pub fn start(engine: Engine) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = mpsc::channel();
        let thread = std::thread::Builder::new().name("messages".into()).spawn(move || {
            let mut pause = PAUSE;
            while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                pause = match runtime.block_on(message::deliver_all(&engine)) {
                    Ok(_) => PAUSE,
                    Err(refusal) => {
                        let code = refusal.code.as_str();
                        tracing::error!(code, reason = refusal.detail.en, "messages aren't sent");
                        LONG_PAUSE
                    }
                };
            }
        })?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Waits for what it is sending.
    pub fn stop(&mut self) {
        drop(self.stop.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that sends messages panicked");
        }
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.stop();
    }
}
