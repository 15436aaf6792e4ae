//! The readers' connections: kept while idle, thrown away when the database has failed on them, bounded where the
//! database is a server with a limit of its own.

use super::Conn;
use super::dialect::{self, Location};
use super::roles::Requests;
use super::scope::Scope;
use crate::error::{Error, Result};
use cardea_domain::{Code, Refusal};
use parking_lot::{Condvar, Mutex};
use std::cell::Cell;
use std::time::Duration;

/// Idle connections kept open.
const IDLE: usize = 16;
/// How long a read waits for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Default)]
struct Pool {
    idle: Vec<Conn>,
    /// Idle ones and those at work.
    open: usize,
}

pub(super) struct Readers {
    pool: Mutex<Pool>,
    returned: Condvar,
    /// Most connections open at a time.
    limit: usize,
    requests: Requests,
}

/// A place in the pool; given back when dropped, whatever happens to the read.
struct Lease<'a> {
    readers: &'a Readers,
    conn: Option<Conn>,
}

/// The connection that the reads of a thread share.
struct Pinned {
    /// Address of its pool: tests open several databases in one process.
    readers: usize,
    scope: Scope,
    conn: Conn,
}

thread_local! {
    static PINNED: Cell<Option<Pinned>> = const { Cell::new(None) };
}

/// Ends the shared state, panic or not, and restores what was shared around it.
struct OneState<'a> {
    lease: Lease<'a>,
    around: Option<Pinned>,
}

impl Drop for OneState<'_> {
    fn drop(&mut self) {
        let pinned = PINNED.replace(self.around.take());
        // Only a connection whose transaction can be ended goes back to the pool.
        self.lease.conn = pinned.and_then(|mut pinned| dialect::rollback(&mut pinned.conn).then_some(pinned.conn));
    }
}

impl Readers {
    pub fn new(limit: usize, requests: Requests) -> Self {
        Self {
            pool: Mutex::default(),
            returned: Condvar::new(),
            limit,
            requests,
        }
    }

    fn connect(&self, location: &Location) -> Result<Conn> {
        let mut conn = location.connect()?;
        dialect::read_alone(&mut conn)?;
        self.requests.become_it(&mut conn)?;
        Ok(conn)
    }

    /// Runs a body whose reads on this thread go through one transaction.
    ///
    /// # Errors
    /// As [`Readers::read`].
    pub fn one_state<T>(&self, location: &Location, scope: Scope, body: impl FnOnce() -> Result<T>) -> Result<T> {
        let mut lease = self.lease()?;
        let mut conn = match lease.conn.take() {
            Some(conn) => conn,
            None => self.connect(location)?,
        };
        if let Err(e) = dialect::begin_read(&mut conn, scope) {
            self.forget_idle();
            return Err(e.into());
        }
        let pinned = Pinned {
            readers: self.identity(),
            scope,
            conn,
        };
        let around = PINNED.replace(Some(pinned));
        let _ended = OneState { lease, around };
        body()
    }

    /// This thread's shared connection, if it is one of this pool's, shows the scope and no read has it already.
    fn pinned(&self, scope: Scope) -> Option<Pinned> {
        let pinned = PINNED.take()?;
        if pinned.readers == self.identity() && scope.within(pinned.scope) {
            return Some(pinned);
        }
        PINNED.set(Some(pinned));
        None
    }

    fn identity(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// Reads with the shared connection, an idle one or a new one.
    ///
    /// # Errors
    /// The body's; `busy` when no connection comes free in time; a database that can't be reached.
    pub fn read<T>(&self, location: &Location, scope: Scope, body: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
        if let Some(mut pinned) = self.pinned(scope) {
            let answer = body(&mut pinned.conn);
            PINNED.set(Some(pinned));
            if answer.as_ref().is_err_and(is_of_storage) {
                self.forget_idle();
            }
            return answer;
        }
        let mut lease = self.lease()?;
        let mut conn = match lease.conn.take() {
            Some(conn) => conn,
            None => self.connect(location)?,
        };
        let answer = match dialect::begin_single_read(&mut conn, scope) {
            Ok(()) => body(&mut conn),
            Err(e) => Err(e.into()),
        };
        if answer.as_ref().is_err_and(is_of_storage) {
            // The connection may be broken, and so may those that were opened before it failed.
            lease.readers.forget_idle();
        } else if dialect::end_single_read(&mut conn) {
            // Only one that sees no chain's rows any more.
            lease.conn = Some(conn);
        }
        answer
    }

    fn lease(&self) -> Result<Lease<'_>> {
        let mut pool = self.pool.lock();
        while pool.idle.is_empty() && pool.open >= self.limit {
            if self.returned.wait_for(&mut pool, PATIENCE).timed_out() {
                return Err(Refusal::new(
                    Code::Busy,
                    "系统繁忙，请稍后重试",
                    "Too many reads are waiting for the database; try again shortly",
                )
                .into());
            }
        }
        let conn = pool.idle.pop();
        pool.open += usize::from(conn.is_none());
        Ok(Lease { readers: self, conn })
    }

