//! Passwords: argon2id on blocking threads, a few at a time, and no answer that tells whether a user exists.

use super::{KeyError, random};
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use cardea_domain::{Code, Refusal};
use std::sync::Arc;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// OWASP's minimum for argon2id: 19 MiB, two passes, one lane (about 20 ms).
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// PINs are peppered: their hash needn't be dear, and a till waits for it.
const PIN_MEMORY_KIB: u32 = 2048;
const PIN_PASSES: u32 = 1;
/// Longer ones only cost time; nobody types them.
const LONGEST: usize = 256;
const SHORTEST: usize = 10;

/// Hashes and checks passwords off the request threads.
#[derive(Clone)]
pub struct Passwords {
    /// Each hash takes 19 MiB and a core: more at once would starve the tills.
    slots: Arc<Semaphore>,
    /// Checked when there is no such user, so that the answer takes as long.
    nobody: Arc<str>,
}

impl Passwords {
    /// # Errors
    /// [`KeyError::Random`].
    pub fn new() -> Result<Self, KeyError> {
        let slots = std::thread::available_parallelism().map_or(1, usize::from);
        let nobody = hash_now(&hex::encode(random::<16>()?))?;
        Ok(Self {
            slots: Arc::new(Semaphore::new(slots)),
            nobody: nobody.into(),
        })
    }

    /// The PHC string to store.
    ///
    /// # Errors
    /// `internal` if the random source or the runtime fails.
    pub async fn hash(&self, password: &str) -> Result<String, Refusal> {
        let password = Zeroizing::new(password.to_owned());
        self.run(move || hash_now(&password)).await?.map_err(|e| internal(&e))
    }

    /// The PHC string of a peppered PIN.
    ///
    /// # Errors
    /// As [`Passwords::hash`].
    pub async fn hash_pin(&self, peppered: &str) -> Result<String, Refusal> {
        let pin = Zeroizing::new(peppered.to_owned());
        let hash = move || hash_with(&argon(PIN_MEMORY_KIB, PIN_PASSES), &pin);
        self.run(hash).await?.map_err(|e| internal(&e))
    }

    /// Whether `password` belongs to `stored`; None (no such user) is checked against a hash of nobody's.
    ///
    /// # Errors
    /// `internal` if the runtime fails.
    pub async fn verify(&self, password: &str, stored: Option<&str>) -> Result<bool, Refusal> {
        let known = stored.is_some();
        let stored = stored.map_or_else(|| self.nobody.to_string(), str::to_owned);
        // One that is too long can't be right, and is never cut: nothing is checked in its place, which takes as long.
        let fits = password.len() <= LONGEST;
        let password = Zeroizing::new(if fits { password.to_owned() } else { String::new() });
        let right = self.run(move || verify_now(&password, &stored)).await?;
        Ok(right && known && fits)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
        let slot = self.slots.clone().acquire_owned().await.map_err(|e| internal(&e))?;
        tokio::task::spawn_blocking(move || {
            let done = work();
            drop(slot);
            done
        })
        .await
        .map_err(|e| internal(&e))
    }
}

fn internal(e: &dyn std::fmt::Display) -> Refusal {
    tracing::error!(error = %e, "password hashing failed");
    Refusal::new(
        Code::Internal,
        "系统内部错误",
        "Internal error; the operator's log has the cause",
    )
}

fn argon(memory_kib: u32, passes: u32) -> Argon2<'static> {
    // These constants are within argon2's limits, as the tests show.
    let params = Params::new(memory_kib, passes, LANES, None).unwrap_or(Params::DEFAULT);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash_now(password: &str) -> Result<String, KeyError> {
    hash_with(&argon(MEMORY_KIB, PASSES), password)
}

fn hash_with(argon: &Argon2, password: &str) -> Result<String, KeyError> {
    let salt = random::<16>()?;
    let salt = SaltString::encode_b64(&salt).map_err(|e| KeyError::Random(e.to_string()))?;
    let hash = argon
        .hash_password(password.as_bytes(), &salt)
        .map_err(|e| KeyError::Random(e.to_string()))?;
    Ok(hash.to_string())
}

fn verify_now(password: &str, stored: &str) -> bool {
    match PasswordHash::new(stored) {
        // The parameters come from the stored string: raising ours doesn't lock anybody out.
        Ok(hash) => argon(MEMORY_KIB, PASSES)
            .verify_password(password.as_bytes(), &hash)
            .is_ok(),
        Err(e) => {
            tracing::error!(error = %e, "a stored password hash is damaged");
            false
        }
    }
}

