//! Access tokens (JWT, EdDSA only) and opaque refresh tokens.

use super::chain::{HmacSha256, MacKey, expand, mac};
use super::{KeyError, random, signing};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cardea_domain::Instant;
use cardea_domain::id::{ChainId, SessionId, StaffId};
use ed25519_dalek::pkcs8::EncodePrivateKey;
use hmac::Mac;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::Path;
use uuid::Uuid;
use zeroize::Zeroizing;

const ISSUER: &str = "cardea";
const AUDIENCE: &str = "cardea-api";
const TYPE: &str = "at+jwt";
/// Begins the names of the key files.
const KIND: &str = "token";
/// How far another server's clock may be off, in seconds.
const LEEWAY: i64 = 30;

/// What an access token says: who and which session, no role or store. Those are read with the session, so that a
/// change of either holds within seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    pub iss: String,
    pub aud: String,
    /// The staff member.
    pub sub: StaffId,
    /// Seconds since 1970, as are `nbf` and `iat`.
    pub exp: i64,
    pub nbf: i64,
    pub iat: i64,
    pub jti: Uuid,
    pub sid: SessionId,
    pub chain: ChainId,
}

/// Why a token isn't accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("the token isn't one of ours")]
    Invalid,
    #[error("the token has expired")]
    Expired,
}

struct TokenKey {
    decoding: DecodingKey,
    /// The public key, as the JWKS shows it.
    x: String,
}

/// Every token key of the installation; the newest signs.
pub struct TokenKeys {
    kid: String,
    encoding: EncodingKey,
    by_kid: HashMap<String, TokenKey>,
    refresh: MacKey,
}

impl TokenKeys {
    /// Access tokens are valid for this many seconds.
    pub const ACCESS_SECONDS: i64 = 600;

    pub(super) fn open(folder: &Path) -> Result<Self, KeyError> {
        let mut by_kid = HashMap::new();
        let mut newest = None;
        for (kid, signing) in signing::open(folder, KIND)? {
            let x = URL_SAFE_NO_PAD.encode(signing.verifying_key().as_bytes());
            let decoding = DecodingKey::from_ed_components(&x).map_err(|_| KeyError::Format {
                path: folder.join(format!("{KIND}-{kid}.pem")),
                reason: "an Ed25519 key expected",
            })?;
            by_kid.insert(kid.clone(), TokenKey { decoding, x });
            newest = Some((kid, signing));
        }
        let (kid, signing) = newest.ok_or(KeyError::Missing {
            path: folder.join("token-….pem"),
        })?;
        let der = signing.to_pkcs8_der().map_err(|e| KeyError::Random(e.to_string()))?;
        let mut refresh = MacKey::new([0; 64]);
        expand(signing.as_bytes(), b"cardea/1/refresh", refresh.as_mut_slice());
        Ok(Self {
            kid,
            encoding: EncodingKey::from_ed_der(der.as_bytes()),
            by_kid,
            refresh,
        })
    }

    /// A signed access token of a session, valid from `now` for [`TokenKeys::ACCESS_SECONDS`].
    ///
    /// # Errors
    /// [`TokenError::Invalid`] if signing fails, which a checked key never does.
    pub fn issue(
        &self,
        chain: ChainId,
        staff: StaffId,
        session: SessionId,
        now: Instant,
    ) -> Result<String, TokenError> {
        let iat = now.0.div_euclid(1000);
        let claims = Claims {
            iss: ISSUER.into(),
            aud: AUDIENCE.into(),
            sub: staff,
            exp: iat + Self::ACCESS_SECONDS,
            nbf: iat,
            iat,
            jti: Uuid::now_v7(),
            sid: session,
            chain,
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.into());
        header.kid = Some(self.kid.clone());
        jsonwebtoken::encode(&header, &claims, &self.encoding).map_err(|_| TokenError::Invalid)
    }

