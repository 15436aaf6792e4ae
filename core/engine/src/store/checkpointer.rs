//! Moves SQLite's write-ahead log into the database beside the writer.
//!
//! Left to itself SQLite does that in the commit that fills the log: some ten thousand pages at once, for which every till
//! would wait. A thread that does it little by little leaves almost nothing for that commit.

use super::{Conn, Database};
use crate::error::{Error, Result};
use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Between two looks at the log.
const PAUSE: Duration = Duration::from_millis(50);

#[derive(Default)]
struct Shared {
    /// Something was committed since the last look.
    written: AtomicBool,
    ended: Mutex<bool>,
    wake: Condvar,
}

/// The thread; it ends with its owner.
pub(super) struct Checkpointer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Does nothing on PostgreSQL, which has one of its own.
    pub fn start(database: &Database) -> Result<Self> {
        let shared = Arc::new(Shared::default());
        let conn = database.connect()?;
        let thread = matches!(conn, Conn::Sqlite(_)).then(|| {
            let shared = shared.clone();
            std::thread::Builder::new()
                .name("checkpointer".into())
                .spawn(move || run(conn, &shared))
                .map_err(|e| Error::internal(format!("starting the checkpointer: {e}")))
        });
        Ok(Self {
            shared,
            thread: thread.transpose()?,
        })
    }

    /// Says that there is something in the log.
    pub fn written(&self) {
        self.shared.written.store(true, Ordering::Relaxed);
    }
}

fn run(mut conn: Conn, shared: &Shared) {
    let mut ended = shared.ended.lock();
    while !*ended {
        shared.wake.wait_for(&mut ended, PAUSE);
        if shared.written.swap(false, Ordering::Relaxed) {
            // Passive: waits for nobody and keeps nobody waiting. What it can't do now, the next one does, or the writer.
            if let Err(e) = conn.batch("PRAGMA wal_checkpoint(PASSIVE)") {
                tracing::debug!(error = %e, "a checkpoint of the write-ahead log failed");
            }
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        *self.shared.ended.lock() = true;
        self.shared.wake.notify_all();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the checkpointer panicked");
        }
    }
}
