//! What can go wrong inside the engine. Callers outside see a [`Refusal`] only; causes go to the log.

use crate::keys::KeyError;
use crate::store::is_damaged;
use cardea_domain::{Code, Refusal};

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command was understood and refused; nothing was written.
    #[error("{} ({})", .0.code.as_str(), .0.detail.en)]
    Refused(Box<Refusal>),
    /// The database failed; the batch is rolled back.
    #[error("database: {0}")]
    Database(#[from] diesel::result::Error),
    /// There is no connection to the database.
    #[error("the database can't be reached: {0}")]
    Unreachable(#[from] diesel::ConnectionError),
    /// Anything else that is nobody's fault outside: a damaged row, a missing file.
    #[error("{0:#}")]
    Internal(#[from] anyhow::Error),
}

impl Error {
    pub fn internal(what: impl std::fmt::Display) -> Self {
        Self::Internal(anyhow::anyhow!("{what}"))
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl From<KeyError> for Error {
    fn from(e: KeyError) -> Self {
        Self::Internal(e.into())
    }
}

impl From<serde_json::Error> for Error {
    fn from(e: serde_json::Error) -> Self {
        Self::Internal(e.into())
    }
}

impl From<Error> for Refusal {
    fn from(e: Error) -> Self {
        match e {
            Error::Refused(refusal) => *refusal,
            Error::Database(e) => {
                if is_damaged(&e.to_string()) {
                    tracing::error!(error = %e, "the database is damaged: stop the server and start it again, it says what to do");
                } else {
                    tracing::error!(error = %e, "the database failed");
                }
                unavailable()
            }
            Error::Unreachable(e) => {
                tracing::error!(error = %e, "the database can't be reached");
                unavailable()
            }
            Error::Internal(e) => {
                tracing::error!(error = format!("{e:#}"), "internal error");
                Refusal::new(
                    Code::Internal,
                    "系统内部错误",
                    "Internal error; the operator's log has the cause",
                )
            }
        }
    }
}

pub(crate) fn unavailable() -> Refusal {
    Refusal::new(
        Code::StorageUnavailable,
        "数据库暂不可用，请稍后重试",
        "The database is unavailable; try again",
    )
}