    /// Checks everything about a token that needs no database.
    ///
    /// # Errors
    /// [`TokenError::Expired`] for one of ours past its time (30 s of leeway), else [`TokenError::Invalid`].
    pub fn verify(&self, token: &str, now: Instant) -> Result<Claims, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid)?;
        // Only names of the local map: a key inside or linked from the token is never looked at.
        let key = header
            .kid
            .as_deref()
            .and_then(|kid| self.by_kid.get(kid))
            .ok_or(TokenError::Invalid)?;
        if header.alg != Algorithm::EdDSA || header.typ.as_deref() != Some(TYPE) {
            return Err(TokenError::Invalid);
        }
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.set_issuer(&[ISSUER]);
        rules.set_audience(&[AUDIENCE]);
        rules.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        // Times are checked below against the engine's one clock.
        rules.validate_exp = false;
        rules.validate_nbf = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &key.decoding, &rules)
            .map_err(|_| TokenError::Invalid)?
            .claims;
        let now = now.0.div_euclid(1000);
        let lifetime = claims.exp.saturating_sub(claims.iat);
        if claims.nbf > now + LEEWAY || claims.iat > now + LEEWAY || !(0..=Self::ACCESS_SECONDS).contains(&lifetime) {
            return Err(TokenError::Invalid);
        }
        if claims.exp.saturating_add(LEEWAY) <= now {
            Err(TokenError::Expired)
        } else {
            Ok(claims)
        }
    }

    /// The public keys (RFC 7517), for other systems that check our tokens.
    pub fn jwks(&self) -> serde_json::Value {
        let mut kids: Vec<_> = self.by_kid.iter().collect();
        kids.sort_by_key(|(kid, _)| kid.as_str());
        let keys: Vec<_> = kids
            .into_iter()
            .map(|(kid, key)| {
                serde_json::json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": kid, "x": key.x})
            })
            .collect();
        serde_json::json!({ "keys": keys })
    }

    /// A fresh refresh token of a session.
    ///
    /// # Errors
    /// [`KeyError::Random`].
    pub fn issue_refresh(&self, chain: ChainId, session: SessionId) -> Result<IssuedRefresh, KeyError> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(RefreshToken::LENGTH));
        bytes.extend_from_slice(chain.0.as_bytes());
        bytes.extend_from_slice(session.0.as_bytes());
        bytes.extend_from_slice(&random::<32>()?);
        let tag = self.refresh_mac(&bytes).finalize().into_bytes();
        bytes.extend_from_slice(&tag[..16]);
        Ok(IssuedRefresh {
            hash: Sha256::digest(bytes.as_slice()).into(),
            token: URL_SAFE_NO_PAD.encode(&bytes).into(),
        })
    }

    /// Reads a refresh token. One that parses was issued here: if its hash isn't the session's current one, it has
    /// been used before, however long ago.
    ///
    /// # Errors
    /// [`TokenError::Invalid`].
    pub fn parse_refresh(&self, token: &str) -> Result<RefreshToken, TokenError> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(token).map_err(|_| TokenError::Invalid)?);
        if bytes.len() != RefreshToken::LENGTH {
            return Err(TokenError::Invalid);
        }
        let (body, tag) = bytes.split_at(RefreshToken::LENGTH - 16);
        self.refresh_mac(body)
            .verify_truncated_left(tag)
            .map_err(|_| TokenError::Invalid)?;
        let id = |at: usize| Uuid::from_slice(&body[at..at + 16]).map_err(|_| TokenError::Invalid);
        Ok(RefreshToken {
            chain: id(0)?.into(),
            session: id(16)?.into(),
            hash: Sha256::digest(bytes.as_slice()).into(),
        })
    }

    fn refresh_mac(&self, body: &[u8]) -> HmacSha256 {
        mac(&self.refresh).chain_update(body)
    }
}

/// A refresh token that was just issued: the text for the client, the hash for the database.
pub struct IssuedRefresh {
    pub token: Zeroizing<String>,
    pub hash: [u8; 32],
}

/// A refresh token that came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    pub chain: ChainId,
    pub session: SessionId,
    pub hash: [u8; 32],
}

impl RefreshToken {
    /// Chain, session, 32 random bytes, 16 bytes of HMAC.
    const LENGTH: usize = 16 + 16 + 32 + 16;
}

#[cfg(test)]
mod tests;
