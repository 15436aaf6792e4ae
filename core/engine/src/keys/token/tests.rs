use super::*;
use serde_json::{Value, json};

const NOW: Instant = Instant(1_790_000_000_000);

fn keys() -> (tempfile::TempDir, TokenKeys) {
    let dir = tempfile::tempdir().unwrap();
    let keys = TokenKeys::open(dir.path()).unwrap();
    (dir, keys)
}

fn ids() -> (ChainId, StaffId, SessionId) {
    (
        Uuid::from_u128(1).into(),
        Uuid::from_u128(2).into(),
        Uuid::from_u128(3).into(),
    )
}

fn later(seconds: i64) -> Instant {
    Instant(NOW.0 + seconds * 1000)
}

fn claims() -> Value {
    let (chain, staff, session) = ids();
    let now = NOW.0 / 1000;
    json!({"iss": ISSUER, "aud": AUDIENCE, "sub": staff, "exp": now + 600, "nbf": now, "iat": now,
        "jti": Uuid::from_u128(4), "sid": session, "chain": chain})
}

fn sign(keys: &TokenKeys, header: impl FnOnce(&mut Header), claims: &Value) -> String {
    let mut h = Header::new(Algorithm::EdDSA);
    h.typ = Some(TYPE.into());
    h.kid = Some(keys.kid.clone());
    header(&mut h);
    jsonwebtoken::encode(&h, claims, &keys.encoding).unwrap()
}

#[test]
fn a_token_is_valid_for_ten_minutes() {
    let (_dir, keys) = keys();
    let (chain, staff, session) = ids();
    let token = keys.issue(chain, staff, session, NOW).unwrap();
    let claims = keys.verify(&token, NOW).unwrap();
    assert_eq!((claims.chain, claims.sub, claims.sid), (chain, staff, session));
    assert!(keys.verify(&token, later(629)).is_ok(), "30 s of leeway");
    assert_eq!(keys.verify(&token, later(630)), Err(TokenError::Expired));
    assert!(keys.verify(&token, later(-30)).is_ok());
    assert_eq!(keys.verify(&token, later(-31)), Err(TokenError::Invalid), "not yet");
}

#[test]
fn every_claim_is_required_and_checked() {
    let (_dir, keys) = keys();
    assert!(keys.verify(&sign(&keys, |_| (), &claims()), NOW).is_ok());
    for name in ["iss", "aud", "sub", "exp", "nbf", "iat", "jti", "sid", "chain"] {
        let mut without = claims();
        without.as_object_mut().unwrap().remove(name);
        assert_eq!(
            keys.verify(&sign(&keys, |_| (), &without), NOW),
            Err(TokenError::Invalid),
            "without {name}"
        );
    }
    let now = NOW.0 / 1000;
    for (name, value) in [
        ("iss", json!("somebody")),
        ("aud", json!("another-api")),
        ("exp", json!(now + 601)),
        ("exp", json!(now - 3600)),
        ("nbf", json!(now + 31)),
        ("iat", json!(now + 31)),
        ("jti", json!("")),
        ("sid", json!("x")),
        ("admin", json!(true)),
    ] {
        let mut wrong = claims();
        wrong[name] = value.clone();
        assert_eq!(
            keys.verify(&sign(&keys, |_| (), &wrong), NOW),
            Err(TokenError::Invalid),
            "{name} = {value}"
        );
    }
}

#[test]
fn headers_cannot_choose_algorithm_type_or_key() {
    let (_dir, keys) = keys();
    let (_other_dir, other) = self::keys();
    let wrong = Err(TokenError::Invalid);
    assert_eq!(
        keys.verify(&sign(&keys, |h| h.typ = Some("JWT".into()), &claims()), NOW),
        wrong
    );
    assert_eq!(keys.verify(&sign(&keys, |h| h.typ = None, &claims()), NOW), wrong);
    assert_eq!(keys.verify(&sign(&keys, |h| h.kid = None, &claims()), NOW), wrong);
    assert_eq!(
        keys.verify(&sign(&keys, |h| h.kid = Some("../x".into()), &claims()), NOW),
        wrong
    );
    assert_eq!(
        keys.verify(&sign(&other, |_| (), &claims()), NOW),
        wrong,
        "another installation's key"
    );
    let kid = keys.kid.clone();
    assert_eq!(
        keys.verify(&sign(&other, |h| h.kid = Some(kid), &claims()), NOW),
        wrong,
        "another key, our kid"
    );

    let encode = |v: Value| URL_SAFE_NO_PAD.encode(v.to_string());
    let none = format!(
        "{}.{}.",
        encode(json!({"alg": "none", "typ": TYPE, "kid": keys.kid})),
        encode(claims())
    );
    assert_eq!(keys.verify(&none, NOW), wrong);
    // The classic confusion: HMAC under the public key.
    let mut header = Header::new(Algorithm::HS256);
    header.typ = Some(TYPE.into());
    header.kid = Some(keys.kid.clone());
    let public = EncodingKey::from_secret(keys.by_kid[&keys.kid].x.as_bytes());
    assert_eq!(
        keys.verify(&jsonwebtoken::encode(&header, &claims(), &public).unwrap(), NOW),
        wrong
    );
    for text in ["", ".", "..", "a.b.c", "eyJhbGciOiJFZERTQSJ9.e30."] {
        assert_eq!(keys.verify(text, NOW), wrong, "{text:?}");
    }
}

#[test]
fn an_older_key_still_verifies_and_the_newest_signs() {
    let (dir, old) = keys();
    let (chain, staff, session) = ids();
    let token = old.issue(chain, staff, session, NOW).unwrap();
    signing::create(dir.path(), KIND, 2).unwrap();
    let both = TokenKeys::open(dir.path()).unwrap();
    assert!(both.verify(&token, NOW).is_ok());
    assert!(both.kid.starts_with("0002-"));
    let newer = both.issue(chain, staff, session, NOW).unwrap();
    assert_eq!(old.verify(&newer, NOW), Err(TokenError::Invalid));
    let jwks = both.jwks();
    assert_eq!(jwks["keys"].as_array().unwrap().len(), 2);
    assert!(jwks["keys"][0].get("d").is_none(), "public halves only");
}

#[test]
fn refresh_tokens_carry_their_session_and_cannot_be_made_up() {
    let (_dir, keys) = keys();
    let (chain, _, session) = ids();
    let issued = keys.issue_refresh(chain, session).unwrap();
    let read = keys.parse_refresh(&issued.token).unwrap();
    assert_eq!(
        read,
        RefreshToken {
            chain,
            session,
            hash: issued.hash
        }
    );
    assert_ne!(keys.issue_refresh(chain, session).unwrap().hash, issued.hash);
    let mut bytes = URL_SAFE_NO_PAD.decode(issued.token.as_str()).unwrap();
    for at in 0..bytes.len() {
        bytes[at] ^= 1;
        assert!(
            keys.parse_refresh(&URL_SAFE_NO_PAD.encode(&bytes)).is_err(),
            "byte {at}"
        );
        bytes[at] ^= 1;
    }
    assert_eq!(keys.parse_refresh("").unwrap_err(), TokenError::Invalid);
    let (_other, stranger) = self::keys();
    assert!(stranger.parse_refresh(&issued.token).is_err());
}