/// Whether a password may be set: length only, as NIST SP 800-63B asks (10 characters to 256 bytes), and not the user's own name.
///
/// # Errors
/// `field_invalid` at `pointer`.
pub fn check_new_password(password: &str, user: &str, pointer: &str) -> Result<(), Refusal> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(Refusal::new(
            Code::FieldInvalid,
            "密码至少 10 个字符",
            "A password has at least 10 characters",
        )
        .at(pointer));
    }
    if password.len() > LONGEST {
        return Err(Refusal::new(Code::FieldInvalid, "密码过长", "A password has at most 256 bytes").at(pointer));
    }
    if password.trim().eq_ignore_ascii_case(user) {
        return Err(Refusal::new(
            Code::FieldInvalid,
            "密码不能与用户名相同",
            "A password differs from the user name",
        )
        .at(pointer));
    }
    Ok(())
}

/// A password to print once: four groups of five letters and digits that can't be confused, 98 bits.
///
/// # Errors
/// [`KeyError::Random`].
pub fn one_time_password() -> Result<Zeroizing<String>, KeyError> {
    const ALPHABET: &[u8; 30] = b"abcdefghjkmnpqrstvwxyz23456789";
    let mut password = Zeroizing::new(String::with_capacity(23));
    let mut drawn = 0;
    while drawn < 20 {
        for byte in random::<32>()? {
            // 240 = 8 × 30: without the rest every letter is equally likely.
            if byte >= 240 || drawn == 20 {
                continue;
            }
            if drawn > 0 && drawn % 5 == 0 {
                password.push('-');
            }
            password.push(char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
            drawn += 1;
        }
    }
    Ok(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn passwords_are_hashed_with_the_agreed_cost() {
        let passwords = Passwords::new().unwrap();
        let stored = passwords.hash("correct horse").await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_ne!(stored, passwords.hash("correct horse").await.unwrap(), "salted");
        assert!(passwords.verify("correct horse", Some(&stored)).await.unwrap());
        assert!(!passwords.verify("correct horse ", Some(&stored)).await.unwrap());
        assert!(!passwords.verify("correct horse", Some("damaged")).await.unwrap());
        assert!(!passwords.verify("correct horse", None).await.unwrap());
    }

    #[tokio::test]
    async fn d_card_10_pins_have_a_cost_of_their_own() {
        let passwords = Passwords::new().unwrap();
        let stored = passwords.hash_pin("471902").await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=2048,t=1,p=1$"), "{stored}");
        assert!(passwords.verify("471902", Some(&stored)).await.unwrap());
        assert!(!passwords.verify("471903", Some(&stored)).await.unwrap());
    }

    #[test]
    fn new_passwords_have_a_minimum() {
        for (password, code) in [
            ("short", Some(Code::FieldInvalid)),
            ("123456789", Some(Code::FieldInvalid)),
            ("Cashier-one", Some(Code::FieldInvalid)),
            ("correct horse", None),
            ("王府井百货大楼会员柜台", None),
        ] {
            assert_eq!(
                check_new_password(password, "cashier-one", "/password")
                    .err()
                    .map(|r| r.code),
                code,
                "{password}"
            );
        }
        assert!(check_new_password(&"x".repeat(257), "u", "/password").is_err());
    }

    #[test]
    fn one_time_passwords_are_readable_and_differ() {
        let password = one_time_password().unwrap();
        assert_eq!(password.len(), 23);
        assert!(password.split('-').all(|group| group.len() == 5));
        assert_ne!(*password, *one_time_password().unwrap());
        assert!(check_new_password(&password, "admin", "/password").is_ok());
    }

    #[test]
    fn s25_no_length_of_a_password_is_cut() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let passwords = Passwords::new().unwrap();
            let longest = "长".repeat(LONGEST / 3) + "x";
            assert_eq!(longest.len(), LONGEST);
            let stored = passwords.hash(&longest).await.unwrap();
            assert!(passwords.verify(&longest, Some(&stored)).await.unwrap());
            let longer = longest + "and forty-four bytes more, all of them wrong";
            assert!(!passwords.verify(&longer, Some(&stored)).await.unwrap());
        });
    }
}
