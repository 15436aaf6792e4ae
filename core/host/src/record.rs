//! Recorded inputs: what a decision was made from, small enough to keep for ever, and made again from it.

use super::api::{Function, Request};
use super::error::PluginError;
use super::loaded::Plugin;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::io::{Read, Write};

/// No recorded input is larger, bytes; a damaged one could claim anything.
const UNPACKED: u64 = 16 << 20;

/// A request without its configuration, to be kept with the entry that it led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedInput {
    /// The canonical JSON, deflated.
    pub bytes: Vec<u8>,
    /// SHA-256 of the canonical JSON before it was deflated.
    pub sha256: [u8; 32],
}

/// Why a recorded input couldn't be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The bytes aren't what was recorded.
    #[error("the recorded input is damaged: {0}")]
    Damaged(String),
    #[error(transparent)]
    Plugin(#[from] PluginError),
}

#[derive(Serialize)]
struct Canonical<'a, R> {
    function: &'a str,
    request: &'a R,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unpacked {
    function: String,
    request: Value,
}

/// Records a request. Its configuration is left out: the entry names the configuration's version.
///
/// # Errors
/// None for the interface's own types; serialising could fail for others.
pub fn record<R: Request>(request: &R) -> serde_json::Result<RecordedInput> {
    let mut request = request.clone();
    request.config_mut().clear();
    let canonical = canonical(&request)?;
    let mut encoder = DeflateEncoder::new(Vec::with_capacity(canonical.len() / 2), Compression::fast());
    encoder.write_all(&canonical).map_err(serde_json::Error::io)?;
    let bytes = encoder.finish().map_err(serde_json::Error::io)?;
    Ok(RecordedInput {
        bytes,
        sha256: Sha256::digest(&canonical).into(),
    })
}

/// SHA-256 of a request's canonical JSON, as [`record`] would store it. The configuration must be left out of it.
///
/// # Errors
/// As [`record`].
pub fn fingerprint<R: Request>(request: &R) -> serde_json::Result<[u8; 32]> {
    Ok(Sha256::digest(canonical(request)?).into())
}

fn canonical<R: Request>(request: &R) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&Canonical {
        function: R::FUNCTION.as_str(),
        request,
    })
}

impl RecordedInput {
    /// The function that was called and its request, without the configuration.
    ///
    /// # Errors
    /// [`ReplayError::Damaged`].
    pub fn unpack(&self) -> Result<(Function, Value), ReplayError> {
        let damaged = |e: &dyn std::fmt::Display| ReplayError::Damaged(e.to_string());
        let mut canonical = Vec::new();
        DeflateDecoder::new(self.bytes.as_slice())
            .take(UNPACKED)
            .read_to_end(&mut canonical)
            .map_err(|e| damaged(&e))?;
        if <[u8; 32]>::from(Sha256::digest(&canonical)) != self.sha256 {
            return Err(damaged(&"its hash is another"));
        }
        let unpacked: Unpacked = serde_json::from_slice(&canonical).map_err(|e| damaged(&e))?;
        let function = Function::parse(&unpacked.function).ok_or_else(|| damaged(&"an unknown function"))?;
        Ok((function, unpacked.request))
    }

    /// Makes the decision again, under the configuration of the entry; the same JSON as then.
    ///
    /// # Errors
    /// [`ReplayError::Damaged`], or what the call says.
    pub fn replay(&self, plugin: &Plugin, config: &str) -> Result<Value, ReplayError> {
        let (function, mut request) = self.unpack()?;
        let Some(fields) = request.as_object_mut() else {
            return Err(ReplayError::Damaged("the request isn't an object".to_owned()));
        };
        fields.insert("config".to_owned(), Value::String(config.to_owned()));
        Ok(plugin.call_json(function, request)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redeeming;

    fn request() -> redeeming::Request {
        redeeming::Request {
            config: r#"{"minimum_points":5}"#.to_owned(),
            today: 20_513,
            tier: "vip".to_owned(),
            reward: "MUG".to_owned(),
            price: 200,
            available: 300,
        }
    }

    #[test]
    fn a_request_comes_back_without_its_configuration() {
        let recorded = record(&request()).expect("recorded");
        let (function, request) = recorded.unpack().expect("unpacked");
        assert_eq!(function, Function::RedeemingDecide);
        assert_eq!(
            (request["config"].as_str(), request["price"].as_i64()),
            (Some(""), Some(200))
        );
        assert_eq!(
            record(&super::tests::request()).expect("recorded"),
            recorded,
            "the same bytes each time"
        );
    }

    #[test]
    fn a_changed_byte_is_found() {
        let recorded = record(&request()).expect("recorded");
        for index in 0..recorded.bytes.len() {
            let mut damaged = recorded.clone();
            // The lowest bit: the highest ones of the last byte may be padding, which says nothing.
            damaged.bytes[index] ^= 0x01;
            assert!(matches!(damaged.unpack(), Err(ReplayError::Damaged(_))), "byte {index}");
        }
    }
}