    fn forget_idle(&self) {
        let mut pool = self.pool.lock();
        pool.open -= pool.idle.len();
        let closed = std::mem::take(&mut pool.idle);
        drop(pool);
        drop(closed);
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let mut pool = self.readers.pool.lock();
        match self.conn.take() {
            Some(conn) if pool.idle.len() < IDLE => pool.idle.push(conn),
            _ => pool.open -= 1,
        }
        drop(pool);
        self.readers.returned.notify_one();
    }
}

/// Whether the database failed, said as it is or as the refusal that a caller gets.
fn is_of_storage(e: &Error) -> bool {
    match e {
        Error::Database(e) => !matches!(e, diesel::result::Error::NotFound),
        Error::Unreachable(_) => true,
        Error::Refused(refusal) => refusal.code == Code::StorageUnavailable,
        Error::Internal(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> (tempfile::TempDir, Location) {
        let dir = tempfile::tempdir().unwrap();
        let location = Location::parse("", dir.path()).unwrap();
        (dir, location)
    }

    fn open(readers: &Readers) -> (usize, usize) {
        let pool = readers.pool.lock();
        (pool.idle.len(), pool.open)
    }

    #[test]
    fn connections_are_kept_until_the_database_fails() {
        let (_dir, location) = here();
        let readers = Readers::new(2, Requests::ByQuery);
        readers
            .read(&location, Scope::Installation, |_| {
                readers.read(&location, Scope::Installation, |_| Ok(()))
            })
            .unwrap();
        assert_eq!(open(&readers), (2, 2));
        let refused = |code| {
            readers.read(&location, Scope::Installation, move |_| {
                Err::<(), _>(Refusal::new(code, "", "").into())
            })
        };
        refused(Code::NotFound).unwrap_err();
        assert_eq!(open(&readers), (2, 2), "a refusal says nothing about the connection");
        let failed = readers.read(&location, Scope::Installation, |conn| {
            conn.batch("SELECT * FROM nowhere")
        });
        failed.unwrap_err();
        assert_eq!(open(&readers), (0, 0), "idle ones are as old as the one that failed");
        readers.read(&location, Scope::Installation, |_| Ok(())).unwrap();
        refused(Code::StorageUnavailable).unwrap_err();
        assert_eq!(open(&readers), (0, 0));
    }

    #[test]
    fn reads_of_one_state_share_a_connection_and_see_no_later_write() {
        let (_dir, location) = here();
        let readers = Readers::new(2, Requests::ByQuery);
        let run = |sql: &str| readers.read(&location, Scope::Installation, |conn| conn.batch(sql));
        run("CREATE TABLE found (n INTEGER)").unwrap();
        let mut writer = location.connect().unwrap();
        let shared = readers.one_state(&location, Scope::Installation, || {
            run("SELECT count(*) FROM found")?;
            assert_eq!(open(&readers), (0, 1), "the second read takes no other connection");
            writer.batch("DROP TABLE found")?;
            run("SELECT count(*) FROM found")
        });
        shared.unwrap();
        assert_eq!(open(&readers), (1, 1));
        run("SELECT count(*) FROM found").unwrap_err();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            readers.one_state(&location, Scope::Installation, || -> Result<()> { panic!("a bug") })
        }));
        assert!(panicked.is_err() && PINNED.take().is_none());
        assert_eq!(open(&readers), (1, 1), "its transaction was ended");
    }

    #[test]
    fn a_panic_gives_its_place_back_and_a_full_pool_waits() {
        let (_dir, location) = here();
        let readers = Readers::new(1, Requests::ByQuery);
        let read = std::panic::AssertUnwindSafe(|| {
            readers.read(&location, Scope::Installation, |_| -> Result<()> { panic!("a bug") })
        });
        assert!(std::panic::catch_unwind(read).is_err());
        assert_eq!(open(&readers), (0, 0));
        std::thread::scope(|scope| {
            let (started, wait) = std::sync::mpsc::channel();
            let (readers, location) = (&readers, &location);
            scope.spawn(move || {
                readers.read(location, Scope::Installation, |_| {
                    started.send(()).unwrap();
                    std::thread::sleep(Duration::from_millis(50));
                    Ok(())
                })
            });
            wait.recv().unwrap();
            readers.read(location, Scope::Installation, |_| Ok(())).unwrap();
        });
        assert_eq!(open(&readers), (1, 1));
    }
}
