//! The thread of the nightly jobs. It first goes on with what the last server was interrupted at, then wakes after some minutes
//! and every full hour, because it is always midnight in some store's zone; the jobs do only what is due and not done yet. When it stops, it
//! seals the audit log.

use cardea_engine::{Engine, job};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

const HOUR_MS: i64 = 3_600_000;
/// After a start, what a night without a server has missed is done this soon, once people are served.
const SETTLED: Duration = Duration::from_secs(300);

/// The running thread; stops when told or dropped, after the job it is at.
pub struct Jobs {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Jobs {
    /// # Errors
    /// No thread or no runtime to be had.
    pub fn start(engine: Engine) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = mpsc::channel();
        let thread = std::thread::Builder::new().name("jobs".into()).spawn(move || {
            if let Err(refusal) = runtime.block_on(job::go_on(&engine)) {
                let code = refusal.code.as_str();
                tracing::error!(code, reason = refusal.detail.en, "what was interrupted doesn't go on");
            }
            let mut pause = until_full_hour(engine.clock().now().0).min(SETTLED);
            while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                if let Err(refusal) = runtime.block_on(job::run_all(&engine)) {
                    tracing::error!(
                        code = refusal.code.as_str(),
                        reason = refusal.detail.en,
                        "a nightly job failed"
                    );
                }
                pause = until_full_hour(engine.clock().now().0);
            }
            if let Err(refusal) = runtime.block_on(engine.seal_audit()) {
                tracing::error!(
                    code = refusal.code.as_str(),
                    reason = refusal.detail.en,
                    "the audit log isn't sealed"
                );
            }
        })?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Waits for the job it is at.
    pub fn stop(&mut self) {
        drop(self.stop.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the jobs' thread panicked");
        }
    }
}

impl Drop for Jobs {
    fn drop(&mut self) {
        self.stop();
    }
}

/// `now` in milliseconds since 1970.
fn until_full_hour(now: i64) -> Duration {
    Duration::from_millis((HOUR_MS - now.rem_euclid(HOUR_MS)) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_hour_is_never_now() {
        assert_eq!(until_full_hour(0), Duration::from_secs(3600));
        assert_eq!(until_full_hour(HOUR_MS - 1), Duration::from_millis(1));
        assert_eq!(until_full_hour(5 * HOUR_MS + 60_000), Duration::from_secs(3540));
    }
}
