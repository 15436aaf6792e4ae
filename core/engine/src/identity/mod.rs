//! Who may come in and what they may do.

mod hold;
mod login;
pub mod permission;
pub mod session;
pub mod staff;
#[cfg(test)]
mod tests;
mod throttle;

pub use login::{ChangePassword, Login, Refresh, Tokens};
pub use permission::{Action, Guard, Scope, StoreScope, guard};
pub(crate) use session::stores_of;
pub use session::{ChainShown, Me, StoreShown};
pub use staff::{NewStaff, PasswordReset, Staff, StaffChange, StaffQuery};

use crate::keys::{KeyError, Passwords};
use session::SessionCache;
use throttle::Throttle;

/// What logging in needs beside the database; one per engine.
pub(crate) struct Identity {
    pub passwords: Passwords,
    pub throttle: Throttle,
    pub sessions: SessionCache,
}

impl Identity {
    /// # Errors
    /// [`KeyError::Random`].
    pub fn new() -> Result<Self, KeyError> {
        Ok(Self {
            passwords: Passwords::new()?,
            throttle: Throttle::new(),
            sessions: SessionCache::new(),
        })
    }
}
